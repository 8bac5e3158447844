"""Multimodal prompt tuning as an offline pipeline in stages: docs/python.md shows it from Python."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.api import Classifier, Finished, Plan, load_classifier, load_recipe, plan, predict, run

__all__ = ["Classifier", "Finished", "Plan", "load_classifier", "load_recipe", "plan", "predict", "run"]


def __getattr__(name: str) -> Any:
    """Bring in the functions when they are asked for: the command line starts without them."""
    if name in __all__:
        return getattr(import_module("pipeline.api"), name)
    raise AttributeError(f"module 'pipeline' has no attribute {name!r}")
