"""How a study is run, and where its data sets, weights and artifacts lie on this machine."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.runner.base import Runner

_DATA, _WEIGHTS, _SCORES = "data/", "weights/", "scores/"


@dataclass(frozen=True)
class Places:
    """Folders instead of the `data/`, `weights/` and `scores/` that shipped recipes write.

    Attributes:
        data: unpacked data sets.
        weights: downloaded checkpoints.
        scores: tables of other models' scores, for ensembles.
        workspace: artifacts of all rows.
    """

    data: Path = Path("data")
    weights: Path = Path("weights")
    scores: Path = Path("scores")
    workspace: Path = Path("workspace")

    def put(self, value: Any) -> Any:
        """Recipe content with these folders in its paths; nothing else is touched."""
        if isinstance(value, Mapping):
            return {key: self.put(item) for key, item in value.items()}
        if not isinstance(value, str):
            return value
        kind, colon, path = value.rpartition(":")  # an encoder's path follows its kind
        for start, folder in ((_DATA, self.data), (_WEIGHTS, self.weights), (_SCORES, self.scores)):
            if path.startswith(start):
                return f"{kind}{colon}{folder / path.removeprefix(start)}"
        return value


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
