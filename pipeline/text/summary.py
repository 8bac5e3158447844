"""What a run of the generate stage did, in numbers and as a table."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rich.console import Group
from rich.table import Table
from rich.text import Text

from pipeline.text.advice import POOR_YIELD
from pipeline.text.answers import Outcome

__all__ = ["ClassCount", "GenerateSummary", "Tally", "TextPlan", "render_summary", "total_counts"]

_CLASSES_SHOWN = 20


@dataclass(frozen=True)
class TextPlan:
    """What is still to be done.

    Attributes:
        queries: Queries of the next round, 0 if nothing is left to ask. Later rounds depend on the answers.
        below_quota: Kept sentences of each class that has less than its quota.
        imported: Sentences that the file holds, where they are imported and not generated.
        unread: How many of them are still to be read.
    """

    queries: int
    below_quota: Mapping[str, int]
    imported: int | None = None
    unread: int = 0


@dataclass(frozen=True)
class ClassCount:
    """Sentences of one class: wanted, and kept in all runs so far."""

    wanted: int
    kept: int


@dataclass(frozen=True)
class GenerateSummary:
    """What a run did.

    Attributes:
        modality: Of the label set.
        queries: Queries asked in this run.
        sentences: Sentences that the answers held.
        accepted: Sentences kept in this run.
        rejected: Sentences, and parts of answers that are no sentence, that were not kept in this run, by
            reason.
        classes: Every class of the label set, over all runs.
        artifact: Fingerprint of the artifact that holds the texts.
        advice: What to change in the recipe, where little of what was written in this run could be kept.
    """

    modality: str
    queries: int
    sentences: int
    accepted: int
    rejected: Mapping[str, int]
    classes: Mapping[str, ClassCount]
    artifact: str
    advice: tuple[str, ...] = ()

    @property
    def pass_rate(self) -> float:
        """Share of this run's sentences that were kept; 0 if there were none."""
        return self.accepted / self.sentences if self.sentences else 0.0

    @property
    def below_quota(self) -> dict[str, ClassCount]:
        """The classes that did not reach their quota within the rounds allowed."""
        return {name: each for name, each in self.classes.items() if each.kept < each.wanted}


@dataclass
class Tally:
    """Counts of a run while it goes on."""

    queries: int = 0
    sentences: int = 0
    accepted: int = 0
    rejected: Counter[str] = field(default_factory=Counter)

    def add(self, queries: int, outcome: Outcome) -> None:
        """Count a batch of queries."""
        self.queries += queries
        self.sentences += outcome.sentences
        self.accepted += len(outcome.keys)
        self.rejected += outcome.reasons


def total_counts(summaries: Mapping[str, GenerateSummary]) -> dict[str, int]:
    """Counts of a whole stage, over its modalities."""
    counts = {name: sum(getattr(s, name) for s in summaries.values()) for name in ("queries", "sentences", "accepted")}
    return counts | {"rejected": sum(sum(s.rejected.values()) for s in summaries.values())}


def render_summary(summary: GenerateSummary) -> Group:
    """The summary as tables for a terminal: counts by reason, and the classes below their quota."""
    counts = Table(title=f"{summary.modality} sentences", title_justify="left")
    counts.add_column("what")
    counts.add_column("count", justify="right")
    counts.add_column("share of sentences", justify="right")
    counts.add_row("queries", f"{summary.queries:,}", "")
    counts.add_row("sentences", f"{summary.sentences:,}", "")
    counts.add_row("kept", f"{summary.accepted:,}", f"{summary.pass_rate:.1%}")
    for reason, number in sorted(summary.rejected.items(), key=lambda item: (-item[1], item[0])):
        counts.add_row(f"rejected: {reason}", f"{number:,}", f"{number / max(summary.sentences, 1):.1%}")
    return Group(counts, _classes_table(summary), *advice_lines(summary.advice))


def advice_lines(advice: Sequence[str]) -> list[Text]:
    """What to change where the yield is poor, as lines of a terminal."""
    if not advice:
        return []
    head = f"Little of what was written can be kept (less than {POOR_YIELD:.0%}). Under 'generate' in the recipe:"
    return [Text(head), *(Text(f"  - {each}") for each in advice)]


def _classes_table(summary: GenerateSummary) -> Table | str:
    reached = len(summary.classes) - len(summary.below_quota)
    if not summary.below_quota:
        return f"all {reached} classes have their quota"
    table = Table(
        title=f"{len(summary.below_quota)} of {len(summary.classes)} classes are below their quota",
        title_justify="left",
    )
    for column in ("class", "kept", "wanted"):
        table.add_column(column, justify="left" if column == "class" else "right")
    worst = sorted(summary.below_quota.items(), key=lambda item: (item[1].kept, item[0]))
    for name, each in worst[:_CLASSES_SHOWN]:
        table.add_row(name, f"{each.kept:,}", f"{each.wanted:,}")
    if len(worst) > _CLASSES_SHOWN:
        table.add_row(f"… and {len(worst) - _CLASSES_SHOWN} more", "", "")
    return table
