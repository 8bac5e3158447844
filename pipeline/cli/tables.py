"""Tables of the stages that have no renderer of their own."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pipeline.cli.output import print_table, say, size_text, time_text

if TYPE_CHECKING:
    from pipeline.alarms import Alarm
    from pipeline.caching.summary import CacheSummary
    from pipeline.datasets.aside import Aside
    from pipeline.runs.work import Step
    from pipeline.stages.refresh import Refreshed
    from pipeline.tasks.growth import ClassFigure

_SHOWN = 20


def cache_table(summaries: "Mapping[str, CacheSummary]") -> None:
    """What was encoded, and where the time went."""
    rows = []
    for source, s in summaries.items():
        seconds = s.decode_s + s.encode_s
        share = f"{s.decode_s / seconds:.0%} / {s.encode_s / seconds:.0%}" if seconds else "–"
        rate = f"{s.encoded / seconds:,.0f}" if seconds else "–"
        counts = [f"{count:,}" for count in (s.wanted, s.encoded, s.rejected, len(s.unreadable))]
        rows.append([source, *counts, rate, share, s.fingerprint[:12]])
    columns = ["source", "wanted", "encoded now", "rejected", "unreadable", "rows/s", "decode / encode", "artifact"]
    print_table(columns, rows, "Features")
    unreadable_table({source: s.unreadable for source, s in summaries.items()})
    aside_table({source: s.aside for source, s in summaries.items()})


def unreadable_table(found: "Mapping[str, Sequence[tuple[str, str]]]") -> None:
    """What data sets name and cannot be read, by what it is of; nothing where there is none."""
    rows = [[what, path, reason] for what, files in found.items() for path, reason in files]
    more = len(rows) - _SHOWN
    if rows:
        shown = [*rows[:_SHOWN], ["…", f"{more:,} more; all of them: --json", ""]] if more > 0 else rows
        print_table(["of", "file", "reason"], shown, f"{len(rows):,} files cannot be read")


def aside_table(found: "Mapping[str, Sequence[Aside]]") -> None:
    """What data sets hold and is not judged, by what it is; nothing where there is none."""
    rows = [
        [source, each.what, each.reason, f"{each.count:,}", ", ".join(each.examples)]
        for source, asides in found.items()
        for each in asides
    ]
    if rows:
        print_table(["of", "what", "reason", "files", "for example"], rows, "Not judged")


def refresh_table(outcome: "Refreshed") -> None:
    """Every class before and now, the largest loss first, then the verdict."""
    if outcome.figures:
        columns = ["modality", "class", "files", "measure", "zero-shot", "before", "now", "change"]
        print_table(columns, [_refresh_row(figure) for figure in outcome.figures], "Old and new classes, percent")
    added = f"; new: {', '.join(f'{label} ({modality})' for modality, label in outcome.added)}" if outcome.added else ""
    done = f"{outcome.sentences:,} sentences kept, {outcome.encoded:,} rows encoded, {outcome.epochs} epochs learned"
    say(f"{outcome.verdict}: {outcome.why}\n{done} ({outcome.mode}){added}")


def _refresh_row(figure: "ClassFigure") -> list[str]:
    values = [figure.zero_shot, figure.before, figure.now]
    change = "new" if figure.new else "–" if figure.change is None else f"{100 * figure.change:+.1f}"
    shown = ["–" if value is None else f"{100 * value:.1f}" for value in values]
    return [figure.modality, figure.label, str(figure.files), figure.metric, *shown, change]


def plan_table(steps: "Sequence[Step]", alarms: "Sequence[Alarm]" = (), free: int | None = None) -> None:
    """What is still to be done, and beside each step what will go wrong with it; below, all together.

    Args:
        steps: of the plan.
        alarms: what will go wrong.
        free: bytes that are free where it is written; None where that is not known.
    """
    rows = [[s.stage, s.what, f"{s.wanted:,}", f"{s.missing:,}", size_text(s.bytes), _noted(s, alarms)] for s in steps]
    print_table(["stage", "what", "wanted", "missing", "to write", "note"], rows, "Plan")
    if any(step.missing for step in steps):
        say(_in_all(steps, free))
    unreadable_table({step.what: step.unreadable for step in steps})
    aside_table({step.what: step.aside for step in steps})


def _in_all(steps: "Sequence[Step]", free: int | None) -> str:
    room = f"; {size_text(free)} are free" if free is not None else ""
    known = [step.seconds for step in steps if step.seconds is not None]
    time = f"; {time_text(sum(known))} for what this workspace has measured" if known else ""
    return f"In all: {size_text(sum(step.bytes for step in steps))} to write{room}{time}"


def _noted(step: "Step", alarms: "Sequence[Alarm]") -> str:
    from pipeline.stages.plan import of_step

    took = f"{time_text(step.seconds)}, as measured here" if step.seconds and "measured here" not in step.note else ""
    return "; ".join(filter(None, [step.note, took, *(f"WARNING: {alarm.problem}" for alarm in of_step(step, alarms))]))
