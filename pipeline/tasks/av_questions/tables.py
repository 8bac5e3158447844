"""The figures of a run of questions: tables for people, plain values for programs."""

from typing import Any

from pipeline.evaluation.figure_words import interval_text, percent
from pipeline.printable import text_line, text_table
from pipeline.tasks.av.tables import method_lines
from pipeline.tasks.av.values import interval_values, known, values_of
from pipeline.tasks.av_questions.kinds import ALL, wholes_of
from pipeline.tasks.av_questions.result import GIVEN, QuestionsResult
from pipeline.tasks.av_questions.words import remarks

Rows = tuple[list[str], list[list[str]]]
BLINDFOLD = "best without a look"
"""The column of what answers best of all that needs no model, kind by kind."""


def result_rows(found: QuestionsResult) -> Rows:
    """Columns and lines: every method in percent over all questions and over each modality, then what needs no model."""
    first, wholes = found.methods[0].name, wholes_of(found.groups)
    head = ["method", "learned", ALL, *wholes, f"over {first}", "over the one before"]
    lines = method_lines(
        found, lambda each: [interval_text(each.main), *(percent(each.scores[name].value) for name in wholes)]
    )
    for name, shares in found.beside.items():
        lines.append([name, "–", percent(shares[ALL]), *(percent(shares[each]) for each in wholes), "", ""])
    return head, lines


def kind_rows(found: QuestionsResult) -> Rows:
    """A line a kind: how many there are, the published method with its interval, the others, and the best that needs no model."""
    own = found.of(found.published)
    others = [each for each in found.methods if each is not own]
    head = ["questions", "judged", f"{own.name} (published)", *(each.name for each in others), BLINDFOLD]
    lines = [
        [
            name,
            f"{found.sizes[name]:,}",
            interval_text(own.scores[name]),
            *(percent(each.scores[name].value) for each in others),
            percent(max(shares[name] for shares in found.beside.values())),
        ]
        for name in (group.name for group in found.groups)
    ]
    return head, lines


def side_rows(found: QuestionsResult) -> Rows:
    """A line a kind: what the published method answers rightly with both sides of a clip, and with one alone.

    Behind it stands how much of what its answers are made of came from each side.
    """
    own, alone = found.of(found.published), found.alone[found.published]
    shares = found.shares.get(found.published)
    head = ["questions", *GIVEN, *(["made of the picture", "made of the sound"] if shares else [])]
    lines = [
        [
            name,
            percent(own.scores[name].value),
            *(percent(alone[given][name]) for given in GIVEN[1:]),
            *([percent(shares[name]), percent(1 - shares[name])] if shares else []),
        ]
        for name in (group.name for group in found.groups)
    ]
    return head, lines


def result_tables(name: str, found: QuestionsResult) -> list[Any]:
    """The tables with their titles, and what must be said beside them."""
    count = f"PARTIAL, {found.clips:,} of {found.listed:,}" if found.partial else f"{found.clips:,}"
    title = f"{name}: {count} test questions about {found.videos:,} clips, percent, 95 % intervals over clips"
    tables: list[Any] = [text_table(*result_rows(found), title)]
    if len(found.groups) > 1:
        tables.append(text_table(*kind_rows(found), f"{name}: by kind of question, percent"))
    tables.append(text_table(*side_rows(found), f"{name}: {found.published} without one side of the clips, percent"))
    return [*tables, *map(text_line, remarks(found))]


def result_values(found: QuestionsResult) -> dict[str, Any]:
    """The same as values for JSON; fractions, null where nothing can be said."""
    values = values_of(found, lambda shares: shares)
    questions = values.pop("clips")
    for each in found.methods:
        scores = {name: interval_values(values) for name, values in each.scores.items()}
        own = values["methods"][each.name]
        for name in each.scores:
            own.pop(name)
        alone = {given: _known(shares) for given, shares in found.alone[each.name].items()}
        own |= {"accuracy": scores, "alone": alone, "made_of_the_picture": _known(found.shares.get(each.name, {}))}
    return values | {
        "questions": questions,
        "clips": found.videos,
        "sizes": dict(found.sizes),
        "answers_never_learned": found.unlearned,
        "version": found.version,
    }


def _known(shares: Any) -> dict[str, float | None]:
    return {name: known(share) for name, share in shares.items()}
