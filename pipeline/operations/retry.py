"""Trying again what failed: files that were rejected, and queries of which no sentence was kept.

A file that was mended has other bytes, is another row, and needs no retry. What does: a decoder that ran out of time or memory, a
codec that came later, a server that answers otherwise today. Equal engines answer equal queries equally.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.telemetry.recorded import recorded_run
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


def find_failed(context: BoundSentences) -> Failed:
    """What a retry would try; needs no torch."""
    return {**_queries(context), **_files(context)}


def outcome(before: Failed, after: Failed) -> list[Tried]:
    """What came of everything that had failed, by reason."""
    tried = Counter((what, reason) for (what, _), reason in before.items())
    failing = Counter((item[0], reason) for item, reason in before.items() if item in after)
    return [Tried(what, reason, count, failing[what, reason]) for (what, reason), count in sorted(tried.items())]


def tried_and_mended(found: Sequence[Tried]) -> Mapping[str, int]:
    """What the history keeps of a retry."""
    return {"tried": sum(each.tried for each in found), "mended": sum(each.mended for each in found)}


@recorded_run("retry", tried_and_mended)
def retry_failed(context: BoundSentences) -> list[Tried]:
    """Ask and encode again what failed, and whatever else of these two stages is missing."""
    from pipeline.stages.cache import cache
    from pipeline.stages.generate import generate

    before = find_failed(context)
    again = replace(context, retry_failed=True)
    if any(what.startswith("texts/") for what, _ in before):
        generate(again)
    if before:
        cache(again)
    return outcome(before, find_failed(context))


def _files(context: BoundSentences) -> Failed:
    found: dict[tuple[str, str], str] = {}
    for modality, source in context.sources.items():
        rejected = {row.key: row.reason for row in context.media_features(modality).rejected()}
        found |= {(f"media/{modality}", row.key): rejected[row.key] for row in source.rows if row.key in rejected}
    return found


def _queries(context: BoundSentences) -> Failed:
    found: dict[tuple[str, str], str] = {}
    for modality, labels in context.labels.items():
        config = context.recipe.generate
        fruitless = set(fruitless_queries(context.store, config, modality, labels))
        if fruitless:
            for row in context.store.artifact(texts_spec(config, modality)).rejected():
                asked = row.detail["anchor"], int(row.detail["query"])
                if asked in fruitless:
                    found[f"texts/{modality}", f"{asked[0]} {asked[1]}"] = row.reason
    return found
