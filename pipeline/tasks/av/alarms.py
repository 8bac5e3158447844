"""What is wrong with clips, whatever is answered of them: data that are partial, leak, lack one side, or were chosen on."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from pipeline.alarms import Alarm
from pipeline.alarms.below import LEAST
from pipeline.datasets.av.clips import shared_names
from pipeline.evaluation.figure_words import percent
from pipeline.tasks.av.bound import BoundAv
from pipeline.tasks.av.result import AvResult
from pipeline.tasks.av.towers import NAMES
from pipeline.tasks.av.work import sides_of

AGAIN = "then: mmpt-pipeline run RECIPE"
SHOWN = 5
"""Names that an alarm spells out."""
_PAIRS = (("val", "train"), ("test", "train"), ("test", "val"))
Bound = BoundAv[Any, Any]
B = TypeVar("B", bound=BoundAv[Any, Any])


def staged(bound: B, stage: str, of_data: Callable[[B], Iterator[Alarm]]) -> Iterator[Alarm]:
    """Alarms of the stages before anything is judged.

    Args:
        bound: the recipe.
        stage: see `Task.alarms`.
        of_data: what is wrong with the clips as they are listed.
    """
    if stage == "plan":  # without what the run has kept already: a status shows both
        kept = {alarm.problem for alarm in bound.warnings()}
        yield from (alarm for alarm in of_data(bound) if alarm.problem not in kept)
    if stage == "cache":
        yield from of_data(bound)
        yield from one_sided(bound)


def partial(bound: Bound) -> Iterator[Alarm]:
    """Clips that are listed and not there."""
    told = [f"{split}: {how}" for split in ("train", "val", "test") if (how := bound.clips.partial(split))]
    if told:
        yield Alarm(
            "partial-data", "video", (),
            f"{bound.examples} that the data set lists are not there or cannot be used ({'; '.join(told)}); figures of fewer "
            f"{bound.examples} are not those that others publish, and are marked partial",
            f"{bound.check_command} tells which; put them back, {AGAIN}",
        )  # fmt: skip


def leaking(bound: Bound, remedy: str) -> Iterator[Alarm]:
    """Videos of two splits.

    Args:
        bound: the recipe.
        remedy: what is to be done, without what comes then.
    """
    for first, second in _PAIRS:
        shared = shared_names(bound.clips.leaks, first, second)
        if shared:
            yield Alarm(
                "leaking-videos", "video", (),
                f"{len(shared):,} videos of {first} are also in {second}: {some(shared)}",
                f"{remedy}; {AGAIN}",
            )  # fmt: skip


def chosen_on_test(bound: Bound) -> Iterator[Alarm]:
    """Epochs that are chosen by the clips that are judged."""
    if bound.recipe.protocol == "lavish":
        yield Alarm(
            "chosen-on-test", "video", (),
            "protocol: lavish chooses the epoch by the test clips, so figures of these clips are too good: they are for "
            "comparing with papers that did the same, and for nothing else",
            f"leave protocol out, which chooses by the clips of val; {AGAIN}",
        )  # fmt: skip


def one_sided(bound: Bound) -> Iterator[Alarm]:
    """Clips of which one side cannot be decoded."""
    clips = bound.of("train", "val", "test")
    silent, blind = sides_of(bound).counts(clips)
    lacking = ((blind, "picture", "sound", "visual", "video"), (silent, "sound", "picture", "audio", "audio"))
    for count, lost, other, role, modality in lacking:
        if count:
            yield Alarm(
                "one-sided", modality, (),
                f"{count:,} of {len(clips):,} {bound.examples} have no {lost} that can be decoded: they are learned from and "
                f"judged by their {other} alone, beside zeros",
                f"mmpt-pipeline status RECIPE tells which {NAMES[role]} failed and why; mend the files, {AGAIN}",
            )  # fmt: skip


def below_frozen(result: AvResult[Any], worse: str, examples: str = "clips") -> Iterator[Alarm]:
    """The published method, beside the head on frozen towers: then prompts made it worse.

    Args:
        result: of the run.
        worse: how much worse it is, in words; `{points}` stands for the points.
        examples: what epochs are chosen on.
    """
    over = result.over_frozen
    if over is not None and over.high < 0 and over.value < -LEAST:
        yield Alarm(
            "below-frozen", "video", (),
            f"{result.published} {worse.format(points=percent(-over.value))} '{result.frozen}', which learns nothing inside "
            "the towers",
            f"leave publish out, so that the {examples} of val choose, or learn more epochs; {AGAIN}",
        )  # fmt: skip


def or_publish(result: AvResult[Any], but: str = "") -> str:
    """The best method of the table, as a further remedy; empty where it is the published one, or there is no other.

    Args:
        result: of the run.
        but: a method that is for comparison only.
    """
    better = max((each for each in result.methods if each.name != but), key=lambda each: each.main.value, default=None)
    if better is None or better.name == result.published:
        return ""
    return f", or publish the best of the table: publish: {{method: {better.name}}}"


def some(names: tuple[str, ...] | list[str]) -> str:
    """The first of some names, and how many more there are."""
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
