"""What a run leaves on its page: tables, Markdown and pictures, under keys that the Artifacts page keeps a history of.

They are copies to look at. Where no run is under way nothing is shown, and a server that does not answer costs a warning, not
the work of a night.
"""

import base64
import html
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import singledispatch
from typing import TYPE_CHECKING, Any

import httpx
from prefect import get_run_logger
from prefect.artifacts import create_image_artifact, create_markdown_artifact, create_table_artifact
from prefect.context import FlowRunContext
from prefect.exceptions import PrefectException

from pipeline.evaluation import EvaluationResult
from pipeline.tasks.few_shot.result import FewShotResult, FewShotTraining
from pipeline.tasks.sentences.news import TrainSummary
from pipeline.telemetry.secrets import redact

if TYPE_CHECKING:
    from pipeline.caching.summary import CacheSummary
    from pipeline.run.bound import Bound
    from pipeline.stages.refresh import Refreshed
    from pipeline.tasks.few_shot.bound import BoundFewShot
    from pipeline.tasks.sentences.bound import BoundSentences
    from pipeline.text.summary import GenerateSummary


_ROWS = 200  # of a table; the database of the server is no place for thousands of classes
_EXAMPLES = 5


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


def show_texts(context: "Any", summaries: "Mapping[str, GenerateSummary]") -> None:
    """Classes with fewer sentences than wanted first, what was refused and why, and what the model wrote."""
    if not summaries:
        return
    counts = [(m, name, each) for m, summary in summaries.items() for name, each in summary.classes.items()]
    counts.sort(key=lambda row: row[2].kept >= row[2].wanted)
    rows = [{"modality": m, "class": name, "wanted": each.wanted, "kept": each.kept} for m, name, each in counts]
    _table(context, "texts", rows, "Sentences of every class")
    lines = ["# Sentences", ""]
    for m, summary in summaries.items():
        lines.append(f"**{m}**: {summary.sentences:,} written now, {summary.accepted:,} kept ({summary.pass_rate:.0%})")
        lines += ["", *(f"- {count:,} × {plain(reason)}" for reason, count in summary.rejected.items()), ""]
        lines += [f"> {plain(s.text)} ({plain(', '.join(s.labels))})\n>" for s in context.sentences(m)[:_EXAMPLES]]
        lines.append("")
    _markdown(context, "sentences", lines)


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
    _table(context, "features", rows, "Features")


@singledispatch
def show_training(summary: object, context: "Bound[Any]") -> None:
    """What was learned; of a task that another package adds, nothing."""


@show_training.register(TrainSummary)
def _(summary: TrainSummary, context: "BoundSentences") -> None:
    """What was learned, and the loss."""
    lines = [
        "# Training",
        "",
        f"- checkpoint `{summary.fingerprint}`",
        f"- {summary.epochs} epochs now, {summary.mode}",
        f"- new classes: {plain(', '.join(c.label for c in summary.added)) or 'none'}",
        f"- guided modality: {summary.weak or 'none'}",
    ]
    _markdown(context, "training", lines)
    if in_run() and summary.epochs:
        from flows.pictures import loss_curve
        from pipeline.training.checkpoint import Checkpoints

        history = Checkpoints(context.store.find(summary.fingerprint)).history()
        _picture(context, "loss", loss_curve(history), "Loss over the training steps")


@show_training.register(FewShotTraining)
def _(summary: FewShotTraining, context: "BoundFewShot") -> None:
    """A line a method and seed, and the losses."""
    _table(context, "training", [vars(each) for each in summary.learned], "Training")
    if in_run():
        _show_losses(context)


@singledispatch
def show_evaluation(result: object, context: "Bound[Any]") -> None:
    """What was judged; of a task that another package adds, nothing."""


@show_evaluation.register(EvaluationResult)
def _(result: EvaluationResult, context: "BoundSentences") -> None:
    """Every method in percent, as a table and as bars."""
    rows = [
        {"modality": m.modality, "method": method.name}
        | {name: round(100 * value, 1) for name, value in method.metrics.items()}
        for m in result.modalities
        for method in m.methods
    ]
    _table(context, "evaluation", rows, "Evaluation, percent")
    if in_run() and rows:
        from flows.pictures import method_bars

        _picture(context, "methods", method_bars(result), "TaAM-CPT beside zero-shot, the metric that counts")


@show_evaluation.register(FewShotResult)
def _(result: FewShotResult, context: "BoundFewShot") -> None:
    """A line a method, percent; the same as bars."""
    from pipeline.tasks.few_shot.tables import few_shot_table

    title, columns, rows = few_shot_table(context.recipe, result)
    _table(context, "few-shot", [dict(zip(columns, row, strict=True)) for row in rows], title)
    if in_run():
        from flows.pictures import few_shot_bars

        told = "Every method on every test set, percent; means over the seeds"
        _picture(context, "methods", few_shot_bars(result), told)
        _show_losses(context)


def _show_losses(context: "BoundFewShot") -> None:
    from flows.pictures import few_shot_losses
    from pipeline.tasks.few_shot.pages import losses_of

    losses = {name: losses_of(context, name) for name in context.recipe.methods}
    _picture(context, "loss", few_shot_losses(losses), "Loss over the training steps, means over the seeds")


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
    _markdown(context, "refresh", lines)
    rows = [
        {"modality": f.modality, "class": f.label, "files": f.files, "measure": f.metric, "new": f.new}
        | {name: _percent(getattr(f, name)) for name in ("zero_shot", "before", "now", "change")}
        for f in outcome.figures
    ]
    _table(context, "classes", rows, "Classes before and now, percent; the largest loss first")


def show_warnings(context: "Bound[Any]", until: str = "evaluate") -> None:
    """What is wrong though nothing failed, with what to do; a page that says there is nothing replaces one that did."""
    alarms = context.warnings(until)
    told = f"{len(alarms)} warning{'s' * (len(alarms) > 1)}" if alarms else "No warnings"
    lines = [f"# {told}", ""]
    for alarm in alarms:
        lines += [f"- **{plain(alarm.problem)}**", "", f"  What to do: {plain(alarm.remedy)}", ""]
        if in_run():
            get_run_logger().warning(redact(f"{alarm.problem}. What to do: {alarm.remedy}"))
    _markdown(context, "warnings", lines)


def plain(text: str) -> str:
    """Text of a model or of a user as Markdown that shows it and does nothing else."""
    return re.sub(r"([\\`*_{}\[\]()#+!|~-])", r"\\\1", html.escape(" ".join(text.split())))


def key_of(context: "Bound[Any]", what: str) -> str:
    """A key as Prefect wants it: lower case, digits, dashes."""
    return re.sub(r"[^a-z0-9]+", "-", f"{context.recipe.name}-{what}".lower())


def _percent(value: float | None) -> float | None:
    return None if value is None else round(100 * value, 1)


def _table(context: "Bound[Any]", what: str, rows: Sequence[Mapping[str, object]], description: str) -> None:
    if not in_run() or not rows:
        return
    more = f" (the first {_ROWS} of {len(rows):,})" if len(rows) > _ROWS else ""
    with showing():
        create_table_artifact([_plain_row(row) for row in rows[:_ROWS]], key_of(context, what), description + more)


def _plain_row(row: Mapping[str, object]) -> dict[str, object]:
    return {name: redact(value) if isinstance(value, str) else value for name, value in row.items()}


def _markdown(context: "Bound[Any]", what: str, lines: Sequence[str]) -> None:
    if in_run():
        with showing():
            create_markdown_artifact(redact("\n".join(lines)), key_of(context, what))


def _picture(context: "Bound[Any]", what: str, png: bytes, description: str) -> None:
    with showing():
        url = f"data:image/png;base64,{base64.b64encode(png).decode()}"
        create_image_artifact(url, key_of(context, what), description)
