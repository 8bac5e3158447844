"""The figures of a run of open-vocabulary video: tables for people, plain values for programs."""

import math
from typing import Any

from pipeline.datasets.open_video import EXAMS
from pipeline.evaluation.figure_words import interval_text, percent, points
from pipeline.evaluation.intervals import Interval
from pipeline.printable import text_line, text_table
from pipeline.tasks.open_video.figures import MethodFigures
from pipeline.tasks.open_video.result import TABLE_5, OpenVideoResult
from pipeline.tasks.open_video.words import remarks


def result_rows(found: OpenVideoResult) -> tuple[list[str], list[list[str]]]:
    """Columns and lines: a method with base, novel and H, and what it has more than frozen CLIP."""
    first = found.methods[0].name
    head = ["method", "learned", "base", "novel", "H", f"base over {first}", f"novel over {first}"]
    lines = [
        [
            f"{each.name} (published)" if each.name == found.published else each.name,
            f"{each.numbers:,}" if each.numbers else "–", *(interval_text(each.figures[what]) for what in EXAMS),
            interval_text(each.figures["H"]), *(points(each.over.get(what)) for what in EXAMS),
        ]
        for each in found.methods
    ]  # fmt: skip
    return head, lines


def diagnostic_rows(found: OpenVideoResult) -> tuple[list[str], list[list[str]]]:
    """The rows of Table 5, of every method that has them: what each modality says by itself."""
    lines = [
        [
            each.name,
            told.replace("flow or sound", each.other),
            *(percent(each.diagnostics[row][exam]) for exam in EXAMS),
        ]
        for each in found.methods
        for row, told in TABLE_5.items()
        if row in each.diagnostics
    ]
    return ["method", "who answers", *EXAMS], lines


def elsewhere_rows(found: OpenVideoResult) -> tuple[list[str], list[list[str]]]:
    """Columns and lines of other data sets: a method with its accuracy on each, and what it has more than frozen CLIP."""
    head = ["method"]
    for name, (_, _, halves) in found.elsewhere.items():
        head += [f"{name}, {halves} halves" if halves else name, f"{name} over {found.methods[0].name}"]
    return head, [_elsewhere_line(found, each) for each in found.methods]


def _elsewhere_line(found: OpenVideoResult, method: MethodFigures) -> list[str]:
    told = [(interval_text(method.elsewhere[n]), points(method.elsewhere_over.get(n))) for n in found.elsewhere]
    return [method.name, *(text for both in told for text in both)]


def result_tables(name: str, found: OpenVideoResult) -> list[Any]:
    """The tables with their titles, and what must be said beside them."""
    partial = "PARTIAL, " if found.partial else ""
    counts = " and ".join(f"{found.clips[exam]:,} {exam}" for exam in EXAMS)
    over = (
        f"means over {found.halves} halves, 95 % intervals over halves"
        if found.halves > 1
        else "95 % intervals over clips"
    )
    tables = [text_table(*result_rows(found), f"{name}: {partial}{counts} clips, percent, {over}")]
    head, lines = diagnostic_rows(found)
    if lines:
        tables.append(text_table(head, lines, "What each modality says by itself, percent"))
    if found.elsewhere:
        tables.append(text_table(*elsewhere_rows(found), "On other data sets, nothing learned from them, percent"))
    return [*tables, *map(text_line, remarks(found))]


def result_values(found: OpenVideoResult) -> dict[str, Any]:
    """The same as values for JSON; fractions."""
    return {
        "methods": {
            each.name: {
                "numbers": each.numbers,
                **{what: _interval(value) for what, value in each.figures.items()},
                "over": {what: _interval(value) for what, value in each.over.items()},
                "seeds": {exam: list(values) for exam, values in each.seeds.items()},
                "halves": {exam: list(values) for exam, values in each.halves.items()},
                "epochs": list(each.epochs),
                "diagnostics": {row: dict(values) for row, values in each.diagnostics.items()},
                "judged_by_frames_alone": each.alone,
                "elsewhere": {name: _interval(value) for name, value in each.elsewhere.items()},
            }
            for each in found.methods
        },
        "elsewhere": {
            name: {"clips": clips, "listed": listed, "halves": halves}
            for name, (clips, listed, halves) in found.elsewhere.items()
        },
        "clips": dict(found.clips),
        "listed": dict(found.listed),
        "partial": found.partial,
        "halves": found.halves,
        "halves_are_ours": found.drawn,
        "published": {"method": found.published, "seed": found.seed},
    }


def _interval(found: Interval) -> list[float | None]:
    return [None if math.isnan(value) else value for value in (found.value, found.low, found.high)]
