"""What a run of caching did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.datasets.aside import Aside


@dataclass(frozen=True)
class CacheSummary:
    """Counts and times of one run over one artifact.

    Attributes:
        wanted: different inputs asked for.
        encoded: rows that this run added; the others were there or failed.
        rejected: rows that this run gave up.
        decode_s: seconds the encoder waited for decoding, or spent on tokenising.
        encode_s: seconds spent in the encoder.
        fingerprint: of the artifact.
        unreadable: (path, reason) of what its source names and cannot be read; it is among neither wanted nor rejected.
        aside: counts of what else was found and is not judged.
    """

    wanted: int
    encoded: int
    rejected: int
    decode_s: float
    encode_s: float
    fingerprint: str
    unreadable: Sequence[tuple[str, str]] = ()
    aside: Sequence[Aside] = ()


def total_counts(summaries: Mapping[str, CacheSummary]) -> dict[str, int | float]:
    """Counts and times of a whole stage; what cannot be read is counted where there is something."""
    unreadable = sum(len(s.unreadable) for s in summaries.values())
    rows = {name: sum(getattr(s, name) for s in summaries.values()) for name in ("wanted", "encoded", "rejected")}
    rows |= {"unreadable": unreadable} if unreadable else {}
    return rows | {
        name: round(sum(getattr(s, name) for s in summaries.values()), 3) for name in ("decode_s", "encode_s")
    }
