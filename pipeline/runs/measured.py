"""What a row or an epoch took in this workspace, for plans.

It is a fact of the run's record: artifacts hold no time, and nothing depends on it.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from pipeline.records import read_run, run_folders
from pipeline.runs.bound import Bound

LEAST_S = 0.5
"""Shorter work says little: loading a network takes longer."""
_FACT = "seconds each/"


def seconds_each(fingerprint: str, seconds: float, count: int) -> dict[str, str]:
    """The fact of what so many rows, or epochs, of an artifact took; none where that is too little to tell."""
    return {_FACT + fingerprint: f"{seconds / count:.6g}"} if count and seconds >= LEAST_S else {}


def measured(bound: Bound[Any]) -> Callable[[str], float | None]:
    """Fingerprint -> seconds of a row or an epoch: by this recipe's runs, else by those of others in the workspace."""

    @cache
    def others() -> Mapping[str, str]:
        found: dict[str, str] = {}
        for folder in run_folders(bound.recipe.workspace):
            record = read_run(folder)
            found |= record.facts if record is not None else {}
        return found

    def told(fingerprint: str) -> float | None:
        fact = own.get(_FACT + fingerprint) or others().get(_FACT + fingerprint)
        return None if fact is None else float(fact)

    own = bound.record().facts
    return told


def shown(facts: Mapping[str, str]) -> dict[str, str]:
    """Those facts that are for people."""
    return {name: fact for name, fact in facts.items() if not name.startswith(_FACT)}
