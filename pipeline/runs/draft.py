"""A run that is tried: what it would write into its record it keeps to itself, until somebody publishes it or not."""

from dataclasses import dataclass, field

from pipeline.records import RunRecord


@dataclass(frozen=True)
class Draft:
    """The record of a run beside the published one.

    Attributes:
        published: the record as it was at the start; all is planned from this one, whatever others make of the run meanwhile.
        notes: what the stages wrote down.
    """

    published: RunRecord
    notes: RunRecord = field(default_factory=RunRecord)
