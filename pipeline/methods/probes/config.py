"""Options of the methods that read features alone. What is chosen is chosen on labelled images that are held out."""

from collections.abc import Callable
from typing import Any, Literal

from pydantic import Field

from pipeline.methods.base import Method, Sizes, Unlearned
from pipeline.methods.few_shot.config import FewShotOptions
from pipeline.training.fit import AdamW, Fit, Optimiser, Sgd


class ProbeOptions(FewShotOptions):
    """What all of them have."""

    templates: Literal["single", "data-set"] = "data-set"
    """Hand-written sentences of the classes: "a photo of a {}." everywhere, or the data set's own, as of zero-shot."""


class ChoosingOptions(ProbeOptions):
    """Of methods that choose a number: what is held out is the same for every value, and no test image is among it."""

    held_out: float = Field(0.25, gt=0, lt=1)
    """Share of each class's labelled images that the choice is made on; at least one of two. All are learned from afterwards.
    With one image a class nothing can be held out: then a stated default is taken."""


class SteppedOptions(ProbeOptions):
    """Of methods that are learned step by step; the rate falls as a cosine over all steps, and the last epoch is kept."""

    epochs: int = Field(20, ge=1)
    batch_size: int = Field(256, ge=1)
    """Fewer images are one batch; of more, a last batch that is not full is dropped."""
    lr: float = Field(1e-3, gt=0)
    weight_decay: float = Field(0.01, ge=0)

    @property
    def optimiser(self) -> Optimiser:
        """AdamW, unless a method says otherwise."""
        return AdamW(weight_decay=self.weight_decay)

    @property
    def fit(self) -> Fit:
        """See `Fit`."""
        rates = {"": self.lr}
        return Fit(self.optimiser, rates, "cosine", self.epochs, self.batch_size, fewer=True, keep="last")


class TipAdapterConfig(ChoosingOptions):
    """Tip-Adapter (Zhang et al., ECCV 2022): the labelled images are a cache that is asked by similarity; nothing is learned."""

    method: Literal["tip-adapter"] = "tip-adapter"
    alpha: float | None = Field(None, ge=0)
    """Weight of the cache. None: chosen among 0.25, 0.5, …, 3; 1.17, the authors' for ImageNet, where nothing is held out."""
    beta: float | None = Field(None, gt=0)
    """How fast similarity fades. None: chosen among 0.5, 1, …, 7; 1 where nothing is held out."""


class TipAdapterFConfig(SteppedOptions):
    """Tip-Adapter-F: the keys of that cache are learned. Its authors keep the epoch with the best test accuracy, we the last."""

    method: Literal["tip-adapter-f"] = "tip-adapter-f"
    alpha: float = Field(1.17, ge=0)
    beta: float = Field(1.0, gt=0)

    @property
    def optimiser(self) -> Optimiser:
        """AdamW with the authors' eps."""
        return AdamW(eps=1e-4, weight_decay=self.weight_decay)


class GdaConfig(ChoosingOptions):
    """Gaussian discriminant analysis beside the texts ("A hard-to-beat baseline", Wang et al., ICLR 2024)."""

    method: Literal["gda"] = "gda"
    alpha: float | None = Field(None, ge=0)
    """Weight of the discriminant beside the texts. None: chosen among 1e-4, 1e-3, …, 100; 1 where nothing is held out."""


class LinearProbeConfig(ChoosingOptions):
    """Multinomial logistic regression on the features, solved by L-BFGS; it reads no texts."""

    method: Literal["linear-probe"] = "linear-probe"
    c: float | None = Field(None, gt=0)
    """Inverse of the penalty on squared weights, as scikit-learn counts it: C times the sum of losses. None: chosen among 0.1,
    1, …, 1e5; 100 where nothing is held out."""


class ClassAdaptiveConfig(SteppedOptions):
    """The class-adaptive linear probe (Silva-Rodríguez et al., CVPR 2024).

    Weights start at the texts and are pulled back, each class as strongly as its text is right. All its numbers are its authors';
    it needs no images to choose any.
    """

    method: Literal["class-adaptive"] = "class-adaptive"
    epochs: int = Field(300, ge=1)
    lr: float = Field(0.1, gt=0)
    momentum: float = Field(0.9, ge=0, lt=1)
    weight_decay: float = Field(5e-4, ge=0)

    @property
    def optimiser(self) -> Optimiser:
        """SGD with Dassl's numbers."""
        return Sgd(self.momentum, self.weight_decay)


class LpPlusConfig(ChoosingOptions):
    """LP++ (Huang et al., CVPR 2024): a linear probe beside a learned weight of every class's text."""

    method: Literal["lp++"] = "lp++"
    epochs: int = Field(300, ge=1)
    """At most: as many are taken as were best on what is held out; all of them where nothing is."""


class CrossModalConfig(SteppedOptions):
    """The cross-modal linear probe (Lin et al., CVPR 2023): texts of the classes are labelled examples as images are.

    Its authors choose rate, decay and epoch on validation images; these are stated defaults.
    """

    method: Literal["cross-modal"] = "cross-modal"
    epochs: int = Field(50, ge=1)


def _method(
    config: type[ProbeOptions], place: str, count: Callable[[Sizes], int], unlearned: Unlearned = "among"
) -> Method[Any]:
    """A method of this package: no tower is run, and every class has a labelled image."""
    return Method(
        config,
        f"pipeline.methods.probes.{place}",
        learns=lambda config, sizes: {},
        count=lambda config, sizes: count(sizes),
        own_sentences=lambda config: config.templates == "data-set",
        each_class=True,
        unlearned=unlearned,
    )


METHODS = (
    _method(TipAdapterConfig, "tip_adapter:TipAdapter", lambda sizes: 0),
    _method(TipAdapterFConfig, "tip_adapter:TipAdapterF", lambda sizes: sizes.images * sizes.width),
    _method(GdaConfig, "gda:Gda", lambda sizes: sizes.classes * (sizes.width + 1), "apart"),
    _method(LinearProbeConfig, "linear:LinearProbe", lambda sizes: sizes.classes * (sizes.width + 1), "never"),
    _method(ClassAdaptiveConfig, "towards_texts:ClassAdaptive", lambda sizes: sizes.classes * sizes.width),
    _method(LpPlusConfig, "lp_plus:LpPlus", lambda sizes: sizes.classes * (sizes.width + 2), "apart"),
    _method(CrossModalConfig, "towards_texts:CrossModal", lambda sizes: sizes.classes * sizes.width),
)
