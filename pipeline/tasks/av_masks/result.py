"""What became of a recipe of sounding objects: every method with every seed, beside what needs no model. Free of torch.

Dims: n test clips, T segments, S side of a mask, K thresholds of F.
"""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.datasets.av.masks import MaskClip
from pipeline.datasets.av.masks.found import unpacked
from pipeline.evaluation.intervals import Interval
from pipeline.evaluation.means import mean_difference, mean_figure
from pipeline.runs.work import RESULT, Trial
from pipeline.tasks.av.fitting import require_trained
from pipeline.tasks.av.result import AvResult, beside_frozen, judged_clips, methods_of, require_judged
from pipeline.tasks.av.sides import Sides
from pipeline.tasks.av.work import TEST, sides_of, units
from pipeline.tasks.av.work import trials as method_trials
from pipeline.tasks.av_masks.bound import BoundAvMasks
from pipeline.tasks.av_masks.work import priors_trial
from stores import text_key

MASKS = text_key("masks.npy")
"""Where a result holds the masks of all clips, as bits: uint8 (n, T, ceil(S * S / 8))."""
FIGURES = ("miou", "f")
"""Methods are compared by the first."""
_OF = {"miou": "iou", "f": "f"}
Values = Mapping[str, Any]


@dataclass(frozen=True)
class MasksResult(AvResult[Mapping[str, float]]):
    """Figures of everything that was compared.

    Attributes:
        curves: method, and what needs no model -> mean F of the clips at each threshold (K,).
        frames: that were judged.
        silent_clips: judged clips in which nothing sounds: their F is 0, whatever is answered.
        deaf: the recipe's first method that no sound reaches; empty where there is none.
        over_deaf: the published method beside that, paired; None where it is that one, or there is none.
    """

    curves: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    frames: int = 0
    silent_clips: int = 0
    deaf: str = ""
    over_deaf: Interval | None = None


@dataclass(frozen=True)
class Told:
    """What a unit said of the test clips.

    Attributes:
        clips: that were judged.
        masks: as bits, see `MASKS`.
        size: S.
        values: of every clip: `iou` and `f`, (n,).
        curve: (K,).
        epoch: that answered.
    """

    clips: Sequence[MaskClip]
    masks: NDArray[np.uint8]
    size: int
    values: Mapping[str, NDArray[np.float64]]
    curve: NDArray[np.float64]
    epoch: int

    def mask(self, row: int) -> NDArray[np.bool_]:
        """The masks (T, S, S) of a clip."""
        return unpacked(self.masks[row], self.size)


def told_of(bound: BoundAvMasks, trial: Trial, sides: Sides) -> Told:
    """A result, read back.

    Raises:
        NotJudged: it is not there yet.
    """
    told = _read(bound, trial)
    assert trial.spec is not None
    bits = np.load(io.BytesIO(bound.store.artifact(trial.spec).blob(MASKS)))
    values = {name: np.asarray(told[name]) for name in _OF.values()}
    return Told(
        judged_clips(bound, sides), bits, bound.mask_spec.size, values, np.asarray(told["curve"]), told["epoch"]
    )


def read_result(bound: BoundAvMasks) -> MasksResult:
    """What was judged, read back from the store.

    Raises:
        NotTrained: a method is not learned to its last epoch.
        NotJudged: something is not judged yet.
    """
    for unit in units(bound):
        require_trained(bound, unit)
    sides = sides_of(bound)
    clips = judged_clips(bound, sides)
    told: dict[str, list[Values]] = {name: [] for name in bound.recipe.methods}
    for trial in method_trials(bound):
        told[trial.what].append(_read(bound, trial))
    values = {
        figure: {name: np.mean([one[key] for one in found], axis=0) for name, found in told.items()}
        for figure, key in _OF.items()
    }
    main = values[FIGURES[0]]

    def over(name: str, other: str) -> Interval:
        return mean_difference(main, name, other)

    methods = methods_of(
        bound, {name: {figure: mean_figure(values[figure], name) for figure in FIGURES} for name in told}, over,
        {name: tuple(float(np.mean(one[_OF[FIGURES[0]]])) for one in found) for name, found in told.items()},
        {name: tuple(one["epoch"] for one in found) for name, found in told.items()},
    )  # fmt: skip
    deaf, beside = _deaf(bound), beside_frozen(bound, _frozen(bound), over)
    own = beside["published"]
    priors = _read(bound, priors_trial(bound))
    curves = {name: np.mean([one["curve"] for one in found], axis=0) for name, found in told.items()}
    curves |= {name: np.asarray(found["curve"]) for name, found in priors.items()}
    first = next(iter(priors.values()))
    return MasksResult(
        methods, {name: {f: float(np.mean(found[_OF[f]])) for f in FIGURES} for name, found in priors.items()},
        len(clips), bound.clips.listed(TEST), *sides.counts(clips), bound.recipe.protocol,
        **beside, deaf=deaf, over_deaf=over(own, deaf) if deaf and own != deaf else None,
        curves={name: tuple(curve.tolist()) for name, curve in curves.items()},
        frames=first["frames"], silent_clips=first["silent"],
    )  # fmt: skip


def _frozen(bound: BoundAvMasks) -> str:
    """The first method that learns its head alone and is given sounds; empty where there is none."""
    plain = (n for n, o in bound.recipe.methods.items() if o.rung == "none" and hears(o.head))
    return next(plain, "")


def _deaf(bound: BoundAvMasks) -> str:
    """The first method that no sound reaches: its head is given none, and no prompt is made of any; empty where there is none."""
    return next((n for n, o in bound.recipe.methods.items() if not (hears(o.head) or o.has_interaction)), "")


def hears(head: Any) -> bool:
    """Whether a head is given sounds."""
    return head.audio == "used" and bool(head.tpavi)


def _read(bound: BoundAvMasks, trial: Trial) -> Values:
    require_judged(bound, trial)
    assert trial.spec is not None
    found: Values = json.loads(bound.store.artifact(trial.spec).blob(RESULT))
    return found
