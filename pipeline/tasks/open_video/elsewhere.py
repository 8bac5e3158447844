"""Figures on other data sets, of what was learned here: over their clips, or over drawn halves of their classes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.evaluation.base_novel import BASE, NOVEL, compared
from pipeline.evaluation.over_halves import over_halves
from pipeline.tasks.open_video.bound import BoundOpenVideo
from pipeline.tasks.open_video.figures import MethodFigures
from pipeline.tasks.open_video.work import lacking_of

Shares = Mapping[str, NDArray[np.float64]]
"""Exam -> share of the seeds that have each clip right (n,)."""


def with_elsewhere(
    bound: BoundOpenVideo, methods: Sequence[MethodFigures], shares: Mapping[str, Shares]
) -> tuple[MethodFigures, ...]:
    """The methods, the first of them frozen CLIP, with their figures on other data sets.

    Args:
        bound: the recipe.
        methods: without them.
        shares: of every method, of the exams elsewhere.
    """
    first, found = methods[0].name, {each.name: each for each in methods}
    for name, data in bound.elsewhere.items():
        if bound.recipe.judge_on[name].halves:
            means = {m: np.array([of[exam].mean() for exam in data.exams]) for m, of in shares.items()}
            told = over_halves({m: {BASE: each, NOVEL: each} for m, each in means.items()}, first)
        else:
            told = compared({m: {BASE: of[name], NOVEL: of[name]} for m, of in shares.items()}, first)
        for method, each in found.items():
            over = {name: told[method].over[BASE]} if told[method].over else {}
            found[method] = replace(
                each,
                elsewhere={**each.elsewhere, name: told[method].figures[BASE]},
                elsewhere_over={**each.elsewhere_over, **over},
            )
    return tuple(found.values())


def judged_elsewhere(bound: BoundOpenVideo) -> dict[str, tuple[int, int, int]]:
    """Other data set -> clips that could be judged, clips that it lists, and drawn halves of its classes."""
    frames = lacking_of(bound).frames
    return {
        name: (
            sum(row.key not in frames for row in data.whole.rows),
            data.whole.listed,
            bound.recipe.judge_on[name].halves,
        )
        for name, data in bound.elsewhere.items()
    }
