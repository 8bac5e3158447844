"""Alarms of runs of audio-visual events, stage by stage."""

from collections.abc import Iterator
from typing import Any

from pipeline.alarms import Alarm
from pipeline.alarms.below import LEAST, is_below
from pipeline.datasets.av.clips import shared_names
from pipeline.tasks.av_events.bound import BoundAvEvents
from pipeline.tasks.av_events.result import EventsResult
from pipeline.tasks.av_events.words import percent
from pipeline.tasks.av_events.work import NAMES, sides_of

_SHOWN = 5
_PAIRS = (("val", "train"), ("test", "train"), ("test", "val"))
_AGAIN = "then: mmpt-pipeline run RECIPE"


def alarms(bound: BoundAvEvents, stage: str, found: Any) -> Iterator[Alarm]:
    """What is wrong with what a stage left."""
    if stage == "plan":  # without what the run has kept already: a status shows both
        kept = {alarm.problem for alarm in bound.warnings()}
        yield from (alarm for alarm in _of_data(bound) if alarm.problem not in kept)
    if stage == "cache":
        yield from _of_data(bound)
        yield from _one_sided(bound)
    if stage == "evaluate":
        yield from _below(found)
        yield from _below_frozen(found)


def _of_data(bound: BoundAvEvents) -> Iterator[Alarm]:
    yield from _partial(bound)
    yield from _unlearned(bound)
    yield from _leaks(bound)
    yield from _lavish(bound)


def _partial(bound: BoundAvEvents) -> Iterator[Alarm]:
    told = [f"{split}: {how}" for split in ("train", "val", "test") if (how := bound.clips.partial(split))]
    if told:
        yield Alarm(
            "partial-data", "video", (),
            f"clips that the data set lists are not there or cannot be used ({'; '.join(told)}); figures of fewer clips are "
            "not those that others publish, and are marked partial",
            f"{bound.check_command} tells which; put them back, {_AGAIN}",
        )  # fmt: skip


def _unlearned(bound: BoundAvEvents) -> Iterator[Alarm]:
    """Classes that no clip of train shows: nothing can be learned of them, and every second of theirs is wrong."""
    if bound.to_come:
        return
    shown = {label for clip in bound.of("train") for label in clip.labels}
    lacking = [name for label, name in enumerate(bound.clips.classes) if label not in shown]
    if lacking:
        more = f" and {len(lacking) - _SHOWN:,} more" if len(lacking) > _SHOWN else ""
        yield Alarm(
            "unlearned-class", "video", tuple(lacking),
            f"no second of a clip of train shows {', '.join(lacking[:_SHOWN])}{more}: nothing is learned of it, and all of its "
            "seconds elsewhere are judged wrong",
            f"add clips of it, or move some to train, or leave its events out; {_AGAIN}",
        )  # fmt: skip


def _leaks(bound: BoundAvEvents) -> Iterator[Alarm]:
    for first, second in _PAIRS:
        shared = shared_names(bound.clips.leaks, first, second)
        if shared:
            more = f" and {len(shared) - _SHOWN:,} more" if len(shared) > _SHOWN else ""
            yield Alarm(
                "leaking-videos", "video", (),
                f"{len(shared):,} videos of {first} are also in {second}: {', '.join(shared[:_SHOWN])}{more}",
                f"write under events: disjoint: true, where figures need not be those of papers; {_AGAIN}"
                if bound.recipe.events.layout == "ave"
                else f"give every file one split in the table of events; {_AGAIN}",
            )  # fmt: skip


def _lavish(bound: BoundAvEvents) -> Iterator[Alarm]:
    if bound.recipe.protocol == "lavish":
        yield Alarm(
            "chosen-on-test", "video", (),
            "protocol: lavish chooses the epoch by the test clips, so figures of these clips are too good: they are for "
            "comparing with papers that did the same, and for nothing else",
            f"leave protocol out, which chooses by the clips of val; {_AGAIN}",
        )  # fmt: skip


def _one_sided(bound: BoundAvEvents) -> Iterator[Alarm]:
    sides = sides_of(bound)
    for role, lost in (("visual", "picture"), ("audio", "sound")):
        count = sum(not sides.has(clip, role) for clip in bound.clips.clips)
        if count:
            other = "sound" if role == "visual" else "picture"
            yield Alarm(
                "one-sided", "video" if role == "visual" else "audio", (),
                f"{count:,} of {len(bound.clips.clips):,} clips have no {lost} that can be decoded: they are learned from and "
                f"judged by their {other} alone, beside zeros",
                f"mmpt-pipeline status RECIPE tells which {NAMES[role]} failed and why; mend the files, {_AGAIN}",
            )  # fmt: skip


def _below(result: EventsResult) -> Iterator[Alarm]:
    """The published method, beside what says the most frequent label without looking."""
    name = result.published
    ours = result.of(name).accuracy
    oracle = "oracle"
    known = {what: scores.accuracy for what, scores in result.beside.items() if oracle not in what}
    best = max(known, key=lambda what: known[what])
    if is_below(ours.value, known[best], result.clips, certain=ours.high < known[best]):
        better = max(result.methods, key=lambda each: each.accuracy.value)
        other = f", or publish the best of the table: publish: {{method: {better.name}}}" if better.name != name else ""
        yield Alarm(
            "below-prior", "video", (),
            f"{name} is right in {percent(ours.value, ' %')} of the seconds of {result.clips:,} clips; to say '{best}' without "
            f"looking is right in {percent(known[best], ' %')}: what was learned made it worse",
            f"learn more epochs, from more clips, raise lr_prompts or lr_head{other}; {_AGAIN}",
        )  # fmt: skip


def _below_frozen(result: EventsResult) -> Iterator[Alarm]:
    """The published method, beside the head on frozen towers: then prompts made it worse."""
    over = result.over_frozen
    if over is not None and over.high < 0 and over.value < -LEAST:
        yield Alarm(
            "below-frozen", "video", (),
            f"{result.published} is right in {percent(-over.value)} points of the seconds fewer than '{result.frozen}', which "
            "learns nothing inside the towers",
            f"leave publish out, so that the clips of val choose, or learn more epochs; {_AGAIN}",
        )  # fmt: skip
