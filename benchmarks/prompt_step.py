"""One training step of ProMPT, forward, backward and SGD, against the same step written straightforwardly.

Both ViT-B-16 towers have full size and random weights. Ours starts from stored patches and features, as training does. The
other is `plain_prompt_step`. The claim is for 100 classes: the data sets of the paper's Table 1 have 5 to 500 base classes, 99.8
on average. The text towers' work, and so the ratio, grows with them; the image tower's is the same in both.

Peak memory is how far a process of its own grows beyond what it held before.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING

from plain_prompt_step import PIXEL_MEAN, PIXEL_STD, PlainPrompt
from process_memory import growth
from side_by_side import Claim, Finding, ratio, shown, take_turns, tell

if TYPE_CHECKING:
    from torch import Tensor, nn

CLAIM = Claim(
    "one ProMPT training step, ViT-B-16, 100 classes, 2 images, 2 iterations: straightforward / from stored patches", 8
)
CLASSES, IMAGES = (50, 100), 2
SIZES = "ViT-B-16-quickgelu"
CARD, BASE_CLASSES, BATCH = 24e9, 500, 4  # the paper's GPU, and its greatest training step
Step = Callable[[], "tuple[float, dict[str, Tensor]]"]


def measure(rounds: int) -> Finding:
    names = ("straightforward", "ours")
    with ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1) as one_process_each:
        peaks = dict(zip(names, one_process_each.map(_growth, names), strict=True))
    rows, ratios, notes, sound = {}, {}, [], True
    for classes in CLASSES:
        ways = dict(zip(names, _ways(classes), strict=True))
        loss, gradients = _differences(*(step() for step in ways.values()))
        times = take_turns(ways, rounds)
        ratios[classes] = ratio(*times.values())
        for name, seconds in times.items():
            peak = f"{peaks[name] / 1e6:,.0f} MB" if classes == CLASSES[0] else ""
            rows[f"{name}, {classes} classes"] = [*shown(seconds), peak]
        notes.append(
            f"{classes} classes: {ratios[classes]:.2f} x; relative differences: loss {loss:.1e}, gradients {gradients:.1e}"
        )
        sound &= max(loss, gradients) <= 1e-4
    notes += _about_memory(peaks["ours"])
    return Finding(ratios[CLASSES[-1]], rows, ("fastest", "median", "peak memory"), notes, sound)


def _ways(classes: int) -> tuple[Step, Step]:
    """The straightforward step and ours, each with a learner of its own that starts from the same values."""
    import open_clip
    import torch

    from pipeline.encoders.clip import image_tower, prompted_text
    from pipeline.encoders.tokenizers import clip_tokenizer
    from pipeline.methods.few_shot.objective import Objective
    from pipeline.methods.few_shot.task import ClassTexts, Shots, Towers
    from pipeline.methods.prompt.config import PromptConfig
    from pipeline.methods.prompt.model import ProMPT

    torch.manual_seed(0)
    model = open_clip.CLIP(**open_clip.get_model_config(SIZES)).eval().requires_grad_(False)
    tokenize, _ = clip_tokenizer(model.context_length)
    image = image_tower(model, PIXEL_MEAN, PIXEL_STD, torch.device("cpu"), torch.float32)
    text = prompted_text(model, tokenize)
    assert text is not None
    config, names = PromptConfig(), _names(classes)
    pixels, labels = torch.randint(0, 256, (IMAGES, 224, 224, 3), dtype=torch.uint8), torch.arange(IMAGES)
    z0 = model.encode_text(_rows(tokenize([f"a photo of a {name}." for name in names])))
    ids = _rows(tokenize([f"{'X ' * config.text_prompts}{name}." for name in names]))
    theirs, mine = (ProMPT(config, Towers(text, image, "patches"), z0.shape[1], seed=0) for _ in range(2))
    plain = PlainPrompt(model, dict(theirs.named_parameters()), ids, z0, config.iterations)
    objective = Objective(mine, ClassTexts(z0, text.classes(names)), config.loss_decay)
    shots = Shots(image.lower(pixels, "output")["vectors"], image.lower(pixels, "patches"), labels)
    return _step(theirs, lambda: plain.loss(pixels, labels)), _step(mine, lambda: objective(shots)[0])


def _step(learner: "nn.Module", loss_of: Callable[[], "Tensor"]) -> Step:
    """A step that tells its loss and gradients."""
    import torch

    optimizer = torch.optim.SGD(learner.parameters(), lr=0.008, momentum=0.9, weight_decay=5e-4)

    def step() -> "tuple[float, dict[str, Tensor]]":
        optimizer.zero_grad()
        loss = loss_of()
        loss.backward()
        optimizer.step()
        return loss.item(), {name: parameter.grad for name, parameter in learner.named_parameters()}

    return step


def _differences(wanted: tuple, ours: tuple) -> tuple[float, float]:
    """Largest relative difference of the losses, and of the gradients of any learned tensor."""
    gradients = [(ours[1][name] - x).abs().max() / x.abs().max() for name, x in wanted[1].items()]
    return abs(ours[0] - wanted[0]) / wanted[0], float(max(gradients))


def _names(classes: int) -> list[str]:
    from pipeline.labels.label_set import load_labels

    labels = load_labels("imagenet1k")
    return labels[:: len(labels) // classes][:classes]


def _rows(ids: Sequence[Sequence[int]]) -> "Tensor":
    import torch

    return torch.tensor([[*row, *[0] * (77 - len(row))] for row in ids])


def _growth(name: str) -> int:
    return growth(dict(zip(("straightforward", "ours"), _ways(CLASSES[0]), strict=True))[name])


def _about_memory(peak: int) -> list[str]:
    """The count against the peak of a real process, and what the paper's greatest step takes by the count."""
    from pipeline.encoders.prompted.memory import StepSizes, TowerSizes, step_bytes
    from pipeline.encoders.tokenizers import clip_tokenizer
    from pipeline.labels.label_set import load_labels

    tokenize, _ = clip_tokenizer(77)
    text, image = TowerSizes(12, 512, 8, quick_gelu=True), TowerSizes(12, 768, 12, quick_gelu=True)

    def counted(names: Sequence[str], images: int, chunk: int | None = None) -> int:
        lengths = [len(row) - 1 for row in tokenize([f"{name}." for name in names])]
        return step_bytes(StepSizes(text, image), images, lengths, chunk)

    small, base = counted(_names(CLASSES[0]), IMAGES), load_labels("imagenet1k")[:BASE_CLASSES]
    sizes = {chunk: counted(base, BATCH, chunk) for chunk in (None, 100)}
    fits = "no chunks are needed" if sizes[None] < CARD / 2 else "chunks are needed"
    return [
        f"memory of a step of ours: counted {small / 1e6:,.0f} MB, process grew by {peak / 1e6:,.0f} MB",
        f"{BASE_CLASSES} classes, {BATCH} images, by the count: {sizes[None] / 1e9:.1f} GB, in chunks of 100 "
        f"{sizes[100] / 1e9:.1f} GB, so on a card of {CARD / 1e9:.0f} GB {fits}",
    ]


if __name__ == "__main__":
    tell(CLAIM, measure, rounds=3)
