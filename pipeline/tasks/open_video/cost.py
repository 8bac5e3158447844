"""What a recipe of open-vocabulary video costs, told before anything is run: numbers, hours, memory, what is read. No torch.

Hours of learning are those that this workspace measured, where a unit has learned an epoch there; else multiplications at a rate
that the note states.
"""

import numpy as np

from pipeline.methods.mov.config import MovOptions
from pipeline.methods.mov.counts import TowerShape, count, first_learned, grid
from pipeline.methods.mov.macs import frame_macs, step_macs
from pipeline.methods.mov.memory import step_bytes
from pipeline.recipe.video_data import MiniatureVideos
from pipeline.runs.timing import seconds_of
from pipeline.tasks.open_video.bound import BoundOpenVideo
from pipeline.tasks.open_video.recipe import LearnedOptions
from pipeline.tasks.open_video.specs import frames_spec


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


def making_note(bound: BoundOpenVideo, name: str, rows: int) -> str:
    """Hours of making an input for so many clips: empty of the miniature's, which take seconds."""
    if isinstance(bound.recipe.videos, MiniatureVideos):
        return ""
    views, spec = bound.recipe.views, frames_spec(bound.recipe, bound.card)
    if name == "flow":
        pairs = rows * views.clips * views.frames
        hours = pairs * FLOW_SECONDS * (spec.short_side / 256) ** 2 / 3600
        return f"{told_time(3600 * hours)} of one core at {FLOW_SECONDS:g} s for each of {pairs:,} pairs of 256 pixels"
    if name == "frames, output":
        macs = frame_macs(bound.shape)
        hours = rows * views.clips * views.crops * views.frames * macs * 2 / (TERA * 1e12) / 3600
        return f"{macs / 1e9:.2f} GMAC a frame, {told_time(3600 * hours)} at {TERA} TFLOP/s"
    rate = CLIPS_A_SECOND[name]
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
            *cut_note(options, bound.shape, bound.recipe.cache.dtype),
        ]
    return "; ".join(told)


def cut_note(options: MovOptions, shape: TowerShape, dtype: str) -> list[str]:
    """Where the tower of flow or sound is read, and why there: nothing where it is learned from its pixels on."""
    cut = first_learned(options, shape)
    if cut == "pixels":
        return []
    pixels, late = cut_bytes(options, shape, dtype)
    why = (
        f"cheaper than at {cut}, the first cut that is learned, which would take {told_bytes(late)}"
        if pixels <= late
        else f"what lies below {cut} is run in every epoch; stored there it would take {told_bytes(late)}"
    )
    return [f"{options.other} is read from its pixels, {told_bytes(pixels)} a view: {why}"]


def cut_bytes(options: MovOptions, shape: TowerShape, dtype: str) -> tuple[int, int]:
    """What a view takes as pixels, and at the cut where learning begins."""
    rows, columns = grid(options, shape)
    tokens = 1 + rows * columns
    if options.other == "flow":
        pixels, pictures = options.frames * shape.side**2 * 2, options.frames
    else:
        pixels, pictures = options.sound_frames * options.sound_bins * 2, 1
    return pixels, pictures * tokens * shape.image_width * np.dtype(dtype).itemsize


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
