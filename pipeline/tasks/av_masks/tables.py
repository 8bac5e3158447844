"""The figures of a run of sounding objects: tables for people, plain values for programs."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pipeline.evaluation.figure_words import interval_text, percent
from pipeline.evaluation.masks import thresholds
from pipeline.printable import text_line, text_table
from pipeline.tasks.av.tables import method_lines
from pipeline.tasks.av.values import values_of
from pipeline.tasks.av.words import title_of
from pipeline.tasks.av_masks.result import FIGURES, MasksResult
from pipeline.tasks.av_masks.words import all_remarks

COLUMNS = {"miou": "mIoU", "f": "F"}
"""Figure -> what tables call it."""


def result_rows(found: MasksResult) -> tuple[list[str], list[list[str]]]:
    """Columns and lines: every method in percent with its intervals, then what needs no model."""
    first = found.methods[0].name
    head = ["method", "learned", *COLUMNS.values(), f"mIoU over {first}", "over the one before"]
    lines = method_lines(found, lambda each: [interval_text(each.scores[name]) for name in FIGURES])
    for name, scores in found.beside.items():
        lines.append([name, "–", *(percent(scores[figure]) for figure in FIGURES), "", ""])
    return head, lines


def result_tables(name: str, found: MasksResult) -> list[Any]:
    """The table with its title, and what must be said beside it."""
    title = f"{title_of(name, found)} ({found.frames:,} masks)"
    return [text_table(*result_rows(found), title), *map(text_line, all_remarks(found))]


def result_values(found: MasksResult) -> dict[str, Any]:
    """The same as values for JSON; fractions, null where nothing can be said."""
    return values_of(found, lambda scores: scores) | {
        "masks": found.frames,
        "clips_without_sounding": found.silent_clips,
        "at_one_threshold": {name: _best(curve) for name, curve in found.curves.items()},
    }


def _best(curve: Sequence[float]) -> dict[str, float]:
    """The threshold that is best for all clips together, and the F that it gives."""
    place = int(np.argmax(curve))
    return {"threshold": round(float(thresholds()[place]), 4), "f": float(curve[place])}
