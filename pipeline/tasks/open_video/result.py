"""What became of a recipe of open-vocabulary video: every method with every seed, beside frozen CLIP. Free of torch."""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.datasets.open_video import EXAMS, Clips, Exam
from pipeline.evaluation.base_novel import Compared, compared
from pipeline.evaluation.over_halves import over_halves
from pipeline.methods.mov.config import MovOptions
from pipeline.runs.work import RESULT, Trial, Unit
from pipeline.tasks.open_video.bound import BoundOpenVideo
from pipeline.tasks.open_video.cost import numbers_of
from pipeline.tasks.open_video.elsewhere import judged_elsewhere, with_elsewhere
from pipeline.tasks.open_video.errors import NotJudged, NotTrained
from pipeline.tasks.open_video.figures import MethodFigures
from pipeline.tasks.open_video.work import VideoTrial, VideoUnit, judged_clips, lacking_of, published_by, trials, units
from stores import text_key

ANSWERS = text_key("answers.npy")
"""Where a result holds what was said: float32 (names, n, C), in the order of the names."""
TABLE_5 = {
    "video": "frames after learning (v_m)", "other": "flow or sound after learning (x_m)", "scores": "score fusion",
    "frozen": "frozen frames", "cross-attention": "cross-attention (v_m of base, x_m of novel)",
}  # fmt: skip
"""Diagnostic -> what tables call it."""


@dataclass(frozen=True)
class OpenVideoResult:
    """Figures of everything that was compared.

    Attributes:
        methods: frozen CLIP first, then in the order of the recipe.
        clips: exam -> judged, of all halves.
        listed: exam -> clips that the data set names.
        drawn: whether the halves are of our own drawing.
        published: the method that answers.
        seed: with which it does.
        halves: how many drawn halves of the classes were learned and judged; figures are means over them.
        elsewhere: other data set -> what was judged there: clips, those that it lists, and drawn halves of its classes or 0.
    """

    methods: tuple[MethodFigures, ...]
    clips: Mapping[Exam, int]
    listed: Mapping[Exam, int]
    drawn: bool = False
    published: str = ""
    seed: int = 0
    halves: int = 1
    elsewhere: Mapping[str, tuple[int, int, int]] = field(default_factory=dict)

    @property
    def partial(self) -> bool:
        """Whether the figures are of fewer clips than the data set has."""
        elsewhere = any(clips < listed for clips, listed, _ in self.elsewhere.values())
        return elsewhere or any(self.clips[exam] < self.listed[exam] for exam in self.clips)

    @property
    def counts(self) -> dict[str, int]:
        """What the history of a run keeps."""
        return {"clips": sum(self.clips.values())}

    def brief(self) -> dict[str, float]:
        """H of every method."""
        return {each.name: each.figures["H"].value for each in self.methods}

    def of(self, name: str) -> MethodFigures:
        """The figures of a method."""
        return next(each for each in self.methods if each.name == name)


@dataclass(frozen=True)
class Told:
    """What was said of the clips of an exam.

    Attributes:
        clips: that were judged.
        said: "answer" and diagnostics -> probabilities (n, C).
        epoch: that answered.
        alone: clips that were judged by their frames alone.
        draw: which half of the classes was learned.
    """

    clips: Clips
    said: Mapping[str, NDArray[np.float32]]
    epoch: int
    alone: int
    draw: int = 0

    def right(self, name: str = "answer") -> NDArray[np.bool_]:
        """(n,) whether the most probable class is the true one."""
        found: NDArray[np.bool_] = self.said[name].argmax(-1) == np.array(self.clips.labels)
        return found


def entry(made: Unit | Trial) -> str:
    """What the run's record calls the checkpoints of a unit, or a result."""
    if isinstance(made, Unit):
        return f"methods/{made.method}/{made.seed}{made.half if isinstance(made, VideoUnit) else ''}"
    seed = "" if made.unit is None else f"/{made.unit.seed}"
    return f"judged/{made.what}/{made.exam}{seed}{made.half if isinstance(made, VideoTrial) else ''}"


def told_of(bound: BoundOpenVideo, trial: VideoTrial) -> Told:
    """A result, read back.

    Raises:
        NotJudged: it is not there yet.
    """
    if trial.spec is None or not trial.is_done(bound.store):
        raise NotJudged(
            f"open-video '{bound.recipe.name}': {trial.what} is not judged yet. Judge it first: mmpt-pipeline evaluate RECIPE"
        )
    artifact, exam = bound.store.artifact(trial.spec), trial.exam
    facts = json.loads(artifact.blob(RESULT))
    arrays = np.load(io.BytesIO(artifact.blob(ANSWERS)))
    said = dict(zip(facts["names"], arrays, strict=True))
    if "other" in said:  # v_m and x_m by themselves: the row of Table 5 takes one a half
        said["cross-attention"] = said["video" if exam == "base" else "other"]
    clips = judged_clips(bound, exam, lacking_of(bound), trial.draw)
    return Told(clips, said, facts["epoch"], facts["alone"], trial.draw)


def all_told(bound: BoundOpenVideo) -> dict[str, dict[str, list[Told]]]:
    """Method -> exam -> what each seed said, half by half; frozen CLIP has one entry a half."""
    found: dict[str, dict[str, list[Told]]] = {}
    for trial in trials(bound):
        found.setdefault(trial.what, {}).setdefault(trial.exam, []).append(told_of(bound, trial))
    return found


def read_result(bound: BoundOpenVideo) -> OpenVideoResult:
    """What was judged, read back from the store.

    Raises:
        NotTrained: a method is not learned to its last epoch.
        NotJudged: something is not judged yet.
    """
    for unit in units(bound):
        require_trained(bound, unit)
    told = all_told(bound)
    first = next(iter(bound.recipe.frozen))
    draws = bound.recipe.videos.draws
    shares = {name: {exam: _shares(told[name][exam], draws) for exam in EXAMS} for name in told}
    if len(draws) == 1:
        figures = compared({name: {exam: found[exam][0] for exam in EXAMS} for name, found in shares.items()}, first)
    else:
        means = {name: {exam: _accuracies(found[exam]) for exam in EXAMS} for name, found in shares.items()}
        figures = over_halves(means, first)
    methods = with_elsewhere(
        bound,
        [_figures(bound, name, {e: told[name][e] for e in EXAMS}, shares[name], figures[name]) for name in told],
        {name: {exam: _shares(told[name][exam], draws)[0] for exam in bound.exams} for name in told},
    )
    clips = {exam: sum(len(each.clips.rows) for each in told[first][exam]) for exam in EXAMS}
    listed = {exam: sum(sets.judged[exam].listed for sets in bound.halves.values()) for exam in EXAMS}
    return OpenVideoResult(
        methods, clips, listed, bound.sets.drawn, *published_by(bound), len(draws), judged_elsewhere(bound)
    )


def _shares(told: Sequence[Told], draws: Sequence[int]) -> list[NDArray[np.float64]]:
    """Half by half the share of the seeds that have each clip right."""
    return [np.mean([each.right() for each in told if each.draw == draw], axis=0) for draw in draws]


def _accuracies(shares: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Of each half."""
    return np.array([share.mean() for share in shares])


def _figures(
    bound: BoundOpenVideo,
    name: str,
    told: Mapping[str, Sequence[Told]],
    shares: Mapping[Exam, Sequence[NDArray[np.float64]]],
    found: Compared,
) -> MethodFigures:
    options = bound.recipe.learned.get(name)
    single = isinstance(options, MovOptions) and options.fusion == "scores"  # there is no cross-attention
    rows = [row for row in TABLE_5 if row in told["base"][0].said and not (single and row == "cross-attention")]
    return MethodFigures(
        name,
        numbers_of(bound, options) if options is not None else 0,
        found.figures,
        found.over,
        {exam: tuple(float(each.right().mean()) for each in seeds) for exam, seeds in told.items()},
        tuple(each.epoch for each in told["base"]),
        {
            row: {exam: float(np.mean([e.right(row).mean() for e in seeds])) for exam, seeds in told.items()}
            for row in rows
        },
        options.other if isinstance(options, MovOptions) else "",
        sum({each.draw: each.alone for each in seeds}[draw] for seeds in told.values() for draw in bound.halves),
        {exam: tuple(map(float, _accuracies(each))) for exam, each in shares.items()},
    )


def require_trained(bound: BoundOpenVideo, unit: Unit) -> None:
    """Check that a method is learned.

    Raises:
        NotTrained: it is not there, or not at its last epoch.
    """
    if not unit.is_finished(bound.store):
        done = unit.done(bound.store)
        state = f"stands at epoch {done} of {unit.epochs}" if done else "is not trained"
        raise NotTrained(f"{unit.name} {state}. Train it first: mmpt-pipeline train RECIPE")
