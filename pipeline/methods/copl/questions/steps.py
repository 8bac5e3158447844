"""In which order questions are learned, which share a pass, and which frames of other videos they are set against.

All of it is a function of seed and epoch; free of torch. Dims: Q questions of a step, V videos, T seconds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from pipeline.methods.copl.errors import CoplError
from pipeline.methods.copl.questions.config import QuestionsOptions

if TYPE_CHECKING:
    from pipeline.encoders.stepped.shape import TowerShape

_ORDER, _NEGATIVES = 1, 2


@dataclass(frozen=True)
class QuestionStep:
    """What one part of a step reads.

    Attributes:
        questions: (Q,) numbers of questions.
        videos: (V,) numbers of their videos, each once.
        video_of: (Q,) places in `videos`.
        others: (V, T) numbers of videos, none that of its row, of which a frame is read.
        points: (V, T) which frame of theirs, of the grid of `negatives` points.
        number: of the part in its epoch, from 0.
    """

    questions: NDArray[np.int64]
    videos: NDArray[np.int64]
    video_of: NDArray[np.int64]
    others: NDArray[np.int64]
    points: NDArray[np.int64]
    number: int


def negatives_cut(shape: "TowerShape") -> str:
    """The cut at which frames of other videos are stored: what the last block leaves. No prompt reaches them."""
    return f"block{len(shape.blocks) - 1:02}"


def groups_of(videos: Sequence[int], together: int, rng: Generator) -> list[NDArray[np.int64]]:
    """Cut each video's questions at random into as few groups of at most `together` as there can be, of nearly equal sizes.

    Args:
        videos: the video of every question.
        together: most questions of a group.
        rng: what draws.
    """
    of = np.asarray(videos, np.int64)
    order = rng.permutation(len(of))
    order = order[np.argsort(of[order], kind="stable")]
    ends = np.flatnonzero(np.diff(of[order])) + 1
    found: list[NDArray[np.int64]] = []
    for own in np.split(order, ends):
        found += np.array_split(own, -(-len(own) // together))
    return found


def parts_of(videos: Sequence[int], options: QuestionsOptions) -> int:
    """Parts of steps in an epoch, the same in all: `len` of the batches."""
    counts = np.unique(np.asarray(videos), return_counts=True)[1]
    return int(-(-(-(-counts // options.together)).sum() // options.videos))


def steps_of(
    videos: Sequence[int], options: QuestionsOptions, segments: int, seed: int, epoch: int
) -> Iterator[QuestionStep]:
    """All questions of an epoch, each once, in an order of its own.

    Args:
        videos: the video of every question, numbers from 0.
        options: say how many of a video go together, how many videos are run at once, and the grid of negatives.
        segments: T.
        seed: of what is learned.
        epoch: 1-based.

    Raises:
        CoplError: frames are matched, and there is one video only.
    """
    of = np.asarray(videos, np.int64)
    known = np.unique(of)
    if options.head.matches and len(known) < 2:
        raise CoplError(
            "copl: frames of other videos are matched with sounds, and all questions to learn from are about one video. Add "
            "questions about another, or write head: {match: 0}"
        )
    rng = np.random.default_rng([seed, epoch, _ORDER])
    groups = groups_of(videos, options.together, rng)
    order = rng.permutation(len(groups))
    for number, start in enumerate(range(0, len(groups), options.videos)):
        questions = np.concatenate([groups[i] for i in order[start : start + options.videos]])
        chosen, video_of = np.unique(of[questions], return_inverse=True)
        rng = np.random.default_rng([seed, epoch, number, _NEGATIVES])
        others, points = _negatives(chosen, known, segments, options.negatives, rng)
        yield QuestionStep(questions, chosen, video_of.astype(np.int64).reshape(-1), others, points, number)


def _negatives(
    chosen: NDArray[np.int64], known: NDArray[np.int64], segments: int, points: int, rng: Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For every second any other video, and any of its frames."""
    size = (len(chosen), segments)
    own = np.searchsorted(known, chosen)[:, None]
    places = (own + rng.integers(1, max(len(known), 2), size)) % len(known)
    return known[places], rng.integers(0, points, size)
