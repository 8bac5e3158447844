"""Alarms of runs of open-vocabulary video, stage by stage."""

from collections.abc import Iterator, Sequence
from typing import Any

from pipeline.alarms import Alarm
from pipeline.alarms.below import below_zero_shot
from pipeline.datasets.open_video import EXAMS, Clips, VideoSets
from pipeline.methods.mov.config import MovOptions
from pipeline.tasks.open_video.bound import BoundOpenVideo
from pipeline.tasks.open_video.cost import cut_bytes, told_bytes
from pipeline.tasks.open_video.result import OpenVideoResult
from pipeline.tasks.open_video.work import lacking_of

_SHOWN = 5
_AGAIN = "then: mmpt-pipeline run RECIPE"


def alarms(bound: BoundOpenVideo, stage: str, found: Any) -> Iterator[Alarm]:
    """What is wrong with what a stage left."""
    if stage == "plan":  # without what the run has kept already: a status shows both
        kept = {alarm.problem for alarm in bound.warnings()}
        yield from (alarm for alarm in (*_partial(bound), *_late(bound)) if alarm.problem not in kept)
    if stage == "cache":
        yield from _partial(bound)
        yield from _leaks(bound)
        yield from _one_sided(bound)
    if stage == "evaluate":
        yield from _below(bound, found)


def _partial(bound: BoundOpenVideo) -> Iterator[Alarm]:
    halves = bound.halves.values()
    parts = {"learned from": [sets.learn for sets in halves]} | {
        f"judged as {exam}": [sets.judged[exam] for sets in halves] for exam in EXAMS
    }
    parts |= {f"judged on {name}": [found.whole] for name, found in bound.elsewhere.items()}
    told = [line for what, clips in parts.items() if (line := _lacking(what, clips))]
    if told:
        yield Alarm(
            "partial-data", "video", (),
            f"clips that the data set lists are not there or cannot be read ({'; '.join(told)}); figures of fewer clips are not "
            "those that others publish, and are marked partial",
            f"{bound.checked} tells which; put them back, {_AGAIN}",
        )  # fmt: skip


def _late(bound: BoundOpenVideo) -> Iterator[Alarm]:
    """Activations that take more than what they are made of; they are stored beside it."""
    for name, options in bound.recipe.learned.items():
        if isinstance(options, MovOptions) and options.cut == "late":
            pixels, late = cut_bytes(bound, options)
            if late > pixels:
                yield Alarm(
                    "late-is-larger", "video", (),
                    f"{name} stores {options.other} late: {told_bytes(late)} a clip, where its pixels take {told_bytes(pixels)}",
                    f"cut: pixels is cheaper to store, and runs the frozen blocks in every epoch; write it under "
                    f"methods: {name}, or leave it if the time is worth the room",
                )  # fmt: skip


def _lacking(what: str, parts: Sequence[Clips]) -> str:
    """How many clips, of all halves each once, are there; empty where all are."""
    there = {row.path for part in parts for row in part.rows}
    gone = {path for part in parts for path, _ in part.rejected}
    return f"{len(there):,} of {len(there) + len(gone):,} to be {what}" if gone else ""


def _leaks(bound: BoundOpenVideo) -> Iterator[Alarm]:
    shared = list(dict.fromkeys(path for sets in bound.halves.values() for path in _on_both_sides(sets)))
    if shared:
        more = f" and {len(shared) - _SHOWN:,} more" if len(shared) > _SHOWN else ""
        yield Alarm(
            "leaking-videos", "video", (),
            f"{len(shared):,} of the base clips that are judged are also learned from: {', '.join(shared[:_SHOWN])}{more}",
            f"keep the two apart: take them out of what is learned from; {_AGAIN}",
        )  # fmt: skip


def _on_both_sides(sets: VideoSets) -> list[str]:
    learned = {row.key for row in sets.learn.rows}
    return [row.path for row in sets.judged["base"].rows if row.key in learned]


def _one_sided(bound: BoundOpenVideo) -> Iterator[Alarm]:
    lacking = lacking_of(bound)
    keys = {row.key for part in bound.parts for row in part.rows}
    for other, absent in lacking.other:
        count = len((absent - lacking.frames) & keys)
        if count:
            names = [n for n, o in bound.recipe.methods.items() if isinstance(o, MovOptions) and o.other == other]
            yield Alarm(
                "one-sided", "video", (),
                f"{count:,} of {len(keys):,} clips have no {other} that can be made: {', '.join(names)} learns nothing from "
                "them and judges them by their frames alone, as frozen CLIP sees them",
                f"mmpt-pipeline status RECIPE tells which and why; mend the files, {_AGAIN}",
            )  # fmt: skip


def _below(bound: BoundOpenVideo, result: OpenVideoResult) -> Iterator[Alarm]:
    """The method that the recipe publishes, on names that it never learned."""
    name = result.published
    if name not in bound.recipe.learned:
        return
    first, ours = result.methods[0], result.of(name)
    # No method of the table is named instead: it would be one that these very clips have chosen.
    remedy = f"lower beta, learn fewer epochs, or learn from more classes (videos: base); {_AGAIN}"
    yield from below_zero_shot(
        "video", f"{name} (novel classes)", ours.figures["novel"].value, first.name, first.figures["novel"].value,
        result.clips["novel"], remedy, certain=ours.over["novel"].high < 0,
    )  # fmt: skip
