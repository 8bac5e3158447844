"""What an alarm is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

STAGES = ("plan", "generate", "cache", "train", "evaluate")
"""After what an alarm may be found, in order; "plan" is before anything is made."""

_SHOWN = 5


@dataclass(frozen=True)
class Alarm:
    """One thing that is wrong though nothing failed.

    Attributes:
        code: what it is, for programs: "no-sentence", "below-zero-shot", …
        modality: of what.
        classes: those that it concerns; empty for all of the modality.
        problem: what is wrong, with the figure that was measured; one sentence for people.
        remedy: what to type: a command, or a line of the recipe; RECIPE stands for the recipe's file.
        stage: after which it was found, one of `STAGES`; rules leave it empty, whoever asks them knows it.
    """

    code: str
    modality: str
    classes: tuple[str, ...]
    problem: str
    remedy: str
    stage: str = ""


def as_values(alarms: Iterable[Alarm]) -> list[dict[str, Any]]:
    """Alarms as JSON can hold them."""
    return [{**asdict(alarm), "classes": list(alarm.classes)} for alarm in alarms]


def from_values(values: Iterable[Mapping[str, Any]]) -> list[Alarm]:
    """Alarms as `as_values` wrote them."""
    return [Alarm(**{**value, "classes": tuple(value["classes"])}) for value in values]


def listed(names: Sequence[str]) -> str:
    """Class names in a sentence; of many, the first."""
    shown = ", ".join(f"'{name}'" for name in names[:_SHOWN])
    return f"{shown} and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else shown
