"""Artifacts keep their names: fingerprints and plans of every shipped recipe are those in the files beside this one.

A change that moves one makes everybody's work again. Where that is meant, it is announced, and `freeze.py` writes the files anew.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
FROZEN = {path.stem: json.loads(path.read_text()) for path in sorted(HERE.glob("*.json"))}


@pytest.fixture(scope="module")
def now() -> dict[str, Any]:
    """What a process that has no torch finds today, by the names of the files."""
    done = subprocess.run(
        [sys.executable, HERE / "freeze.py"], capture_output=True, text=True, timeout=600,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return {name.replace("/", "-"): values for name, values in json.loads(done.stdout).items()}


def test_every_shipped_recipe_is_frozen(now: dict[str, Any]) -> None:
    assert set(now) == set(FROZEN) and len(FROZEN) >= 9
    assert sum(len(values["fingerprints"]) for values in FROZEN.values()) > 300


@pytest.mark.parametrize("name", FROZEN)
@pytest.mark.parametrize("part", ["fingerprints", "plan"])
def test_nothing_moves(now: dict[str, Any], name: str, part: str) -> None:
    assert now[name][part] == FROZEN[name][part]
