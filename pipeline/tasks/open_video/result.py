"""What became of a recipe of open-vocabulary video: every method with every seed, beside frozen CLIP. Free of torch."""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from pipeline.datasets.open_video import EXAMS, Clips, Exam
from pipeline.evaluation.base_novel import compared
from pipeline.evaluation.intervals import Interval
from pipeline.methods.mov.config import MovOptions
from pipeline.runs.work import RESULT, Trial, Unit
from pipeline.tasks.open_video.bound import BoundOpenVideo
from pipeline.tasks.open_video.cost import numbers_of
from pipeline.tasks.open_video.errors import NotJudged, NotTrained
from pipeline.tasks.open_video.work import judged_clips, lacking_of, trials, units
from stores import text_key

ANSWERS = text_key("answers.npy")
"""Where a result holds what was said: float32 (names, n, C), in the order of the names."""
TABLE_5 = {
    "video": "frames after learning (v_m)", "other": "flow or sound after learning (x_m)", "scores": "score fusion",
    "frozen": "frozen frames", "cross-attention": "cross-attention (v_m of base, x_m of novel)",
}  # fmt: skip
"""Diagnostic -> what tables call it."""


@dataclass(frozen=True)
class MethodFigures:
    """What a method reaches.

    Attributes:
        name: as the recipe has it.
        numbers: how many it learns.
        figures: base, novel and H -> value and interval.
        over: the same beside frozen CLIP, paired; empty for frozen CLIP.
        seeds: exam -> accuracy of each seed.
        epochs: the epoch that answers, of each seed.
        diagnostics: row of Table 5 -> exam -> accuracy, mean over the seeds; empty for what has none.
        other: flow or sound, of MOV.
        alone: clips of both exams that were judged by their frames alone.
    """

    name: str
    numbers: int
    figures: Mapping[str, Interval]
    over: Mapping[str, Interval]
    seeds: Mapping[str, tuple[float, ...]]
    epochs: tuple[int, ...]
    diagnostics: Mapping[str, Mapping[str, float]]
    other: str = ""
    alone: int = 0


@dataclass(frozen=True)
class OpenVideoResult:
    """Figures of everything that was compared.

    Attributes:
        methods: frozen CLIP first, then in the order of the recipe.
        clips: exam -> judged.
        listed: exam -> clips that the data set names.
        drawn: whether the halves are of our own drawing.
    """

    methods: tuple[MethodFigures, ...]
    clips: Mapping[Exam, int]
    listed: Mapping[Exam, int]
    drawn: bool = False

    @property
    def partial(self) -> bool:
        """Whether the figures are of fewer clips than the data set has."""
        return any(self.clips[exam] < self.listed[exam] for exam in self.clips)

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
    """

    clips: Clips
    said: Mapping[str, NDArray[np.float32]]
    epoch: int
    alone: int

    def right(self, name: str = "answer") -> NDArray[np.bool_]:
        """(n,) whether the most probable class is the true one."""
        found: NDArray[np.bool_] = self.said[name].argmax(-1) == np.array(self.clips.labels)
        return found


def entry(made: Unit | Trial) -> str:
    """What the run's record calls the checkpoints of a unit, or a result."""
    if isinstance(made, Unit):
        return f"methods/{made.method}/{made.seed}"
    seed = "" if made.unit is None else f"/{made.unit.seed}"
    return f"judged/{made.what}/{made.exam}{seed}"


def told_of(bound: BoundOpenVideo, trial: Trial) -> Told:
    """A result, read back.

    Raises:
        NotJudged: it is not there yet.
    """
    if trial.spec is None or not trial.is_done(bound.store):
        raise NotJudged(
            f"open-video '{bound.recipe.name}': {trial.what} is not judged yet. Judge it first: mmpt-pipeline evaluate RECIPE"
        )
    artifact = bound.store.artifact(trial.spec)
    facts = json.loads(artifact.blob(RESULT))
    arrays = np.load(io.BytesIO(artifact.blob(ANSWERS)))
    exam = cast(Exam, trial.exam)
    said = dict(zip(facts["names"], arrays, strict=True))
    if "other" in said:  # v_m and x_m by themselves: the row of Table 5 takes one a half
        said["cross-attention"] = said["video" if exam == "base" else "other"]
    return Told(judged_clips(bound, exam, lacking_of(bound)), said, facts["epoch"], facts["alone"])


def all_told(bound: BoundOpenVideo) -> dict[str, dict[str, list[Told]]]:
    """Method -> exam -> what each seed said; frozen CLIP has one entry."""
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
    right = {
        name: {exam: np.mean([each.right() for each in seeds], axis=0) for exam, seeds in exams.items()}
        for name, exams in told.items()
    }
    figures = compared(right, first)
    methods = tuple(_figures(bound, name, told[name], figures[name]) for name in told)
    clips = {exam: len(told[first][exam][0].clips.rows) for exam in EXAMS}
    listed = {exam: bound.sets.judged[exam].listed for exam in EXAMS}
    return OpenVideoResult(methods, clips, listed, bound.sets.drawn)


def _figures(bound: BoundOpenVideo, name: str, told: Mapping[str, Sequence[Told]], found: Any) -> MethodFigures:
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
        sum(seeds[0].alone for seeds in told.values()),
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
