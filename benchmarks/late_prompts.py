"""One training step of ProMPT whose prompts enter the last J = 3 image blocks, against prompts of the first three.

Both ViT-B-16 towers have full size and random weights. Late prompts start from stored activations of block L - J, so that
only J blocks of the image tower run, forward and backward; prompts of the first blocks run all twelve. The text tower's
work is the same. It is another method, not the same result faster: what it costs in accuracy is shown by the report of a
recipe with both.
Held equal is the late step on stored activations and on ones made of the pixels in the step.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from plain_prompt_step import PIXEL_MEAN, PIXEL_STD
from side_by_side import Claim, Finding, ratio, shown, take_turns, tell

if TYPE_CHECKING:
    from torch import Tensor

CLAIM = Claim("one ProMPT step, ViT-B-16, 10 classes, 4 images, J = 3: prompts of the first blocks / of the last", 1.5)
DEPTH, CLASSES, IMAGES = 3, 10, 4
SIZES = "ViT-B-16-quickgelu"
Step = Callable[[], "Tensor"]


def measure(rounds: int) -> Finding:
    towers, pixels, classes = _world()
    cut = f"block{len(towers.image.blocks) - DEPTH - 1:02}"
    exact = _step(towers, "patches", False, pixels, classes)
    late = _step(towers, cut, True, pixels, classes)
    again = _step(towers, cut, True, pixels, classes, stored=False)
    difference = float(abs(late() - again()).detach())
    times = take_turns({"first blocks": exact, "last blocks": late, "last blocks, nothing stored": again}, rounds)
    figure = ratio(times["first blocks"], times["last blocks"])
    stored = ratio(times["last blocks, nothing stored"], times["last blocks"])
    notes = [
        f"stored activations: {stored:.2f} x faster than making them in the step; the loss differs by {difference:.1e}"
    ]
    return Finding(
        figure, {name: shown(seconds) for name, seconds in times.items()}, notes=notes, sound=difference <= 1e-5
    )


def _world() -> tuple[Any, "Tensor", Any]:
    """Frozen towers, pixels (B, 224, 224, 3) and classes."""
    import open_clip
    import torch

    from pipeline.encoders.clip import image_tower, prompted_text
    from pipeline.encoders.tokenizers import clip_tokenizer
    from pipeline.labels.label_set import load_labels
    from pipeline.methods.few_shot.task import ClassTexts, Towers

    torch.manual_seed(0)
    model = open_clip.CLIP(**open_clip.get_model_config(SIZES)).eval().requires_grad_(False)
    tokenize, _ = clip_tokenizer(model.context_length)
    image = image_tower(model, PIXEL_MEAN, PIXEL_STD, torch.device("cpu"), torch.float32)
    text = prompted_text(model, tokenize)
    assert text is not None
    names = load_labels("imagenet1k")[:CLASSES]
    z0 = torch.randn(CLASSES, model.text_projection.shape[1])
    pixels = torch.randint(0, 256, (IMAGES, 224, 224, 3), dtype=torch.uint8)
    return Towers(text, image, "patches"), pixels, ClassTexts(z0, text.classes(names))


def _step(towers: Any, cut: str, late: bool, pixels: "Tensor", classes: Any, stored: bool = True) -> Step:
    """Forward, backward and SGD; gives the loss."""
    from dataclasses import replace

    import torch

    from pipeline.methods.few_shot.objective import Objective
    from pipeline.methods.few_shot.task import Shots
    from pipeline.methods.prompt.config import PromptConfig
    from pipeline.methods.prompt.model import ProMPT

    config = PromptConfig(depth=DEPTH, late=late)
    objective = Objective(ProMPT(config, replace(towers, cut=cut), classes.features.shape[1], seed=0), classes)
    optimizer = torch.optim.SGD(objective.parameters(), lr=config.lr)
    features, labels = towers.image.lower(pixels, "output")["vectors"], torch.arange(IMAGES)
    kept = towers.image.lower(pixels, cut)

    def step() -> "Tensor":
        optimizer.zero_grad()
        acts = kept if stored else towers.image.lower(pixels, cut)
        loss, _ = objective(Shots(features, acts, labels))
        loss.backward()
        optimizer.step()
        return loss

    return step


if __name__ == "__main__":
    tell(CLAIM, measure, rounds=5)
