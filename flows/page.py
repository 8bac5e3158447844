"""What a run leaves on its page: tables, Markdown and pictures, under keys that the Artifacts page keeps a history of.

They are copies to look at. Where no run is under way nothing is shown, and a server that does not answer costs a warning, not
the work of a night.
"""

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
from prefect import get_run_logger
from prefect.artifacts import create_image_artifact, create_markdown_artifact, create_table_artifact
from prefect.context import FlowRunContext
from prefect.exceptions import PrefectException

from pipeline.report.pieces import TablePiece, TextPiece, plain
from pipeline.tasks.registry import task_of
from pipeline.telemetry.secrets import redact

if TYPE_CHECKING:
    from pipeline.caching.summary import CacheSummary
    from pipeline.runs.bound import Bound
    from pipeline.stages.refresh import Refreshed

_ROWS = 200  # of a table; the database of the server is no place for thousands of classes


def in_run() -> bool:
    """Whether a flow run is under way, so that there is a page to show something on."""
    return FlowRunContext.get() is not None


@contextmanager
def showing() -> Iterator[None]:
    """Let a server that does not take what is shown cost a warning only."""
    try:
        yield
    except (httpx.HTTPError, PrefectException) as error:
        get_run_logger().warning("the run's page could not be brought up to date: %s", error)


def show(context: "Bound[Any]", stage: str, found: Any) -> None:
    """What the recipe's task shows of what a stage came to."""
    if not in_run() or not found:
        return
    for piece in task_of(context.recipe).page(context, stage, found):
        if isinstance(piece, TablePiece):
            show_rows(context.recipe.name, piece.key, piece.rows, piece.title)
        elif isinstance(piece, TextPiece):
            _markdown(context.recipe.name, piece.key, piece.lines)
        else:
            _picture(context.recipe.name, piece.key, piece.png, piece.title)


def show_rows(run: str, what: str, rows: Sequence[Mapping[str, object]], title: str) -> None:
    """A table of the run of a recipe, by its name; nothing where there is no row."""
    if not in_run() or not rows:
        return
    more = f" (the first {_ROWS} of {len(rows):,})" if len(rows) > _ROWS else ""
    with showing():
        create_table_artifact([_plain_row(row) for row in rows[:_ROWS]], key_of(run, what), title + more)


def show_features(context: "Bound[Any]", summaries: "Mapping[str, CacheSummary]") -> None:
    """Counts, and where the time went."""
    rows = [
        {
            "source": source,
            "wanted": s.wanted,
            "encoded now": s.encoded,
            "rejected": s.rejected,
            "unreadable": len(s.unreadable),
            "not judged": sum(each.count for each in s.aside),
            "decoding s": round(s.decode_s, 1),
            "encoding s": round(s.encode_s, 1),
            "artifact": s.fingerprint,
        }
        for source, s in summaries.items()
    ]
    show_rows(context.recipe.name, "features", rows, "Features")


def show_refresh(context: "Bound[Any]", outcome: "Refreshed") -> None:
    """The verdict, and every class before and now."""
    added = ", ".join(f"{label} ({modality})" for modality, label in outcome.added) or "none"
    lines = [
        f"# {outcome.verdict.capitalize()}",
        "",
        plain(outcome.why),
        "",
        f"- new classes: {plain(added)}",
        f"- now: {outcome.sentences:,} sentences kept, {outcome.encoded:,} rows encoded, {outcome.epochs} epochs learned",
        f"- pools of the run: `{outcome.checkpoint}`",
    ]
    _markdown(context.recipe.name, "refresh", lines)
    rows = [
        {"modality": f.modality, "class": f.label, "files": f.files, "measure": f.metric, "new": f.new}
        | {name: _percent(getattr(f, name)) for name in ("zero_shot", "before", "now", "change")}
        for f in outcome.figures
    ]
    show_rows(context.recipe.name, "classes", rows, "Classes before and now, percent; the largest loss first")


def show_warnings(context: "Bound[Any]", until: str = "evaluate") -> None:
    """What is wrong though nothing failed, with what to do; a page that says there is nothing replaces one that did."""
    alarms = context.warnings(until)
    told = f"{len(alarms)} warning{'s' * (len(alarms) > 1)}" if alarms else "No warnings"
    lines = [f"# {told}", ""]
    for alarm in alarms:
        lines += [f"- **{plain(alarm.problem)}**", "", f"  What to do: {plain(alarm.remedy)}", ""]
        if in_run():
            get_run_logger().warning(redact(f"{alarm.problem}. What to do: {alarm.remedy}"))
    _markdown(context.recipe.name, "warnings", lines)


def key_of(run: str, what: str) -> str:
    """A key as Prefect wants it: lower case, digits, dashes."""
    return re.sub(r"[^a-z0-9]+", "-", f"{run}-{what}".lower())


def _percent(value: float | None) -> float | None:
    return None if value is None else round(100 * value, 1)


def _plain_row(row: Mapping[str, object]) -> dict[str, object]:
    return {name: redact(value) if isinstance(value, str) else value for name, value in row.items()}


def _markdown(run: str, what: str, lines: Sequence[str]) -> None:
    if in_run():
        with showing():
            create_markdown_artifact(redact("\n".join(lines)), key_of(run, what))


def _picture(run: str, what: str, png: bytes, description: str) -> None:
    with showing():
        url = f"data:image/png;base64,{base64.b64encode(png).decode()}"
        create_image_artifact(url, key_of(run, what), description)
