"""What a run of caching did."""

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
