"""Put the report of questions about clips together: one file that needs nothing else."""

from importlib.resources import files

from pipeline.report.av.results import cost_table, ladder_picture
from pipeline.report.av_questions.clips import clips_section
from pipeline.report.av_questions.data import QuestionsReportData, Table
from pipeline.report.av_questions.kinds import kinds_picture
from pipeline.report.html import Markup, details, join, table, tag
from pipeline.report.loss_panels import loss_panels
from pipeline.report.page import Section, put_together, section, write_whole
from pipeline.report.sections import facts_list, files_table, lineage_section
from pipeline.report.warned import warnings_section
from stores.address import Location


def write_questions_page(data: QuestionsReportData, path: Location) -> Location:
    """Write the report as one HTML file, whole or not at all; returns its path."""
    return write_whole(render_questions(data), path)


def render_questions(data: QuestionsReportData) -> Markup:
    """The whole page; equal data give an equal page."""
    extra = (files("pipeline.report.av_questions") / "page.css").read_text(encoding="utf-8")
    return put_together(data.recipe_name, [part for part in _sections(data) if part is not None], extra)


def _sections(data: QuestionsReportData) -> list[Section | None]:
    ladder = ladder_picture(data.methods, data.published, "questions answered rightly", "questions-ladder")
    kinds = None if data.kinds is None else _table(data.kinds)
    return [
        warnings_section(data.warnings),
        section("results", "Results", _RESULTS, _figures(data), ladder, _used(data)),
        section("kinds", "By kind of question", _KINDS, kinds, kinds_picture(data)) if kinds else None,
        section("sides", "What each side brings", _SIDES, _table(data.sides)),
        section("questions", "Questions and answers", _QUESTIONS, clips_section(data)),
        section("cost", "What it costs", _COST, cost_table(data.methods)),
        section("learning", "Learning", _LEARNING, loss_panels(data.methods, "questions-losses")),
        section("rejected", "What cannot be used", _REJECTED, files_table(data.rejected)),
        section("lineage", "Lineage", _LINEAGE, lineage_section(data.lineage) if data.lineage else None),
        ("run", "Run", join([facts_list(data.facts.items()), details("The recipe", tag("pre", data.recipe_yaml))])),
    ]


def _table(rows: Table) -> Markup:
    head, lines = rows
    return table(head, lines, numeric=range(1, len(head)), cls="kinds")


def _figures(data: QuestionsReportData) -> Markup:
    """Every method with its intervals, then what needs no model; and what must be said beside them."""
    notes = tag("ul", [tag("li", line) for line in data.remarks], cls="note") if data.remarks else None
    return join([_table(data.figures), notes])


def _used(data: QuestionsReportData) -> Markup:
    typed = tag("code", f'mmpt-pipeline predict {data.recipe_name} CLIP… --ask "…"')
    return tag("p", "Use it: ", typed, f" ({data.published} answers)", cls="note")


_RESULTS = (
    "A question is answered rightly where the most probable answer is the one of the data; intervals are of 95 % over test clips, "
    "each drawn with all of its questions. The lines below the methods neither look nor listen: what a method has more than they "
    "is what it knows of the clips."
)
_KINDS = (
    "The same kind by kind. A dashed line is the best of what neither looks nor listens: a method that is not above it has learned "
    "nothing from the clips that this kind of question needs."
)
_SIDES = (
    "The published method asked again with one side of every clip taken away, zeros in its place. What falls without the sound "
    "needed the sound; what stays as it was did not."
)
_QUESTIONS = (
    "Test clips as the towers see and hear them, a picture and a spectrogram a segment; the questions about them, and the answers "
    "of the published method with their probabilities: from both sides, from the picture alone, from the sound alone. The right "
    "answer is bold; a red edge is a mistake."
)
_COST = "Numbers learned by formula, what is read of the store for all clips, and the time of a step as this run measured it."
_LEARNING = "Loss over the training steps, a thin line a seed and their mean."
_REJECTED = "The data set names these. They are in none of the figures, and nothing stands in for them."
_LINEAGE = "What every figure above was made from. Look at an artifact with: mmpt-pipeline store show FINGERPRINT"
