"""Rungs that judge files together, against plain loops, and on files whose classes are known."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.methods.label_free import transclip as module
from pipeline.methods.label_free.base import Material, unit
from pipeline.methods.label_free.registry import transductive
from pipeline.methods.label_free.together import together
from pipeline.methods.label_free.transclip import Neighbours, transclip


@pytest.mark.parametrize("prior", ["free", "uniform"])
def test_together_is_ten_rounds_from_the_names(world: Material, prior: str) -> None:
    assert world.media is not None
    x = [row / np.linalg.norm(row) for row in world.media.astype(np.longdouble)]
    z = [row / np.linalg.norm(row) for row in world.prior.astype(np.longdouble)]
    s = np.mean([np.std([a @ b for b in z]) for a in x])
    w, pi = list(z), [1 / 3] * 3
    for _ in range(10):
        powers = np.array([[pi[c] * np.exp(5 / s * (a @ w[c])) for c in range(3)] for a in x])
        r = powers / powers.sum(axis=1, keepdims=True)
        w = [10 * z[c] + sum(r[i, c] * x[i] for i in range(len(x))) for c in range(3)]
        w = [each / np.linalg.norm(each) for each in w]
        pi = [(r[:, c].sum() + 1) / (len(x) + 3) for c in range(3)] if prior == "free" else pi
    scores = together(replace(world, class_prior="free" if prior == "free" else "uniform"))
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    assert np.abs(shares / shares.sum(axis=1, keepdims=True) - r).max() < 1e-8


def transclip_as_published(x: np.ndarray, z0: np.ndarray) -> np.ndarray:
    """The authors' steps on whole tables, files by files and files by classes by width."""
    n, d = x.shape
    cosines = x @ x.T
    w = np.zeros((n, n))
    for i in range(n):
        for j in sorted(set(range(n)) - {i}, key=lambda j: -cosines[i, j])[:3]:
            w[i, j] = cosines[i, j]
    y = np.exp(100 * x @ z0.T)
    y /= y.sum(1, keepdims=True)
    z, mu = y.copy(), np.zeros_like(z0)
    for c in range(len(z0)):
        top = sorted(range(n), key=lambda i: -y[i, c])[:8]
        mu[c] = np.mean([y[i, c] * x[i] for i in top], axis=0)
    mu /= np.linalg.norm(mu, axis=1, keepdims=True)
    std = np.full(d, 1 / d)
    for k in range(11):
        table = (x[:, None, :] - mu[None]) ** 2
        like = -0.5 * (table / std).sum(-1)
        for _ in range(5):
            inner = like + 50 / 6 * (w.T @ z + w @ z)
            z = y * np.exp((inner - inner.max(1, keepdims=True)) / 50)
            z /= z.sum(1, keepdims=True)
        if k < 10:
            mu = (z.T @ x) / z.sum(0)[:, None]
            mu /= np.linalg.norm(mu, axis=1, keepdims=True)
            std = np.einsum("ij,ijk->k", z, (x[:, None, :] - mu[None]) ** 2) / z.sum()
    return z


def test_transclip_as_published(world: Material, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = transclip_as_published(unit(world.media), world.prior)
    assert np.abs(transclip(world) - expected).max() < 1e-8
    monkeypatch.setattr(module, "COSINES", 5 * 75)  # five files at a time
    assert np.abs(transclip(world) - expected).max() < 1e-8


def test_neighbours_of_a_block_leave_the_file_itself_out(monkeypatch: pytest.MonkeyPatch) -> None:
    media = unit(np.random.default_rng(0).normal(size=(50, 8)))
    monkeypatch.setattr(module, "COSINES", 7 * 50)
    near, cosines = Neighbours(media), media @ media.T - 2 * np.eye(50)
    for i in range(50):
        assert set(near.index[i]) == set(np.argsort(-cosines[i])[:3])


@pytest.mark.parametrize("files", [1, 2, 3, 7])
def test_fewer_files_than_neighbours_or_confident_ones(world: Material, files: int) -> None:
    assert world.media is not None
    few = replace(world, media=world.media[-files:])
    for rung in transductive():
        scores = rung.solve(few)
        assert scores.shape == (files, 3) and np.isfinite(scores).all() and (scores.argmax(1) == 2).all(), rung.name


def test_classes_that_no_file_shows(world: Material) -> None:
    """Classes are counted by the names; the released code counts the labels."""
    assert world.media is not None
    for rung in transductive():
        found = rung.solve(replace(world, media=world.media[:40]))
        assert found.shape == (40, 3) and (found.argmax(1) == 0).mean() > 0.9, rung.name


def test_uneven_classes_are_found_where_names_miss(world: Material, truth: np.ndarray) -> None:
    """Names lean towards each other; the files' own clusters are what sets them right."""
    leaning = world.prior + 0.95 * world.prior[[1, 2, 0]]
    misled = replace(world, names=leaning[None])
    names = (unit(misled.media) @ misled.prior.T).argmax(1)
    found = together(misled).argmax(1)
    assert (names == truth).mean() < 0.9 and (found == truth).mean() > 0.97


def test_equal_names_are_told_apart_by_nobody(world: Material) -> None:
    same = replace(world, names=np.repeat(world.names[:, :1], 3, axis=1))
    for rung in transductive():
        assert np.isfinite(rung.solve(same)).all(), rung.name


def test_files_of_several_classes_are_not_assigned(world: Material) -> None:
    for rung in transductive():
        assert rung.undefined(replace(world, several=True)) == "files show several classes; it gives every file to one"
        assert rung.undefined(replace(world, media=None)) == "there are no files"
        assert rung.undefined(world) == ""
