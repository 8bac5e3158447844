"""Alarms of runs of sounding objects, stage by stage."""

from collections.abc import Iterator
from typing import Any

from pipeline.alarms import Alarm
from pipeline.evaluation.figure_words import interval_text, percent, points
from pipeline.tasks.av.alarms import AGAIN, below_frozen, chosen_on_test, leaking, or_publish, partial, staged
from pipeline.tasks.av_masks.bound import BoundAvMasks
from pipeline.tasks.av_masks.result import FIGURES, MasksResult


def alarms(bound: BoundAvMasks, stage: str, found: Any) -> Iterator[Alarm]:
    """What is wrong with what a stage left."""
    yield from staged(bound, stage, _of_data)
    if stage == "evaluate":
        yield from _below(found)
        yield from _below_frozen(found)
        yield from _no_better_deaf(found)


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
    """The published method, beside what looks at no clip: told where its interval does not lie above, since those are so low."""
    name = result.published
    ours = result.of(name).main
    best = max(result.beside, key=lambda what: result.beside[what][FIGURES[0]])
    known = result.beside[best][FIGURES[0]]
    if ours.low <= known:
        yield Alarm(
            "below-prior", "video", (),
            f"{name} has an mIoU of {interval_text(ours)} % on {result.clips:,} clips; '{best}' without looking has "
            f"{percent(known, ' %')}: what was learned is not shown to be any better",
            f"learn more epochs, from more clips, raise lr_head or lr_prompts{or_publish(result)}; {AGAIN}",
        )  # fmt: skip


def _no_better_deaf(result: MasksResult) -> Iterator[Alarm]:
    """The published method, beside one that no sound reaches: then masks are of what is seen, whether it sounds or not."""
    over, deaf = result.over_deaf, result.deaf
    if deaf and result.published == deaf and len(result.methods) > 1:
        problem = f"'{deaf}' answers, which no sound reaches: no method that hears was better on the clips of val"
    elif over is not None and over.low <= 0:
        problem = f"{result.published} has an mIoU {points(over)} points above '{deaf}', which no sound reaches"
    else:
        return
    yield Alarm(
        "no-better-without-sound", "audio", (),
        f"{problem}: it is not shown that masks are of what sounds",
        f"learn more epochs, from more clips, or judge more of them; {AGAIN}",
    )  # fmt: skip


def _below_frozen(result: MasksResult) -> Iterator[Alarm]:
    return below_frozen(result, "has an mIoU {points} points lower than")
