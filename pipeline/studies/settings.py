"""How studies are run."""

from dataclasses import dataclass

from pipeline.runner.base import Runner
from pipeline.studies.places import Places


@dataclass(frozen=True)
class Settings:
    """How a study is run.

    Attributes:
        places: where data, weights and artifacts lie.
        preset: of TaAM-CPT, instead of the recipe's; or None.
        miniature: take stand-ins from the miniature world for data sets, encoders and the language model.
        device: auto, cpu, cuda, …
        runner: whose workers do the work; None does it here.
    """

    places: Places
    preset: str | None = None
    miniature: bool = False
    device: str = "auto"
    runner: Runner | None = None
