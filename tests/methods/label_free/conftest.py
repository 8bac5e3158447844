"""A small world of three classes whose names point well, whose sentences point better, and whose files lie around both."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from small_world import CLASSES, around, directions  # noqa: E402

from pipeline.methods.label_free.base import Material  # noqa: E402


@pytest.fixture
def truth() -> np.ndarray:
    """(n,) the class of every file; uneven, as users' folders are."""
    return np.repeat(np.arange(CLASSES), (40, 10, 25))


@pytest.fixture
def world(truth: np.ndarray) -> Material:
    """Two templates, sentences of which some carry two classes, and files."""
    centres = directions()
    rows = np.arange(CLASSES)
    names = np.stack([around(centres, rows, 0.12, seed) for seed in (1, 2)])
    carries = np.array([[0, -1], [0, -1], [0, 2], [1, -1], [1, -1], [2, -1], [2, 1], [2, -1]])
    sentences = around(centres, carries[:, 0], 0.1, 3)
    waffle = np.stack([around(centres, rows, 0.2, seed) for seed in range(10, 14)])
    return Material(names, sentences, carries, waffle, around(centres, truth, 0.12, 4), seed=7)
