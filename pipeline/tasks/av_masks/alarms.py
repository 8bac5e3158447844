"""Alarms of runs of sounding objects, stage by stage."""

from collections.abc import Iterator
from typing import Any

from pipeline.alarms import Alarm
from pipeline.alarms.below import LEAST, is_below
from pipeline.evaluation.figure_words import percent
from pipeline.tasks.av.alarms import AGAIN, chosen_on_test, leaking, partial, staged
from pipeline.tasks.av_masks.bound import BoundAvMasks
from pipeline.tasks.av_masks.result import FIGURES, MasksResult


def alarms(bound: BoundAvMasks, stage: str, found: Any) -> Iterator[Alarm]:
    """What is wrong with what a stage left."""
    yield from staged(bound, stage, _of_data)
    if stage == "evaluate":
        yield from _below(found)
        yield from _below_frozen(found)


def _of_data(bound: BoundAvMasks) -> Iterator[Alarm]:
    yield from partial(bound)
    yield from _odd(bound)
    yield from leaking(bound, "keep each clip in one split of the list, where figures need not be those of papers")
    yield from chosen_on_test(bound)


def _odd(bound: BoundAvMasks) -> Iterator[Alarm]:
    """Masks that are read otherwise than who drew them may think: other values than 0 and 255, other sizes than the frames."""
    if bound.clips.remarks:
        yield Alarm(
            "odd-masks", "video", (),
            "; ".join(bound.clips.remarks),
            f"{bound.check_command} shows what is read; draw masks in 0 and 255, as large as the frames, {AGAIN}",
        )  # fmt: skip


def _below(result: MasksResult) -> Iterator[Alarm]:
    """The published method, beside what looks at no clip."""
    name = result.published
    ours = result.of(name).main
    best = max(result.beside, key=lambda what: result.beside[what][FIGURES[0]])
    known = result.beside[best][FIGURES[0]]
    if is_below(ours.value, known, result.clips, certain=ours.high < known):
        better = max(result.methods, key=lambda each: each.main.value)
        other = f", or publish the best of the table: publish: {{method: {better.name}}}" if better.name != name else ""
        yield Alarm(
            "below-prior", "video", (),
            f"{name} has an mIoU of {percent(ours.value, ' %')} on {result.clips:,} clips; '{best}' without looking has "
            f"{percent(known, ' %')}: what was learned made it worse",
            f"learn more epochs, from more clips, raise lr_head or lr_prompts{other}; {AGAIN}",
        )  # fmt: skip


def _below_frozen(result: MasksResult) -> Iterator[Alarm]:
    """The published method, beside the head on frozen towers: then prompts made it worse."""
    over = result.over_frozen
    if over is not None and over.high < 0 and over.value < -LEAST:
        yield Alarm(
            "below-frozen", "video", (),
            f"{result.published} has an mIoU {percent(-over.value)} points lower than '{result.frozen}', which learns nothing "
            "inside the towers",
            f"leave publish out, so that the clips of val choose, or learn more epochs; {AGAIN}",
        )  # fmt: skip
