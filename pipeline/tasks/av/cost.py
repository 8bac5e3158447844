"""What a recipe costs before anything is run: numbers learned, hours and memory. Free of torch.

Hours are those that this workspace measured, where a unit has learned an epoch there; else multiplications at a rate that the
note states.
"""

from typing import Any

from pipeline.encoders.stepped.known import HTS_AT, SWIN_V2_LARGE_192, VIT_LARGE_16
from pipeline.encoders.stepped.shape import TowerShape
from pipeline.methods.copl.config import PromptOptions
from pipeline.methods.copl.counts import PAPER
from pipeline.runs.timing import seconds_of
from pipeline.tasks.av.bound import BoundAv, Price
from pipeline.tasks.av.towers import Towers

TERA = 20
"""Million millions of operations a second that are stated where nothing was measured: what a GPU of 24 GB gives in float32 at
about half of its peak."""


def paper_numbers(towers: Towers, table: str) -> float | None:
    """What the paper prints for these towers, beside the head; None of others than it had.

    Args:
        towers: of the recipe.
        table: "events", "masks" or "questions".
    """
    names = {
        (SWIN_V2_LARGE_192.blocks, SWIN_V2_LARGE_192.blocks): "shared",
        (SWIN_V2_LARGE_192.blocks, HTS_AT.blocks): "swin-v2 and hts-at",
        (VIT_LARGE_16.blocks, VIT_LARGE_16.blocks): "vit",
    }
    return PAPER[table].get(names.get((towers.shapes["visual"].blocks, towers.shapes["audio"].blocks), ""))


def is_the_papers(options: PromptOptions) -> bool:
    """Whether a method learns what the paper's tables count."""
    return options.rung == "consistency" and options.variant == "paper"


def learning_note(bound: BoundAv[Any, Any], options: PromptOptions, price: Price, fingerprint: str) -> str:
    """Numbers learned beside the paper's, steps, and hours of one seed."""
    measured = seconds_of(bound, fingerprint)
    if measured:
        hours, rate = options.epochs * sum(measured) / len(measured) / 3600, "as measured here"
    else:
        hours, rate = 2 * price.macs * options.epochs / (TERA * 1e12) / 3600, f"at {TERA} TFLOP/s"
    return "; ".join([
        f"epochs of all seeds; {numbers_note(bound, options)}",
        f"{price.steps:,} steps an epoch, {told_hours(hours)} a seed {rate}, {told_bytes(price.kept)} kept for the backward pass",
    ])  # fmt: skip


def numbers_note(bound: BoundAv[Any, Any], options: PromptOptions) -> str:
    """The numbers that are learned, and the paper's where it has learned the same."""
    numbers, paper = bound.numbers_of(options), paper_numbers(bound.towers, bound.part)
    own = {name: number for name, number in numbers.items() if name != "head"}
    told = f"{sum(numbers.values()):,} numbers, {numbers['head']:,} of them the head's"
    if own and paper is not None and is_the_papers(options):
        told += f" (the paper beside the head: {paper / 1e6:.1f} M, ours {sum(own.values()) / 1e6:.2f} M)"
    return told


def decoding_note(rate: float, clips: int) -> str:
    """Hours of one core that makes so many clips a second."""
    return f"{told_hours(clips / rate / 3600)} of one core at {rate:.3g} clips a second"


def encoding_note(shape: TowerShape, cut: str, rows: int) -> str:
    """Hours of running a tower up to a cut."""
    start = shape.start(cut)
    macs = shape.macs() - (shape.macs(start=start) if start < len(shape.blocks) else 0)
    return f"{macs / 1e9:.2f} GMAC a segment, {told_hours(2 * macs * rows / (TERA * 1e12) / 3600)} at {TERA} TFLOP/s"


def told_hours(hours: float) -> str:
    """Hours with two digits that count; minutes and seconds where that is little."""
    if hours >= 1:
        return f"{hours:.1f} h"
    return f"{60 * hours:.0f} min" if hours * 60 >= 1 else f"{3600 * hours:.0f} s"


def told_bytes(count: int) -> str:
    """Bytes as people say them."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
