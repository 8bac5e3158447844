"""What the report of a run of questions shows. Free of torch, and nothing is made for it."""

from typing import Any

from pipeline.methods.copl.questions.config import QuestionsOptions
from pipeline.report.av_questions import QuestionsReportData
from pipeline.report.data import as_yaml
from pipeline.tasks.av.pages import facts_of, lineage_of, recipe_values, shown_method, shown_things, told
from pipeline.tasks.av_questions.bound import BoundAvQuestions
from pipeline.tasks.av_questions.result import QuestionsResult, read_result
from pipeline.tasks.av_questions.shown import shown_clips
from pipeline.tasks.av_questions.tables import kind_rows, result_rows, side_rows
from pipeline.tasks.av_questions.words import remarks
from stores.address import Location

REPORT_VERSION = 1
"""Raise it when the same run would be drawn otherwise."""


def shows(bound: BoundAvQuestions) -> list[Any]:
    """Everything that the report is made of: the run's artifacts and the recipe."""
    return shown_things(bound, REPORT_VERSION)


def draw(bound: BoundAvQuestions, path: Location) -> None:
    """Draw the report of a judged run."""
    from pipeline.report.av_questions.page import write_questions_page

    write_questions_page(_data(bound, read_result(bound)), path)


def _data(bound: BoundAvQuestions, result: QuestionsResult) -> QuestionsReportData:
    head, rows = result_rows(result)
    methods = bound.recipe.methods
    return QuestionsReportData(
        recipe_name=bound.recipe.name,
        recipe_yaml=as_yaml(recipe_values(bound)),
        head=head,
        rows=rows,
        remarks=remarks(result),
        methods=[shown_method(bound, each, _told(methods[each.name])) for each in result.methods],
        kinds=kind_rows(result) if len(result.groups) > 1 else None,
        sides=side_rows(result),
        scores={
            each.name: {group.name: each.scores[group.name] for group in result.groups if not group.whole}
            for each in result.methods
        },
        beside=result.beside,
        clips=shown_clips(bound),
        published=result.published,
        lineage=lineage_of(bound),
        facts=facts_of(bound, result, _facts(bound)),
        warnings=bound.warnings(),
        rejected=bound.clips.rejected,
    )


def _facts(bound: BoundAvQuestions) -> dict[str, str]:
    known, form = bound.clips, bound.form
    counts = ", ".join(f"{len(known.videos(split)):,} of {split}" for split in ("train", "val", "test"))
    return {
        "clips": f"{counts}; {form.segments} segments of {form.segment_s:g} s",
        "answers": f"{len(known.answers):,}: {', '.join(known.answers[:12])}{', …' if len(known.answers) > 12 else ''}",
        "words": f"{len(known.words) - 1:,}, the longest question has {known.longest}",
    }


def _told(options: QuestionsOptions) -> str:
    """What tells a method from the others, in words."""
    use = options.head.use
    if use == "question":
        return "the head on the question alone: it neither looks nor listens"
    together = f"; {options.together} questions of a clip in a step" if options.together > 1 else ""
    return told(options) + ("" if use == "both" else f"; the head reads {use} tokens alone") + together
