"""Which test clips a report shows, and what methods say of them, read from the store."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.datasets.av import AvClip
from pipeline.report.av_events import ShownClip, Track
from pipeline.tasks.av.pages import frames_of
from pipeline.tasks.av.sides import Sides
from pipeline.tasks.av.work import published_by, sides_of, trials
from pipeline.tasks.av_events.bound import BoundAvEvents
from pipeline.tasks.av_events.result import Told, told_of, truth_of

_EACH = 3


def shown_clips(bound: BoundAvEvents) -> list[ShownClip]:
    """A few clips that the published method has right, a few mistakes, and its most confident mistakes; each once."""
    sides, (published, seed) = sides_of(bound), published_by(bound)
    found = {
        trial.what: told_of(bound, trial, sides)
        for trial in trials(bound)
        if trial.unit is not None and trial.unit.seed == (seed if trial.what == published else bound.recipe.seeds[0])
    }
    alone = [name for name, options in bound.recipe.methods.items() if options.head.use != "both" and name != published]
    own = found[published]
    chosen = choose(own.probabilities, truth_of(own.clips))
    return [
        _shown(bound, own.clips[row], row, why, {name: found[name] for name in (published, *alone)}, sides)
        for row, why in chosen
    ]


def choose(shares: NDArray[np.float32], truth: NDArray[np.int64], each: int = _EACH) -> list[tuple[int, str]]:
    """Rows of clips (n, T, K + 1), and why they are shown; ties go to the earlier clip."""
    right = shares.argmax(-1) == truth
    wrong_share = np.where(right, 0.0, shares.max(-1)).max(1)
    groups: list[tuple[Sequence[int], str]] = [
        (np.argsort(-wrong_share, kind="stable")[:each].tolist(), "its most confident mistake"),
        (np.argsort(right.mean(1), kind="stable")[:each].tolist(), "most seconds wrong"),
        (np.argsort(-right.mean(1), kind="stable")[:each].tolist(), "most seconds right"),
    ]
    found: dict[int, str] = {}
    for rows, why in groups:
        for row in rows:
            mistaken = not right[row].all()
            if row not in found and (mistaken or why == "most seconds right"):
                found[row] = (
                    "all seconds right" if not mistaken else f"{why}: {right[row].sum()} of {right.shape[1]} right"
                )
    return list(found.items())


def _shown(bound: BoundAvEvents, clip: AvClip, row: int, why: str, told: dict[str, Told], sides: Sides) -> ShownClip:
    tracks = [Track(name, said.labels[row], said.probabilities[row].max(-1)) for name, said in told.items()]
    return ShownClip(clip.name, why, np.array(clip.labels), tracks, frames_of(bound, clip, sides))
