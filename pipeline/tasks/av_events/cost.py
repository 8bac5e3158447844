"""What a recipe costs before anything is run: numbers learned, multiplications, hours, memory. Free of torch.

Hours are those that this workspace measured, where a unit has learned an epoch there; else multiplications at a rate that the
note states.
"""

from collections.abc import Sequence

from pipeline.datasets.av import AvClips
from pipeline.encoders.stepped.known import HTS_AT, SWIN_V2_LARGE_192, VIT_LARGE_16
from pipeline.encoders.stepped.shape import TowerShape
from pipeline.methods.copl.config import CoplOptions
from pipeline.methods.copl.counts import PAPER, head_numbers, learned
from pipeline.methods.copl.places import places_of
from pipeline.run.timing import seconds_of
from pipeline.tasks.av_events.bound import BoundAvEvents, Towers

TERA = 20
"""Million millions of operations a second that are stated where nothing was measured: what a GPU of 24 GB gives in float32 at
about half of its peak."""
CLIPS_A_SECOND = 2.5
"""Measured: clips of ten seconds at 640 x 360, whose frames or spectrograms one core makes in a second."""


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


def step_macs(towers: Towers, options: CoplOptions, segments: int) -> int:
    """Multiplications of a clip in one step of learning.

    Of towers they are made forward and once more backward, since no weight of theirs learns; of the light network that stands
    beside them three times. A head alone is left out: it takes nothing to speak of.
    """
    visual, audio = towers.shapes["visual"], towers.shapes["audio"]
    if options.rung == "none":
        return 0
    places = places_of(options, visual, audio)
    if options.variant == "parallel":
        read = zip((visual, audio), zip(*places.pairs, strict=True), strict=True)
        return 3 * segments * sum(_side_macs(options, shape, blocks, segments) for shape, blocks in read)
    total = 0
    for place, shape in enumerate((visual, audio)):
        prompts = [0] * len(shape.blocks)
        for step in places.steps:
            block = (step.visual, step.audio)[place]
            if block is not None and step.prompts:
                prompts[block] = _own_prompts(options, segments) + 2 * options.interaction_prompts * step.interacts
        total += shape.macs(prompts, places.starts(places.first)[place])
    return 2 * segments * total


def _own_prompts(options: CoplOptions, segments: int) -> int:
    framed = (segments if options.frame_prompts == "all" else 1) if options.has_frame_prompts else 0
    return options.global_prompts + framed


def _side_macs(options: CoplOptions, shape: TowerShape, blocks: Sequence[int], segments: int) -> int:
    """Forward, of one row of one side of `parallel`: down, reading, coupling and inner network of each block; then up."""
    width, prompts = options.side_width, _own_prompts(options, segments)
    inner = 2 * width * options.bottleneck
    sent = 2 * options.interaction_prompts if options.has_interaction else 0
    total = 0
    for block in blocks:
        tokens = shape.blocks[block].tokens
        total += tokens * width * (shape.blocks[block].width + 2 * prompts)
        total += prompts * (2 * sent * width + inner) + sent * inner // 2
    last = shape.blocks[blocks[-1]]
    return total + last.tokens * width * (2 * prompts + last.width)


def learning_note(
    bound: BoundAvEvents, options: CoplOptions, count: dict[str, int], clips: int, fingerprint: str
) -> str:
    """Numbers learned beside the paper's, steps, and hours of one seed."""
    steps = -(-clips // options.batch)
    measured = seconds_of(bound, fingerprint)
    if measured:
        hours, rate = options.epochs * sum(measured) / len(measured) / 3600, "as measured here"
    else:
        macs = step_macs(bound.towers, options, bound.clips.segments) * clips * options.epochs
        hours, rate = 2 * macs / (TERA * 1e12) / 3600, f"at {TERA} TFLOP/s"
    return "; ".join([
        f"epochs of all seeds; {numbers_note(bound.towers, options, count)}",
        f"{steps:,} steps an epoch, {told_hours(hours)} a seed {rate}",
    ])  # fmt: skip


def numbers_note(towers: Towers, options: CoplOptions, count: dict[str, int]) -> str:
    """The numbers that are learned, and the paper's where it has learned the same."""
    own = {name: number for name, number in count.items() if name != "head"}
    told = f"{sum(count.values()):,} numbers, {count['head']:,} of them the head's"
    paper = paper_numbers(towers)
    if own and paper is not None and options.rung == "consistency" and options.variant == "paper":
        told += f" (the paper beside the head: {paper / 1e6:.1f} M, ours {sum(own.values()) / 1e6:.2f} M)"
    return told


def decoding_note(clips: int) -> str:
    """Hours of one core."""
    return f"{told_hours(clips / CLIPS_A_SECOND / 3600)} of one core at {CLIPS_A_SECOND} clips a second"


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
