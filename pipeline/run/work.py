"""The work of a run, as every task tells it. Free of torch."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """One piece of work of a run.

    Attributes:
        stage: the command that does it.
        what: of which source.
        wanted: rows in all (sentences, features, epochs).
        missing: rows still to be made; an estimate where `note` says so.
        bytes: about how many bytes they will take.
        note: what is good to know.
    """

    stage: str
    what: str
    wanted: int
    missing: int
    bytes: int
    note: str = ""
