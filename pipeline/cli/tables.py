"""Tables of the stages that have no renderer of their own."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pipeline.cli.output import print_table, size_text

if TYPE_CHECKING:
    from pipeline.caching.summary import CacheSummary
    from pipeline.run.work import Step
    from pipeline.stages.refresh import Refreshed
    from pipeline.tasks.sentences.comparison import ClassFigure


def cache_table(summaries: "Mapping[str, CacheSummary]") -> None:
    """What was encoded, and where the time went."""
    rows = []
    for source, s in summaries.items():
        seconds = s.decode_s + s.encode_s
        share = f"{s.decode_s / seconds:.0%} / {s.encode_s / seconds:.0%}" if seconds else "–"
        rate = f"{s.encoded / seconds:,.0f}" if seconds else "–"
        rows.append([source, f"{s.wanted:,}", f"{s.encoded:,}", f"{s.rejected:,}", rate, share, s.fingerprint[:12]])
    columns = ["source", "wanted", "encoded now", "rejected", "rows/s", "decode / encode", "artifact"]
    print_table(columns, rows, "Features")


def refresh_table(outcome: "Refreshed") -> None:
    """Every class before and now, the largest loss first, then the verdict."""
    if outcome.figures:
        columns = ["modality", "class", "files", "measure", "zero-shot", "before", "now", "change"]
        print_table(columns, [_refresh_row(figure) for figure in outcome.figures], "Old and new classes, percent")
    added = f"; new: {', '.join(f'{label} ({modality})' for modality, label in outcome.added)}" if outcome.added else ""
    done = f"{outcome.sentences:,} sentences kept, {outcome.encoded:,} rows encoded, {outcome.epochs} epochs learned"
    print(f"{outcome.verdict}: {outcome.why}\n{done} ({outcome.mode}){added}")


def _refresh_row(figure: "ClassFigure") -> list[str]:
    values = [figure.zero_shot, figure.before, figure.now]
    change = "new" if figure.new else "–" if figure.change is None else f"{100 * figure.change:+.1f}"
    shown = ["–" if value is None else f"{100 * value:.1f}" for value in values]
    return [figure.modality, figure.label, str(figure.files), figure.metric, *shown, change]


def plan_table(steps: "Sequence[Step]") -> None:
    """What is still to be done."""
    rows = [[s.stage, s.what, f"{s.wanted:,}", f"{s.missing:,}", size_text(s.bytes), s.note] for s in steps]
    print_table(["stage", "what", "wanted", "missing", "to write", "note"], rows, "Plan")
