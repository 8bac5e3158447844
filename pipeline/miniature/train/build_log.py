"""The kept record of a training run of the miniature's networks."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn


class BuildLog:
    """The kept record of a training run, one JSON object a line."""

    def __init__(self, path: Path, name: str, module: nn.Module, plan: Mapping[str, Any]):
        """Starts the file anew with the plan and the sizes."""
        self._path = path
        self._sums: dict[str, float] = {}
        self._count = 0
        weights = sum(p.numel() for p in module.parameters())
        head = {
            "model": name,
            "parameters_with_heads": weights,
            "threads": torch.get_num_threads(),
            **plan,
        }
        path.write_text(json.dumps(head) + "\n")

    def add(self, parts: dict[str, float]) -> None:
        """Adds one step's losses to the running mean."""
        for name, value in parts.items():
            self._sums[name] = self._sums.get(name, 0.0) + value
        self._count += 1

    def write(self, step: int, seen: int, elapsed: float) -> str:
        """Writes and clears the running means."""
        means = {name: round(value / max(1, self._count), 4) for name, value in self._sums.items()}
        self._sums, self._count = {}, 0
        self._append({"step": step, "seen": seen, "seconds": round(elapsed, 1), **means})
        return " ".join(f"{name} {value:.3f}" for name, value in means.items())

    def scores(self, step: int, seen: int, elapsed: float, scores: dict[str, float]) -> None:
        """Writes validation scores."""
        self._append({"step": step, "seen": seen, "seconds": round(elapsed, 1), "validation": scores})

    def _append(self, row: dict[str, Any]) -> None:
        with self._path.open("a") as file:
            file.write(json.dumps(row) + "\n")
