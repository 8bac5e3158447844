"""TransCLIP, zero-shot form (Zanella, Gérin and Ben Ayed, NeurIPS 2024).

A mixture of Gaussians over the unlabelled files, held to the names' predictions and to each file's three nearest neighbours.

Two traps of the released code are not followed: classes are counted by the names, not by the files' labels, and fewer files than
eight do. No table of files by files is kept: neighbours are sought exactly, so many files at a time that their cosines with all
others are no more than `COSINES` numbers.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.methods.label_free.base import Material, Rung, softmax, unit

NEIGHBOURS, CONFIDENT, OUTER, INNER = 3, 8, 10, 5
COSINES = 2**25
_SCALE, _WIDTH = 100.0, 50.0
"""Of the names' logits; and what likelihood and neighbours are divided by."""


def transclip(material: Material) -> NDArray[np.float64]:
    """Shares z (n, C) of every file.

    z = y exp((l + 50/(2k) (W'z + Wz))/50), rows made to sum to 1, five times; y = softmax(100 x.z), l the logarithm of the
    Gaussians' density; then means mu (unit) and one diagonal of variances for all classes are fitted again, ten times.
    """
    assert material.media is not None
    media = unit(material.media)
    known = softmax(_SCALE * media @ material.prior.T)
    near = Neighbours(media)
    shares, means = known.copy(), _first_means(known, media)
    variances = np.full(media.shape[1], 1 / media.shape[1])
    for number in range(OUTER + 1):
        likelihood = _likelihood(media, means, variances)
        for _ in range(INNER):
            logits = (likelihood + _WIDTH / (2 * max(near.count, 1)) * near.both_ways(shares)) / _WIDTH
            weighed = known * np.exp(logits - logits.max(axis=1, keepdims=True))
            total = weighed.sum(axis=1, keepdims=True)
            shares = np.where(total > 0, weighed / np.where(total > 0, total, 1), known)
        if number < OUTER:
            means = _fallback(shares.T @ media, means)
            variances = _variances(media, means, shares)
    return shares


class Neighbours:
    """W: each row's `NEIGHBOURS` nearest others by cosine, itself left out, weighed by that cosine."""

    def __init__(self, media: NDArray[np.float64]):
        self.count = min(NEIGHBOURS, len(media) - 1)
        self.index = np.zeros((len(media), self.count), np.int64)
        self.weight = np.zeros((len(media), self.count))
        size = max(COSINES // max(len(media), 1), 1)
        for start in range(0, len(media) if self.count else 0, size):
            cosines = media[start : start + size] @ media.T
            cosines[np.arange(len(cosines)), np.arange(start, start + len(cosines))] = -np.inf
            best = np.argpartition(-cosines, self.count - 1, axis=1)[:, : self.count]
            self.index[start : start + size] = best
            self.weight[start : start + size] = np.take_along_axis(cosines, best, axis=1)

    def both_ways(self, shares: NDArray[np.float64]) -> NDArray[np.float64]:
        """(W' + W) shares, (n, C)."""
        total = np.zeros_like(shares)
        for k in range(self.count):
            index, weight = self.index[:, k], self.weight[:, k : k + 1]
            total += weight * shares[index]
            np.add.at(total, index, weight * shares)
        return total


def _first_means(known: NDArray[np.float64], media: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit means (C, d) of the files that the names are surest of, weighed by how sure they are."""
    count = min(CONFIDENT, len(media))
    sure = np.argsort(-known, axis=0, kind="stable")[:count]  # (count, C)
    weights = np.take_along_axis(known, sure, axis=0)
    return unit(np.einsum("kc,kcd->cd", weights, media[sure]))


def _likelihood(
    media: NDArray[np.float64], means: NDArray[np.float64], variances: NDArray[np.float64]
) -> NDArray[np.float64]:
    """-1/2 sum_d (x_d - mu_d)^2 / variance_d, (n, C); the determinant is the same for all classes."""
    scaled = media / variances
    squares = (scaled * media).sum(axis=1)[:, None] - 2 * scaled @ means.T + (means**2 / variances).sum(axis=1)
    return np.asarray(-0.5 * squares, np.float64)


def _variances(
    media: NDArray[np.float64], means: NDArray[np.float64], shares: NDArray[np.float64]
) -> NDArray[np.float64]:
    """One variance a dimension, (d,): the mean over files and classes of (x - mu)^2, weighed by the shares."""
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    mixed = ((shares.T @ media) * means).sum(axis=0)
    spread = (rows @ media**2 - 2 * mixed + columns @ means**2) / shares.sum()
    return np.asarray(
        np.maximum(spread, 1e-12), np.float64
    )  # files that all lie on their means have no spread to divide by


def _fallback(sums: NDArray[np.float64], before: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit sums; a class that no file is given to keeps the mean that it had."""
    return np.where(np.linalg.norm(sums, axis=1, keepdims=True) > 0, unit(sums), before)


TRANSCLIP = Rung("TransCLIP, zero-shot", "transductive", transclip, frozenset({"media"}))
