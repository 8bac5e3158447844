"""The names of the ladder, from the ground up. Free of torch."""

from pipeline.evaluation import SINGLE_TEMPLATE, TAAM_CPT, TEMPLATE_ENSEMBLE
from pipeline.evaluation.result import Kind
from pipeline.methods.label_free.publishing import COMBINED
from pipeline.methods.label_free.registry import inductive, transductive


def order() -> list[str]:
    """Every rung."""
    return [*publishable(), *(rung.name for rung in transductive())]


def publishable() -> list[str]:
    """Those that answer about one file at a time."""
    return [SINGLE_TEMPLATE, TEMPLATE_ENSEMBLE, *(rung.name for rung in inductive()), TAAM_CPT, COMBINED]


def kinds() -> dict[str, Kind]:
    """What each solved rung is."""
    found: dict[str, Kind] = {rung.name: rung.kind for rung in (*inductive(), *transductive())}
    return found | {COMBINED: "label-free"}
