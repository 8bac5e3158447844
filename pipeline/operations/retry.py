"""Trying again what failed: files that were rejected, and queries of which no sentence was kept.

A file that was mended has other bytes, is another row, and needs no retry. What does: a decoder that ran out of time or memory, a
codec that came later, a server that answers otherwise today. Equal engines answer equal queries equally.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipeline.operations import retry_note
from pipeline.runs.bound import Bound
from pipeline.runs.work import Failure, Item
from pipeline.tasks.registry import task_of
from pipeline.telemetry.recorded import recorded_run

Failed = Mapping[Item, str]
"""What failed, and why."""


@dataclass(frozen=True)
class Tried:
    """What came of rows that had failed for one reason.

    Attributes:
        what: "media/image", "texts/image", …: as `cache-features` calls its sources; texts are queries.
        reason: why they had failed.
        tried: how many there were.
        failing: how many of them fail still, for whatever reason.
    """

    what: str
    reason: str
    tried: int
    failing: int

    @property
    def mended(self) -> int:
        """How many do no longer fail."""
        return self.tried - self.failing


def find_failed(bound: Bound[Any]) -> Failed:
    """What a retry would try; needs no torch."""
    return {item: failure.reason for item, failure in _failures(bound).items()}


def outcome(before: Failed, after: Failed) -> list[Tried]:
    """What came of everything that had failed, by reason."""
    tried = Counter((what, reason) for (what, _), reason in before.items())
    failing = Counter((item[0], reason) for item, reason in before.items() if item in after)
    return [Tried(what, reason, count, failing[what, reason]) for (what, reason), count in sorted(tried.items())]


def tried_and_mended(found: Sequence[Tried]) -> Mapping[str, int]:
    """What the history keeps of a retry."""
    return {"tried": sum(each.tried for each in found), "mended": sum(each.mended for each in found)}


def retry_failed(bound: Bound[Any]) -> list[Tried]:
    """Ask, decode and encode again what failed, and whatever else of the same sources is missing.

    A retry that was killed is gone on with: what it had tried already is not tried once more.
    """
    found = _retry(bound)
    retry_note.end(bound.folder)
    return found


@recorded_run("retry", tried_and_mended)
def _retry(bound: Bound[Any]) -> list[Tried]:
    from pipeline.stages.cache import cache
    from pipeline.stages.generate import generate

    now = _failures(bound)
    before = retry_note.begin(bound.folder, now)
    again = replace(bound, retry_failed=retry_note.untried(before, now))
    asked = {what for what, _ in before}
    if asked - {each.name for each in task_of(bound.recipe).inputs(bound) if each.rows}:
        generate(again)
    if before:
        cache(again, only=asked)
    return outcome({item: failure.reason for item, failure in before.items()}, find_failed(bound))


def _failures(bound: Bound[Any]) -> dict[Item, Failure]:
    task = task_of(bound.recipe)
    found: dict[Item, Failure] = dict(task.failed(bound))
    for each in task.inputs(bound):
        artifact = bound.store.artifact(each.need.spec(bound.recipe.cache))
        rejected = {row.key: Failure(row.reason, row.attempts) for row in artifact.rejected()}
        found |= {(each.name, key): rejected[key] for key in each.keys if key in rejected}
    return found
