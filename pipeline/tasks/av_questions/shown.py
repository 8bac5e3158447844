"""Which test clips a report shows, and what methods say of the questions about them, read from the store.

Dims: n questions, K answers, T segments, S pixels along a side.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.datasets.av.questions import NO_KIND, Kind, kind_name
from pipeline.report.av_questions import ShownAnswer, ShownClip, ShownQuestion
from pipeline.tasks.av.pages import frames_of, sounds_of
from pipeline.tasks.av.sides import Sides
from pipeline.tasks.av.work import published_by, sides_of, trials
from pipeline.tasks.av_questions.bound import BoundAvQuestions
from pipeline.tasks.av_questions.judging import truth_of
from pipeline.tasks.av_questions.result import Told, told_of

_EACH = 2
_ASKED = 6
"""Questions of a clip that are shown."""
_ANSWERS = 4
_SIDES = ("picture", "sound")


def shown_clips(bound: BoundAvQuestions) -> list[ShownClip]:
    """A few clips with confident mistakes, with many mistakes, and with right answers of every kind; each once."""
    sides, (published, seed) = sides_of(bound), published_by(bound)
    found = {
        trial.what: told_of(bound, trial, sides)
        for trial in trials(bound)
        if trial.unit is not None and trial.unit.seed == (seed if trial.what == published else bound.recipe.seeds[0])
    }
    own = found[published]
    methods = bound.recipe.methods.items()
    alone = {name: found[name] for name, options in methods if options.head.use != "both" and name != published}
    truth = truth_of(own.questions, bound.clips.answers)
    chosen = choose(own.probabilities[0], truth, [q.video.key for q in own.questions], [q.kind for q in own.questions])
    return [_shown(bound, rows, why, own, alone, truth, sides) for rows, why in chosen]


@dataclass(frozen=True)
class _Clip:
    """Of one clip: its questions by their numbers, which are right, and how sure its surest mistake is."""

    rows: tuple[int, ...]
    right: NDArray[np.bool_]
    surest: float


def choose(
    shares: NDArray[np.float32],
    truth: NDArray[np.int64],
    videos: Sequence[str],
    kinds: Sequence[Kind],
    each: int = _EACH,
) -> list[tuple[tuple[int, ...], str]]:
    """Questions of clips that are shown together, and why; ties go to the earlier clip.

    Args:
        shares: (n, K) probabilities.
        truth: (n,) numbers of the right answers.
        videos: (n,) keys of their clips.
        kinds: (n,) their kinds.
        each: clips of one reason.
    """
    right = shares.argmax(-1) == truth
    rows = {video: tuple(n for n, other in enumerate(videos) if other == video) for video in dict.fromkeys(videos)}
    sure = np.where(right, 0, shares.max(-1))
    clips = [_Clip(own, right[list(own)], float(sure[list(own)].max())) for own in rows.values()]
    found: dict[tuple[int, ...], str] = {}
    for clip, why in _wanted(clips, kinds, each):
        found.setdefault(clip.rows, f"{why}: {clip.right.sum()} of {len(clip.rows)} right")
    return list(found.items())


def _wanted(clips: Sequence[_Clip], kinds: Sequence[Kind], each: int) -> Iterator[tuple[_Clip, str]]:
    mistaken = [clip for clip in clips if not clip.right.all()]
    for clip in sorted(mistaken, key=lambda clip: -clip.surest)[:each]:
        yield clip, "a confident mistake"
    for clip in sorted(mistaken, key=lambda clip: float(clip.right.mean()))[:each]:
        yield clip, "most answers wrong"
    fine = [clip for clip in clips if clip.right.all()]
    yield from ((clip, "all right") for clip in sorted(fine, key=lambda c: -len({kinds[n] for n in c.rows}))[:each])


def _shown(
    bound: BoundAvQuestions, rows: Sequence[int], why: str, own: Told, alone: Mapping[str, Told], truth: NDArray[np.int64],
    sides: Sides,
) -> ShownClip:  # fmt: skip
    clip = own.questions[rows[0]]
    right = own.said == truth
    shown = sorted(sorted(rows, key=lambda n: bool(right[n]))[:_ASKED])  # mistakes first, where not all have room
    questions = [_question(bound.clips.answers, own, alone, n, int(truth[n])) for n in shown]
    return ShownClip(clip.name, why, questions, frames_of(bound, clip, sides), sounds_of(bound, clip, sides))


def _question(answers: Sequence[str], own: Told, alone: Mapping[str, Told], row: int, truth: int) -> ShownQuestion:
    asked, (both, seen, heard) = own.questions[row], own.probabilities[:, row]
    best = np.argsort(-both, kind="stable")[:_ANSWERS].tolist()
    if truth >= 0 and truth not in best:
        best[-1] = truth
    rivals = {name: told.probabilities[0, row] for name, told in alone.items()}
    others = {name: (answers[int(said.argmax())], float(said.max())) for name, said in rivals.items()}
    shares, moments = own.shares[row], own.moments[row]
    return ShownQuestion(
        asked.text, "" if asked.kind == NO_KIND else kind_name(asked.kind), asked.answer, truth >= 0,
        [ShownAnswer(answers[n], float(both[n]), float(seen[n]), float(heard[n]), n == truth) for n in best],
        others, None if np.isnan(shares).any() else (float(shares[0]), float(shares[1])),
        {name: moments[place] for place, name in enumerate(_SIDES) if not np.isnan(moments[place]).any()},
    )  # fmt: skip
