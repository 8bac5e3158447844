"""What became of a recipe of questions: every method with every seed, kind by kind, beside what needs no model. Free of torch."""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.datasets.av.questions import AvQuestion
from pipeline.evaluation.intervals import Interval
from pipeline.evaluation.question_ladder import difference, figures
from pipeline.runs.work import RESULT, Trial
from pipeline.tasks.av.fitting import require_trained
from pipeline.tasks.av.result import AvResult, beside_frozen, judged_clips, methods_of, require_judged
from pipeline.tasks.av.sides import Sides
from pipeline.tasks.av.work import TEST, sides_of, trials, units
from pipeline.tasks.av_questions.bound import BoundAvQuestions
from pipeline.tasks.av_questions.judging import Judging
from pipeline.tasks.av_questions.kinds import ALL, Group
from pipeline.tasks.av_questions.priors import priors
from stores import text_key

PROBABILITIES = text_key("probabilities.npy")
"""Where a result holds what was said of every question: float32 (3, n, K), see `GIVEN`."""
SHARES = text_key("shares.npy")
"""float32 (n, 2): what picture and sound have in the answer, which sum to 1; NaN where the method reads neither, or not both."""
MOMENTS = text_key("moments.npy")
"""float32 (n, 2, T): how much the question read each second of picture and sound, which sum to 1; NaN of what is not read."""
GIVEN = ("both sides", "picture alone", "sound alone")
"""What of its clip a question was answered from; of what is alone, the other side is zeros, as of a clip that lacks it."""
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class QuestionsResult(AvResult[Mapping[str, float]]):
    """Figures of everything that was compared; `clips` counts questions here, and figures are named by their groups.

    Attributes:
        groups: what figures are of.
        sizes: name of a group -> questions of it that were judged.
        alone: method -> what is given (`GIVEN`, from the second on) -> name of a group -> share answered rightly.
        shares: method -> name of a group -> mean share of the picture in the answers; of methods that read both sides.
        videos: that the judged ones are about.
        unlearned: judged questions whose answer no question of train has; all of them count as wrong.
        version: of the data, where it is published in several.
        blindfold: the recipe's first method that reads the question alone; empty where there is none.
        over_blindfold: the published method beside that, paired; None where it is that one, or there is none.
    """

    groups: tuple[Group, ...] = ()
    sizes: Mapping[str, int] = field(default_factory=dict)
    alone: Mapping[str, Mapping[str, Mapping[str, float]]] = field(default_factory=dict)
    shares: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    videos: int = 0
    unlearned: int = 0
    version: str = ""
    blindfold: str = ""
    over_blindfold: Interval | None = None

    @property
    def counts(self) -> dict[str, int]:
        """What the history of a run keeps."""
        return {"questions": self.clips}


@dataclass(frozen=True)
class Told:
    """What a unit said of the test questions.

    Attributes:
        questions: that were judged.
        probabilities: see `PROBABILITIES`.
        shares: see `SHARES`.
        moments: see `MOMENTS`.
        epoch: that answered.
    """

    questions: Sequence[AvQuestion]
    probabilities: Floats
    shares: Floats
    moments: Floats
    epoch: int

    @property
    def said(self) -> NDArray[np.int64]:
        """Numbers (n,) of the answers given with both sides."""
        return np.asarray(self.probabilities[0].argmax(-1), np.int64)


def told_of(bound: BoundAvQuestions, trial: Trial, sides: Sides) -> Told:
    """A result, read back.

    Raises:
        NotJudged: it is not there yet.
    """
    require_judged(bound, trial)
    assert trial.spec is not None
    artifact = bound.store.artifact(trial.spec)
    arrays = (np.load(io.BytesIO(artifact.blob(key))) for key in (PROBABILITIES, SHARES, MOMENTS))
    probabilities, shares, moments = arrays
    epoch = json.loads(artifact.blob(RESULT))["epoch"]
    return Told(judged_clips(bound, sides), probabilities, shares, moments, epoch)


def read_result(bound: BoundAvQuestions) -> QuestionsResult:
    """What was judged, read back from the store.

    Raises:
        NotTrained: a method is not learned to its last epoch.
        NotJudged: something is not judged yet.
    """
    for unit in units(bound):
        require_trained(bound, unit)
    sides, names = sides_of(bound), list(bound.recipe.methods)
    questions = judged_clips(bound, sides)
    judging = Judging.of(questions, bound.clips)
    told: dict[str, list[Told]] = {name: [] for name in names}
    for trial in trials(bound):
        told[trial.what].append(told_of(bound, trial, sides))
    each = {name: [judging.counts(one.said) for one in found] for name, found in told.items()}
    counts, every = {name: np.sum(found, axis=0) for name, found in each.items()}, judging.by_name[ALL]

    def over(name: str, other: str) -> Interval:
        return difference(counts, name, other, every)

    seeds = {name: tuple(float(one[..., 0].sum() / one[..., 1].sum()) for one in found) for name, found in each.items()}
    epochs = {name: tuple(one.epoch for one in found) for name, found in told.items()}
    frozen, blindfold = beside_frozen(bound, first_head(bound, "both"), over), first_head(bound, "question")
    own = frozen["published"]
    return QuestionsResult(
        methods_of(bound, figures(counts, judging.by_name), over, seeds, epochs),
        {what: judging.shares(right) for what, right in priors(bound, questions).items()},
        len(questions), bound.clips.listed(TEST), *sides.counts(questions), bound.recipe.protocol, **frozen,
        groups=judging.groups, sizes=judging.sizes,
        alone={name: _alone(judging, found) for name, found in told.items()},
        shares={name: shares for name, found in told.items() if (shares := _shares(judging, found))},
        videos=len(set(judging.videos)), unlearned=int((judging.truth < 0).sum()), version=bound.clips.version,
        blindfold=blindfold, over_blindfold=over(own, blindfold) if blindfold and own != blindfold else None,
    )  # fmt: skip


def first_head(bound: BoundAvQuestions, use: str) -> str:
    """The recipe's first method that learns its head alone, and reads so much; empty where there is none."""
    found = (n for n, options in bound.recipe.methods.items() if options.rung == "none" and options.head.use == use)
    return next(found, "")


def _alone(judging: Judging, told: Sequence[Told]) -> dict[str, dict[str, float]]:
    """Means over the seeds."""
    found = {}
    for place, given in enumerate(GIVEN[1:], 1):
        right = np.mean([one.probabilities[place].argmax(-1) == judging.truth for one in told], axis=0)
        found[given] = judging.shares(right)
    return found


def _shares(judging: Judging, told: Sequence[Told]) -> dict[str, float]:
    """Of the picture, means over the seeds; empty of a method that does not read both sides."""
    seen = np.mean([one.shares[:, 0] for one in told], axis=0)
    return {} if np.isnan(seen).any() else judging.shares(seen)
