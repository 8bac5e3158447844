"""Trying again what failed: files that were rejected, and queries of which no sentence was kept.

A file that was mended has other bytes, is another row, and needs no retry. What does: a decoder that ran out of time or memory, a
codec that came later, a server that answers otherwise today. Equal engines answer equal queries equally.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.operations import retry_note
from pipeline.operations.recorded import recorded_run
from pipeline.operations.retry_note import Failure, Item
from pipeline.stages.context import Context
from pipeline.text.generate import fruitless_queries
from pipeline.text.spec import texts_spec

Failed = Mapping[tuple[str, str], str]
"""(what, key of the row or query) -> why it failed."""


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


def find_failed(context: Context) -> Failed:
    """What a retry would try; needs no torch."""
    return {item: failure.reason for item, failure in {**_queries(context), **_files(context)}.items()}


def outcome(before: Failed, after: Failed) -> list[Tried]:
    """What came of everything that had failed, by reason."""
    tried = Counter((what, reason) for (what, _), reason in before.items())
    failing = Counter((item[0], reason) for item, reason in before.items() if item in after)
    return [Tried(what, reason, count, failing[what, reason]) for (what, reason), count in sorted(tried.items())]


def tried_and_mended(found: Sequence[Tried]) -> Mapping[str, int]:
    """What the history keeps of a retry."""
    return {"tried": sum(each.tried for each in found), "mended": sum(each.mended for each in found)}


def retry_failed(context: Context) -> list[Tried]:
    """Ask and encode again what failed, and whatever else of these two stages is missing.

    A retry that was killed is gone on with: what it had tried already is not tried once more.
    """
    found = _retry(context)
    retry_note.end(context.folder)
    return found


@recorded_run("retry", tried_and_mended)
def _retry(context: Context) -> list[Tried]:
    from pipeline.stages.cache import cache
    from pipeline.stages.generate import generate

    now = {**_queries(context), **_files(context)}
    before = retry_note.begin(context.folder, now)
    again = replace(context, retry_failed=retry_note.untried(before, now))
    if any(what.startswith("texts/") for what, _ in before):
        generate(again)
    if before:
        cache(again)
    return outcome({item: failure.reason for item, failure in before.items()}, find_failed(context))


def _files(context: Context) -> dict[Item, Failure]:
    found: dict[Item, Failure] = {}
    for modality, source in context.sources.items():
        rejected = {row.key: Failure(row.reason, row.attempts) for row in context.media_features(modality).rejected()}
        found |= {(f"media/{modality}", row.key): rejected[row.key] for row in source.rows if row.key in rejected}
    return found


def _queries(context: Context) -> dict[Item, Failure]:
    found: dict[Item, Failure] = {}
    for modality, labels in context.labels.items():
        config = context.recipe.generate
        fruitless = set(fruitless_queries(context.store, config, modality, labels))
        if fruitless:
            for row in context.store.artifact(texts_spec(config, modality)).rejected():
                asked = row.detail["anchor"], int(row.detail["query"])
                if asked in fruitless:
                    item = f"texts/{modality}", f"{asked[0]} {asked[1]}"
                    tried = found[item].attempts if item in found else 0
                    found[item] = Failure(row.reason, tried + row.attempts)
    return found
