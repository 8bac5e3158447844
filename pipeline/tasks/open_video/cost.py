"""What a recipe of open-vocabulary video costs, told before anything is run: numbers, hours, memory, what is read. No torch.

Hours of learning are those that this workspace measured, where a unit has learned an epoch there; else multiplications at a rate
that the note states.
"""

from math import prod

from pipeline.caching.needs import Need
from pipeline.methods.mov.config import MovOptions
from pipeline.methods.mov.counts import count, first_learned
from pipeline.methods.mov.macs import frame_macs, step_macs
from pipeline.methods.mov.memory import step_bytes
from pipeline.recipe.video_data import MiniatureVideos
from pipeline.runs.timing import seconds_of
from pipeline.sources.specs import FbankSpec, FlowSpec
from pipeline.tasks.open_video.bound import BoundOpenVideo
from pipeline.tasks.open_video.recipe import LearnedOptions
from pipeline.tasks.open_video.specs import late_needs, other_need, row_bytes


def numbers_of(bound: BoundOpenVideo, options: LearnedOptions) -> int:
    """How many numbers a method learns."""
    return count(options, bound.shape)


TERA = 20
"""Million millions of operations a second that are stated where nothing was measured: what a GPU of 24 GB gives in float32 at
about half of its peak."""
CLIPS_A_SECOND = {"frames": 1.5, "sound": 20.0}
"""Measured: clips of ten seconds, 640 x 360 at 30 frames a second, whose frames or spectrograms one core makes in a second."""
FLOW_SECONDS = 7.0
"""TV-L1 of one pair of frames on one core, at a short side of 256 pixels and real motion; it goes with the pixels."""


def making_note(bound: BoundOpenVideo, need: Need, rows: int) -> str:
    """Hours of making an input of so many clips: empty of the miniature's, which take seconds."""
    if isinstance(bound.recipe.videos, MiniatureVideos):
        return ""
    source = need.source
    assert source is not None
    if isinstance(source, FlowSpec):
        pairs = rows * source.views.clips * source.views.frames
        if source.raft is not None:
            return f"{pairs:,} pairs by RAFT"
        seconds = pairs * FLOW_SECONDS * (source.views.short_side / 256) ** 2
        return f"{told_time(seconds)} of one core at {FLOW_SECONDS:g} s for each of {pairs:,} pairs of 256 pixels"
    if need.card is not None:
        macs = frame_macs(bound.shape)
        seconds = rows * prod(source.shape[:2]) * macs * 2 / (TERA * 1e12)
        return f"{macs / 1e9:.2f} GMAC a frame, {told_time(seconds)} at {TERA} TFLOP/s"
    rate = CLIPS_A_SECOND["sound" if isinstance(source, FbankSpec) else "frames"]
    return f"{told_time(rows / rate)} of one core at {rate:g} clips a second"


def learning_note(bound: BoundOpenVideo, options: LearnedOptions, numbers: int, clips: int, fingerprint: str) -> str:
    """Numbers learned, steps of an epoch, hours where they were measured here, memory, and what is read."""
    told = [f"epochs of all seeds; {numbers:,} numbers", f"{-(-clips // options.batch_size):,} steps an epoch"]
    measured = seconds_of(bound, fingerprint)
    if measured:
        told.append(f"{told_time(options.epochs * sum(measured) / len(measured))} a seed as measured here")
    elif isinstance(options, MovOptions):
        seconds = 2 * step_macs(options, bound.shape) * clips * options.epochs / (TERA * 1e12)
        told.append(f"{told_time(seconds)} a seed at {TERA} TFLOP/s")
    if isinstance(options, MovOptions):
        classes = len(bound.sets.learn.classes)
        kept = step_bytes(options, bound.shape, min(options.micro, max(clips, 1)), classes)
        told += [
            f"{told_bytes(kept.total)} of memory a step",
            *cut_note(bound, options),
        ]
    return "; ".join(told)


def cut_note(bound: BoundOpenVideo, options: MovOptions) -> list[str]:
    """Where flow or sound is read, and what the other place would take; nothing where it is learned from its pixels on."""
    if options.train_layers == "all":
        return []
    cut, (pixels, late) = first_learned(options, bound.shape), cut_bytes(bound, options)
    macs = {place: step_macs(options, bound.shape, late=place == "late") / 1e9 for place in ("pixels", "late")}
    told = {
        "pixels": f"from its pixels, {told_bytes(pixels)} a clip and {macs['pixels']:.3g} GMAC a step",
        "late": f"at {cut}, {told_bytes(late)} a clip and {macs['late']:.3g} GMAC a step",
    }
    other = "pixels" if options.cut == "late" else "late"
    fewer = "cheaper to store" if (pixels < late) == (other == "pixels") else "larger"
    return [f"{options.other} is read {told[options.cut]}; {fewer}: cut: {other}, {told[other]}"]


def late_note(bound: BoundOpenVideo, options: MovOptions, need: Need) -> str:
    """What stored activations save, and where they are larger than what they are made of."""
    pixels, late = cut_bytes(bound, options)
    larger = f"larger than its pixels, {told_bytes(late)} a clip against {told_bytes(pixels)}: cut: pixels is cheaper to store"
    return larger if late > pixels else f"{told_bytes(late)} a clip"


def cut_bytes(bound: BoundOpenVideo, options: MovOptions) -> tuple[int, int]:
    """What a clip that is learned from takes as pixels, and at the cut where learning begins: all of its views."""
    needs = dict.fromkeys(late_needs(bound.recipe, bound.card, options))
    pixels = row_bytes(other_need(bound.recipe, bound.card, options.other), bound.recipe)
    return pixels, sum(row_bytes(need, bound.recipe) for need in needs)


def told_time(seconds: float) -> str:
    """Seconds as people say them."""
    if seconds >= 3600:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 60:.0f} min" if seconds >= 60 else f"{seconds:.0f} s"


def told_bytes(size: int) -> str:
    """Bytes as people say them."""
    for unit, whole in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= whole:
            return f"{size / whole:.3g} {unit}"
    return f"{size} B"
