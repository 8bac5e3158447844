"""A training step of MOV written straightforwardly, and ours, at ViT-B-16 size with random weights.

The plain step runs both towers from pixels, all blocks of them, with open_clip's own calls. The head is ours in both: it is
1 % of the work. The rate is 0, so that every step is the same.
"""

from collections.abc import Callable
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from side_by_side import Finding, ratio, shown, take_turns

if TYPE_CHECKING:
    from torch import Tensor

MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
CLASSES, CLIPS, D = 100, 1, 512


def measure(other: str, frames: int, train_layers: Any) -> Callable[[int], Finding]:
    """A measurement of the plain step against ours."""

    def run(rounds: int) -> Finding:
        plain, ours = _steps(other, frames, train_layers)
        difference = abs(plain() - ours())
        times = take_turns({"plain loop": plain, "ours": ours}, rounds)
        notes = [f"{CLIPS} clip of {frames} frames, {CLASSES} classes; the loss differs by {difference:.1e}"]
        rows = {name: shown(seconds) for name, seconds in times.items()}
        return Finding(ratio(times["plain loop"], times["ours"]), rows, notes=notes, sound=difference <= 1e-3)

    return run


def _steps(other: str, frames: int, train_layers: Any) -> tuple[Callable[[], float], Callable[[], float]]:
    import open_clip
    import torch

    from pipeline.methods.mov.batch import Classes, MovBatch, VideoTowers
    from pipeline.methods.mov.config import MovOptions
    from pipeline.methods.mov.counts import first_learned
    from pipeline.methods.mov.frozen import frozen_tower
    from pipeline.methods.mov.learner import MovLearner
    from pipeline.methods.mov.tower import shape_of

    torch.manual_seed(0)
    model = open_clip.CLIP(**open_clip.get_model_config("ViT-B-16")).eval().requires_grad_(False)
    visual = model.visual
    options = MovOptions(other=other, frames=frames, train_layers=train_layers)
    frozen = frozen_tower(visual, MEAN, STD, options)
    cut = first_learned(options, shape_of(frozen))
    video = torch.randn(CLIPS, frames, 3, 224, 224)
    flow = torch.randint(0, 256, (CLIPS * frames, 224, 224, 2), dtype=torch.uint8)
    raw = flow if other == "flow" else torch.randn(CLIPS, 800, 128)
    labels, texts = torch.arange(CLIPS), Classes(torch.randn(CLASSES, D))
    made = MovLearner(options, VideoTowers(other=frozen), texts, 0, cut)
    with torch.no_grad():
        v = visual(video.flatten(0, 1)).unflatten(0, (CLIPS, frames))
        stored = frozen.staged.lower(raw, cut)["activations"]
    batch = MovBatch(v, stored.unflatten(0, (CLIPS, frames)) if other == "flow" else stored, labels)
    optimiser = torch.optim.SGD(made.parameters(), lr=0.0)

    def ours() -> float:
        optimiser.zero_grad()
        loss = made(batch)[0]
        loss.backward()
        optimiser.step()
        return float(loss.detach())

    return _plain(visual, frozen, options, made.head, video, raw, texts.texts, labels), ours


def _plain(
    visual: Any, frozen: Any, options: Any, head: Any, video: "Tensor", raw: "Tensor", texts: "Tensor", labels: "Tensor"
) -> Callable[[], float]:
    """The step as one would write it: learned blocks ask for gradients, everything runs from pixels every time."""
    import torch
    from torch import nn
    from torch.nn import functional as F

    own = deepcopy(visual)
    own.positional_embedding = nn.Parameter(frozen.positions.clone())
    learned = own if options.train_layers == "all" else own.transformer.resblocks[-options.train_layers :]
    learned.requires_grad_(True)
    own.ln_post.requires_grad_(True)
    own.proj.requires_grad_(True)
    head = deepcopy(head)
    optimiser = torch.optim.SGD([x for x in (*own.parameters(), *head.parameters()) if x.requires_grad], lr=0.0)

    def step() -> float:
        optimiser.zero_grad()
        with torch.no_grad():
            v = visual(video.flatten(0, 1)).unflatten(0, video.shape[:2])
        pictures = frozen.prepare(raw)
        if options.other == "flow":
            x = own(pictures).unflatten(0, video.shape[:2])
        else:
            x = own.ln_post(own.transformer(own._embeds(pictures)))[:, 1:] @ own.proj
        units = F.normalize(texts, dim=-1)
        losses = [F.cross_entropy(F.normalize(m, dim=-1) @ units.T / options.tau, labels) for m in head(v, x)]
        loss = sum(losses) / 2
        loss.backward()
        optimiser.step()
        return float(loss.detach())

    return step
