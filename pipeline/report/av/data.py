"""What a report of a run of clips is made of, as plain values: the report reads no store and asks no model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.alarms import Alarm
from pipeline.evaluation.intervals import Interval
from pipeline.report.data import LineageEntry


@dataclass(frozen=True)
class ShownMethod:
    """A rung of the ladder.

    Attributes:
        name: as the recipe has it.
        main: the figure that methods are compared by.
        over_first: beside the first rung, paired; None for that one.
        losses: a list a seed: the loss of every step.
        numbers: part -> how many numbers are learned, the head among them.
        paper: what the paper prints beside the head, where it learned the same.
        seconds_a_step: median over all epochs of all seeds; None where nothing was measured.
        stored: bytes that it reads of the store, of all clips.
        learned_with: options that tell it from the others, in words.
    """

    name: str
    main: Interval
    over_first: Interval | None
    losses: Sequence[Sequence[float]] = ()
    numbers: Mapping[str, int] = field(default_factory=dict)
    paper: float | None = None
    seconds_a_step: float | None = None
    stored: int = 0
    learned_with: str = ""


@dataclass(frozen=True, kw_only=True)
class AvReportData:
    """One recipe, from clips to figures; a task adds what it shows of them.

    Attributes:
        recipe_name: name of the recipe.
        recipe_yaml: the recipe, to be shown.
        head: columns of the table of figures.
        rows: its lines.
        remarks: what must be said beside the figures.
        methods: the ladder, lowest rung first.
        published: the method that answers.
        lineage: the artifacts behind the figures.
        facts: things to show about the run.
        warnings: what is wrong with the run though nothing failed.
        rejected: (path, reason) of rows that the data set names and that could not be used.
    """

    recipe_name: str
    recipe_yaml: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    remarks: Sequence[str]
    methods: Sequence[ShownMethod]
    published: str = ""
    lineage: Sequence[LineageEntry] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    warnings: Sequence[Alarm] = ()
    rejected: Sequence[tuple[str, str]] = ()
