"""A small world of three classes: directions, and vectors around them."""

import numpy as np

CLASSES, WIDTH = 3, 24


def directions(seed: int = 0) -> np.ndarray:
    """(C, d) where the classes really are: unit vectors at right angles."""
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(WIDTH, CLASSES)))[0].T


def around(centres: np.ndarray, rows: np.ndarray, noise: float, seed: int) -> np.ndarray:
    """A vector near the centre of each row, of any length."""
    rng = np.random.default_rng(seed)
    return (centres[rows] + noise * rng.normal(size=(len(rows), centres.shape[1]))) * rng.uniform(
        0.5, 2, (len(rows), 1)
    )
