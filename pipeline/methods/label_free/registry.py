"""The rungs in the order of the ladder: ours, and those that other packages add under `mmpt_pipeline.label_free`."""

from functools import cache
from importlib.metadata import entry_points

from pipeline.methods.label_free.base import Rung
from pipeline.methods.label_free.sentence_mean import MEAN, NAMES_AND_MEAN
from pipeline.methods.label_free.text_linear import TEXT_LINEAR
from pipeline.methods.label_free.together import TOGETHER
from pipeline.methods.label_free.transclip import TRANSCLIP
from pipeline.methods.label_free.waffle import WAFFLE
from pipeline.methods.label_free.weighed import WEIGHED

GROUP = "mmpt_pipeline.label_free"


@cache
def rungs() -> tuple[Rung, ...]:
    """Those that are solved, inductive ones first."""
    ours = (WAFFLE, MEAN, NAMES_AND_MEAN, WEIGHED, TEXT_LINEAR, TRANSCLIP, TOGETHER)
    added = [found.load() for found in entry_points(group=GROUP)]
    return tuple(sorted((*ours, *added), key=lambda rung: rung.kind == "transductive"))


def inductive() -> tuple[Rung, ...]:
    """Those that learn class vectors, from names and sentences."""
    return tuple(rung for rung in rungs() if rung.kind != "transductive")


def transductive() -> tuple[Rung, ...]:
    """Those that judge files together."""
    return tuple(rung for rung in rungs() if rung.kind == "transductive")
