"""Alarms of runs of audio-visual events, stage by stage."""

from collections.abc import Iterator
from typing import Any

from pipeline.alarms import Alarm
from pipeline.alarms.below import is_below
from pipeline.evaluation.figure_words import percent
from pipeline.tasks.av.alarms import AGAIN, below_frozen, chosen_on_test, leaking, or_publish, partial, some, staged
from pipeline.tasks.av_events.bound import BoundAvEvents
from pipeline.tasks.av_events.result import EventsResult


def alarms(bound: BoundAvEvents, stage: str, found: Any) -> Iterator[Alarm]:
    """What is wrong with what a stage left."""
    yield from staged(bound, stage, _of_data)
    if stage == "evaluate":
        yield from _below(found)
        yield from _below_frozen(found)


def _of_data(bound: BoundAvEvents) -> Iterator[Alarm]:
    yield from partial(bound)
    yield from _unlearned(bound)
    own = "give every file one split in the table of events"
    ave = "write under events: disjoint: true, where figures need not be those of papers"
    yield from leaking(bound, ave if bound.recipe.events.layout == "ave" else own)
    yield from chosen_on_test(bound)


def _unlearned(bound: BoundAvEvents) -> Iterator[Alarm]:
    """Classes that no clip of train shows: nothing can be learned of them, and every second of theirs is wrong."""
    if bound.to_come:
        return
    shown = {label for clip in bound.of("train") for label in clip.labels}
    lacking = [name for label, name in enumerate(bound.clips.classes) if label not in shown]
    if lacking:
        yield Alarm(
            "unlearned-class", "video", tuple(lacking),
            f"no second of a clip of train shows {some(lacking)}: nothing is learned of it, and all of its seconds elsewhere "
            "are judged wrong",
            f"add clips of it, or move some to train, or leave its events out; {AGAIN}",
        )  # fmt: skip


def _below(result: EventsResult) -> Iterator[Alarm]:
    """The published method, beside what says the most frequent label without looking."""
    name = result.published
    ours = result.of(name).main
    oracle = "oracle"
    known = {what: scores.accuracy for what, scores in result.beside.items() if oracle not in what}
    best = max(known, key=lambda what: known[what])
    if is_below(ours.value, known[best], result.clips, certain=ours.high < known[best]):
        yield Alarm(
            "below-prior", "video", (),
            f"{name} is right in {percent(ours.value, ' %')} of the seconds of {result.clips:,} clips; to say '{best}' without "
            f"looking is right in {percent(known[best], ' %')}: what was learned made it worse",
            f"learn more epochs, from more clips, raise lr_prompts or lr_head{or_publish(result)}; {AGAIN}",
        )  # fmt: skip


def _below_frozen(result: EventsResult) -> Iterator[Alarm]:
    return below_frozen(result, "is right in {points} points of the seconds fewer than")
