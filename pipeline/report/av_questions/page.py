"""Put the report of questions about clips together: one file that needs nothing else."""

from importlib.resources import files

from pipeline.report.av.sections import first_sections, last_sections
from pipeline.report.av_questions.clips import clips_section
from pipeline.report.av_questions.data import QuestionsReportData, Table
from pipeline.report.av_questions.kinds import kinds_picture
from pipeline.report.html import Markup, table
from pipeline.report.page import Section, put_together, section, write_whole
from stores.address import Location


def write_questions_page(data: QuestionsReportData, path: Location) -> Location:
    """Write the report as one HTML file, whole or not at all; returns its path."""
    return write_whole(render_questions(data), path)


def render_questions(data: QuestionsReportData) -> Markup:
    """The whole page; equal data give an equal page."""
    extra = (files("pipeline.report.av_questions") / "page.css").read_text(encoding="utf-8")
    return put_together(data.recipe_name, [part for part in _sections(data) if part is not None], extra)


def _sections(data: QuestionsReportData) -> list[Section | None]:
    return [
        *first_sections(data, _RESULTS, "questions answered rightly", 'CLIP… --ask "…"'),
        section("kinds", "By kind of question", _KINDS, _table(data.kinds), kinds_picture(data))
        if data.kinds
        else None,
        section("sides", "What each side brings", _SIDES, _table(data.sides)),
        section("questions", "Questions and answers", _QUESTIONS, clips_section(data)),
        *last_sections(data, "questions-losses"),
    ]


def _table(rows: Table) -> Markup:
    head, lines = rows
    return table(head, lines, numeric=range(1, len(head)), cls="kinds")


_RESULTS = (
    "A question is answered rightly where the most probable answer is that of the data; intervals are of 95 % over test clips, "
    "each drawn with all of its questions. The lines below the methods neither look nor listen: what a method has more than they "
    "is what it knows of the clips."
)
_KINDS = (
    "The same kind by kind. A dashed line is the best of what neither looks nor listens: a method that is not above it has "
    "learned nothing of the clips for this kind of question."
)
_SIDES = (
    "The published method asked again with one side of every clip taken away, zeros in its place: what falls without the sound "
    "needed the sound. The last columns tell how much of what the answer is made of came from each side, whether it was needed "
    "or not."
)
_QUESTIONS = (
    "Test clips as the towers see and hear them, a picture and a spectrogram a segment. Under each question are the answers of "
    "the published method with their probabilities: from both sides, from the picture alone, from the sound alone. The right "
    "answer is bold; a red edge is a mistake. Stripes tell which seconds of picture and sound the question has read, darker "
    "where it has read more."
)
