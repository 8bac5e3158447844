"""What became of a recipe of questions: every method with every seed, kind by kind, beside what needs no model. Free of torch."""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.datasets.av.questions import AvQuestion
from pipeline.evaluation.event_ladder import Interval
from pipeline.evaluation.question_ladder import Counts, difference, figures, kind_counts
from pipeline.runs.work import RESULT, Trial
from pipeline.tasks.av.errors import NotJudged
from pipeline.tasks.av.sides import Sides
from pipeline.tasks.av.work import TEST, published_by, require_trained, sides_of, trials, units
from pipeline.tasks.av_questions.bound import BoundAvQuestions
from pipeline.tasks.av_questions.kinds import ALL, Group, groups_of, kinds_of
from pipeline.tasks.av_questions.priors import priors
from stores import text_key

PROBABILITIES = text_key("probabilities.npy")
"""Where a result holds what was said of every question: float32 (3, n, K), see `GIVEN`."""
GIVEN = ("both sides", "the picture alone", "the sound alone")
"""What of its video a question was answered from; of what is alone, the other side is zeros, as of a clip that lacks it."""
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class MethodFigures:
    """What a method reaches on the test questions, all seeds together.

    Attributes:
        name: as the recipe has it.
        numbers: part -> how many numbers are learned.
        scores: name of a group -> share answered rightly, with its interval.
        alone: what is given (`GIVEN`, from the second on) -> name of a group -> share answered rightly.
        over_first: of all questions, beside the recipe's first method, paired; None for that one.
        over_before: beside the method before it; None for the first two, where it says nothing more.
        seeds: of all questions, of each seed.
        epochs: the epoch that answers, of each seed.
    """

    name: str
    numbers: Mapping[str, int]
    scores: Mapping[str, Interval]
    alone: Mapping[str, Mapping[str, float]]
    over_first: Interval | None
    over_before: Interval | None
    seeds: tuple[float, ...]
    epochs: tuple[int, ...]

    @property
    def accuracy(self) -> Interval:
        """Of all questions."""
        return self.scores[ALL]


@dataclass(frozen=True)
class QuestionsResult:
    """Figures of everything that was compared.

    Attributes:
        methods: in the order of the recipe.
        beside: what needs no model: name -> name of a group -> share.
        groups: what figures are of.
        sizes: name of a group -> questions of it that were judged.
        questions: judged.
        listed: questions that the data set names for test.
        videos: that the judged ones are about.
        unlearned: judged questions whose answer no question of train has; all of them count as wrong.
        silent: judged questions about clips without sound.
        blind: about clips without picture.
        version: of the data, where it is published in several.
        published: the method that answers.
        seed: of it.
        frozen: the recipe's first method that learns nothing inside the towers and reads both sides; empty where there is none.
        over_frozen: the published method beside that, paired; None where it is that one, or there is none.
        blindfold: the recipe's first method that reads the question alone; empty where there is none.
        over_blindfold: the published method beside that, paired; None as above.
    """

    methods: tuple[MethodFigures, ...]
    beside: Mapping[str, Mapping[str, float]]
    groups: tuple[Group, ...]
    sizes: Mapping[str, int]
    questions: int
    listed: int
    videos: int = 0
    unlearned: int = 0
    silent: int = 0
    blind: int = 0
    version: str = ""
    published: str = ""
    seed: int = 0
    frozen: str = ""
    over_frozen: Interval | None = None
    blindfold: str = ""
    over_blindfold: Interval | None = None

    @property
    def partial(self) -> bool:
        """Whether the figures are of fewer questions than the data set has."""
        return self.questions < self.listed

    @property
    def counts(self) -> dict[str, int]:
        """What the history of a run keeps."""
        return {"questions": self.questions}

    def brief(self) -> dict[str, float]:
        """Share answered rightly by every method."""
        return {each.name: each.accuracy.value for each in self.methods}

    def of(self, name: str) -> MethodFigures:
        """The figures of a method."""
        return next(each for each in self.methods if each.name == name)


@dataclass(frozen=True)
class Told:
    """What a unit said of the test questions.

    Attributes:
        questions: that were judged.
        probabilities: (3, n, K), see `GIVEN`.
        epoch: that answered.
    """

    questions: Sequence[AvQuestion]
    probabilities: Floats
    epoch: int


def told_of(bound: BoundAvQuestions, trial: Trial, sides: Sides) -> Told:
    """A result, read back.

    Raises:
        NotJudged: it is not there yet.
    """
    if trial.spec is None or not trial.is_done(bound.store):
        raise NotJudged(
            f"questions '{bound.recipe.name}': {trial.what} is not judged yet. Judge it first: mmpt-pipeline evaluate RECIPE"
        )
    artifact = bound.store.artifact(trial.spec)
    shares = np.load(io.BytesIO(artifact.blob(PROBABILITIES)))
    epoch = json.loads(artifact.blob(RESULT))["epoch"]
    return Told(sides.usable(bound.of(TEST)), shares, epoch)


def truth_of(questions: Sequence[AvQuestion], answers: Sequence[str]) -> NDArray[np.int64]:
    """Numbers (n,) of their answers; -1 of one that nobody learned, which no answer is."""
    number = {answer: place for place, answer in enumerate(answers)}
    return np.array([number.get(each.answer, -1) for each in questions], np.int64)


@dataclass(frozen=True)
class Judging:
    """The test questions as they are counted.

    Attributes:
        questions: n of them.
        truth: (n,) numbers of their answers, see `truth_of`.
        kinds: (n,) numbers of their kinds.
        videos: (n,) numbers of their videos.
        groups: what figures are of.
    """

    questions: Sequence[AvQuestion]
    truth: NDArray[np.int64]
    kinds: tuple[int, ...]
    videos: tuple[int, ...]
    groups: tuple[Group, ...]

    @classmethod
    def of(cls, questions: Sequence[AvQuestion], answers: Sequence[str]) -> "Judging":
        """Questions, and the answers that were learned."""
        kinds = kinds_of(each.kind for each in questions)
        place = {kind: number for number, kind in enumerate(kinds)}
        video = {key: number for number, key in enumerate(dict.fromkeys(each.video.key for each in questions))}
        return cls(
            questions, truth_of(questions, answers), tuple(place[each.kind] for each in questions),
            tuple(video[each.video.key] for each in questions), groups_of(kinds),
        )  # fmt: skip

    def counts(self, said: NDArray[np.int64]) -> Counts:
        """Of answers (n,), by their numbers."""
        return kind_counts(said == self.truth, self.kinds, self.videos)

    @property
    def by_name(self) -> dict[str, tuple[int, ...]]:
        """Name of a group -> numbers of its kinds."""
        return {group.name: group.kinds for group in self.groups}

    def shares(self, right: NDArray[np.bool_]) -> dict[str, float]:
        """Name of a group -> the share of its questions that are right."""
        kinds = np.asarray(self.kinds)
        return {group.name: float(right[np.isin(kinds, group.kinds)].mean()) for group in self.groups}


def read_result(bound: BoundAvQuestions) -> QuestionsResult:
    """What was judged, read back from the store.

    Raises:
        NotTrained: a method is not learned to its last epoch.
        NotJudged: something is not judged yet.
    """
    for unit in units(bound):
        require_trained(bound, unit)
    sides, names = sides_of(bound), list(bound.recipe.methods)
    questions = sides.usable(bound.of(TEST))
    judging = Judging.of(questions, bound.clips.answers)
    told: dict[str, list[Told]] = {name: [] for name in names}
    for trial in trials(bound):
        told[trial.what].append(told_of(bound, trial, sides))
    each = {name: [judging.counts(one.probabilities[0].argmax(-1)) for one in found] for name, found in told.items()}
    counts = {name: np.sum(found, axis=0) for name, found in each.items()}
    scores, every = figures(counts, judging.by_name), judging.by_name[ALL]

    def over(name: str, other: str) -> Interval:
        return difference(counts, name, other, every)

    methods = [
        MethodFigures(
            name, bound.price_of(bound.recipe.methods[name], 1).numbers, scores[name], _alone(judging, told[name]),
            over(name, names[0]) if place else None, over(name, names[place - 1]) if place > 1 else None,
            tuple(float(one[..., 0].sum() / one[..., 1].sum()) for one in each[name]),
            tuple(one.epoch for one in told[name]),
        )
        for place, name in enumerate(names)
    ]  # fmt: skip
    own, seed = published_by(bound)
    plain, deaf = _first(bound, "both"), _first(bound, "question")
    silent, blind = sides.counts(questions)
    return QuestionsResult(
        methods=tuple(methods),
        beside={what: judging.shares(right) for what, right in priors(bound, questions).items()},
        groups=judging.groups,
        sizes={group.name: int(np.isin(judging.kinds, group.kinds).sum()) for group in judging.groups},
        questions=len(questions), listed=bound.clips.listed(TEST), videos=len(set(judging.videos)),
        unlearned=int((judging.truth < 0).sum()), silent=silent, blind=blind, version=bound.clips.version,
        published=own, seed=seed,
        frozen=plain, over_frozen=over(own, plain) if plain and own != plain else None,
        blindfold=deaf, over_blindfold=over(own, deaf) if deaf and own != deaf else None,
    )  # fmt: skip


def _alone(judging: Judging, told: Sequence[Told]) -> dict[str, dict[str, float]]:
    """Means over the seeds."""
    found = {}
    for place, given in enumerate(GIVEN[1:], 1):
        right = np.mean([one.probabilities[place].argmax(-1) == judging.truth for one in told], axis=0)
        found[given] = judging.shares(right)
    return found


def _first(bound: BoundAvQuestions, use: str) -> str:
    """The recipe's first method that learns its head alone, and reads so much; empty where there is none."""
    found = (n for n, options in bound.recipe.methods.items() if options.rung == "none" and options.head.use == use)
    return next(found, "")
