"""What a run of caching did."""

from collections.abc import Mapping
from dataclasses import dataclass


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
    """

    wanted: int
    encoded: int
    rejected: int
    decode_s: float
    encode_s: float
    fingerprint: str


def total_counts(summaries: Mapping[str, CacheSummary]) -> dict[str, int | float]:
    """Counts and times of a whole stage."""
    rows = {name: sum(getattr(s, name) for s in summaries.values()) for name in ("wanted", "encoded", "rejected")}
    return rows | {
        name: round(sum(getattr(s, name) for s in summaries.values()), 3) for name in ("decode_s", "encode_s")
    }


def encoded(summaries: Mapping[str, CacheSummary]) -> str:
    """What a stage encoded, in a few words."""
    wanted, now, rejected = (sum(getattr(s, n) for s in summaries.values()) for n in ("wanted", "encoded", "rejected"))
    told = f"{now:,} encoded now, {rejected:,} rejected" if now or rejected else "nothing to encode"
    return f"{wanted:,} texts and media; {told}"
