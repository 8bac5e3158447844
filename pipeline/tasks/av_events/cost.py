"""What a recipe costs before anything is run: numbers learned, hours and memory. Free of torch.

Hours are those that this workspace measured, where a unit has learned an epoch there; else multiplications at a rate that the
note states.
"""

from pipeline.datasets.av import AvClips
from pipeline.encoders.stepped.known import HTS_AT, SWIN_V2_LARGE_192, VIT_LARGE_16
from pipeline.encoders.stepped.shape import TowerShape
from pipeline.methods.copl.config import CoplOptions
from pipeline.methods.copl.counts import PAPER, head_numbers, learned
from pipeline.methods.copl.macs import step_macs
from pipeline.methods.copl.memory import step_bytes
from pipeline.runs.timing import seconds_of
from pipeline.tasks.av_events.bound import BoundAvEvents, Towers

TERA = 20
"""Million millions of operations a second that are stated where nothing was measured: what a GPU of 24 GB gives in float32 at
about half of its peak."""
CLIPS_A_SECOND = {"visual": 1.5, "audio": 20.0}
"""Measured: clips of ten seconds, 640 x 360 at 30 frames a second, whose frames or spectrograms one core makes in a second."""


def numbers_of(towers: Towers, options: CoplOptions, clips: AvClips) -> dict[str, int]:
    """Part -> how many numbers are learned, the head among them."""
    visual, audio = towers.shapes["visual"], towers.shapes["audio"]
    found = learned(options, visual, audio, clips.segments)
    return {**found, "head": head_numbers(options.head, visual.width, audio.width, len(clips.classes) + 1)}


def paper_numbers(towers: Towers) -> float | None:
    """What the paper prints for these towers, beside the head; None of others than it had."""
    names = {
        (SWIN_V2_LARGE_192.blocks, SWIN_V2_LARGE_192.blocks): "shared",
        (SWIN_V2_LARGE_192.blocks, HTS_AT.blocks): "swin-v2 and hts-at",
        (VIT_LARGE_16.blocks, VIT_LARGE_16.blocks): "vit",
    }
    return PAPER["events"].get(names.get((towers.shapes["visual"].blocks, towers.shapes["audio"].blocks), ""))


def learning_note(
    bound: BoundAvEvents, options: CoplOptions, count: dict[str, int], clips: int, fingerprint: str
) -> str:
    """Numbers learned beside the paper's, steps, and hours of one seed."""
    steps, shapes = -(-clips // options.batch), (bound.towers.shapes["visual"], bound.towers.shapes["audio"])
    kept = step_bytes(options, *shapes, bound.clips.segments, options.batch // options.accumulate)
    measured = seconds_of(bound, fingerprint)
    if measured:
        hours, rate = options.epochs * sum(measured) / len(measured) / 3600, "as measured here"
    else:
        macs = step_macs(options, *shapes, bound.clips.segments) * bound.clips.segments * clips * options.epochs
        hours, rate = 2 * macs / (TERA * 1e12) / 3600, f"at {TERA} TFLOP/s"
    return "; ".join([
        f"epochs of all seeds; {numbers_note(bound.towers, options, count)}",
        f"{steps:,} steps an epoch, {told_hours(hours)} a seed {rate}, {told_bytes(kept)} kept for the backward pass",
    ])  # fmt: skip


def numbers_note(towers: Towers, options: CoplOptions, count: dict[str, int]) -> str:
    """The numbers that are learned, and the paper's where it has learned the same."""
    own = {name: number for name, number in count.items() if name != "head"}
    told = f"{sum(count.values()):,} numbers, {count['head']:,} of them the head's"
    paper = paper_numbers(towers)
    if own and paper is not None and options.rung == "consistency" and options.variant == "paper":
        told += f" (the paper beside the head: {paper / 1e6:.1f} M, ours {sum(own.values()) / 1e6:.2f} M)"
    return told


def decoding_note(role: str, clips: int) -> str:
    """Hours of one core."""
    rate = CLIPS_A_SECOND[role]
    return f"{told_hours(clips / rate / 3600)} of one core at {rate:g} clips a second"


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
