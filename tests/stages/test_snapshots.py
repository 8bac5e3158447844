"""Pools after single steps inside an epoch: what they are, when they are made, and what they leave alone."""

import io
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from rich.console import Console

from pipeline.progress import Progress
from pipeline.runs import roots
from pipeline.stages.context import Context
from pipeline.stages.evaluate import trained_checkpoint
from pipeline.stages.lineage import plan_training
from pipeline.stages.plan import plan_run
from pipeline.stages.refresh import refresh
from pipeline.stages.report import report
from pipeline.stages.train import _corpus, train
from pipeline.stages.whole import run_recipe
from pipeline.training.checkpoint import Checkpoints
from pipeline.training.snapshots import Snapshots, snapshots_spec

Open = Callable[..., Context]
Tree = Callable[[Path], dict[str, bytes]]
MORE = {"image": ["cat", "dog", "sun", "hen"], "audio": ["bark", "rain", "wind"]}


def kept(context: Context) -> Snapshots:
    return Snapshots(context.store.artifact(snapshots_spec(trained_checkpoint(context).spec.fingerprint)))


def checkpoints_of(context: Context) -> Checkpoints:
    return Checkpoints(trained_checkpoint(context))


def by_hand(context: Context, steps: int) -> dict[str, np.ndarray]:
    """The pools after some steps, in float64 numpy: gradients of equations 4 and 7 written out, plain descent."""
    corpus, config = _corpus(context, plan_training(context), "cpu"), context.recipe.train
    columns = [column.modality for column in context.candidates.columns]
    found = Checkpoints(trained_checkpoint(context))
    pools = {m: found.arrays(0)[f"pools.vectors.{m}"].astype(np.float64) for m in context.candidates.modalities}
    texts = {m: (t.features.double().numpy(), t.positives.tolist()) for m, t in corpus.texts.items()}
    sizes = {m: len(positives) for m, (_, positives) in texts.items()}
    total, size = sum(sizes.values()), config.batch_size
    length = -(-total // size)
    for step in range(steps):
        epoch, place = divmod(step, length)
        order = np.random.default_rng((context.recipe.seed, epoch + 1)).permutation(total)
        rows, start = order[place * size : (place + 1) * size], 0
        slopes = {m: np.zeros_like(pool) for m, pool in pools.items()}
        lengths = {m: np.linalg.norm(pool, axis=1, keepdims=True) for m, pool in pools.items()}
        units = {m: pool / lengths[m] for m, pool in pools.items()}
        for m, (features, positives) in texts.items():
            mine = [int(row) - start for row in rows if start <= row < start + sizes[m]]
            start += sizes[m]
            for row in mine:
                own = [label for label in positives[row] if label >= 0]
                scores = 4.0 * units[m] @ features[row]
                for i in own:
                    for j in set(range(len(columns))) - set(own):
                        if 1 - scores[i] + scores[j] > 0:
                            slopes[m][i] -= 4.0 * features[row] / len(mine)
                            slopes[m][j] += 4.0 * features[row] / len(mine)
        weak = found.notes(epoch + 1)["weak"]
        for strong in set(pools) - {weak}:
            for i in (i for i, modality in enumerate(columns) if modality == strong):
                share = np.exp(4.6052 * units[strong] @ units[weak][i])
                share /= share.sum()
                share[i] -= 1
                slopes[weak][i] += 0.5 * 4.6052 * share @ units[strong]
                slopes[strong] += 0.5 * 4.6052 * np.outer(share, units[weak][i])
        rate = 0.5 * (1 + np.cos(np.pi * step / (length * config.epochs)))
        for m in pools:
            along = (slopes[m] * units[m]).sum(1, keepdims=True)
            pools[m] = pools[m] - 0.05 * rate * (slopes[m] - along * units[m]) / lengths[m]
    return pools


def test_pools_are_those_of_every_step_worked_out_anew(open_context: Open, finished: Path) -> None:
    context = open_context(train={"snapshots": [1, 3, 5]}, workspace=finished)
    train(context)
    found = kept(context)
    for step in (1, 3, 5):
        for m, expected in by_hand(context, step).items():
            got = found.arrays(step)[f"pools.vectors.{m}"]
            assert got.dtype == np.float32 and got.shape == expected.shape
            np.testing.assert_allclose(got, expected, rtol=0, atol=3e-5)
    moved = [found.arrays(step)["pools.vectors.image"] for step in (1, 3, 5)]
    assert min(np.abs(a - b).max() for a, b in zip(moved, moved[1:], strict=False)) > 1e-2


@pytest.mark.parametrize("weak", ["auto", ["image", "audio"]])
def test_the_last_step_of_an_epoch_is_its_checkpoint_bit_by_bit(
    open_context: Open, finished: Path, weak: object
) -> None:
    torch.set_num_threads(1)
    change = {"weak": weak} if weak == "auto" else {"weak": weak, "strong": weak}
    context = open_context(train=change, workspace=finished)
    train(context)
    learned = checkpoints_of(context)
    length = len(learned.history()["step"]) // 3
    context = open_context(train={**change, "snapshots": [length, 2 * length, 3 * length]}, workspace=finished)
    assert train(context).epochs == 0
    for epoch in (1, 2, 3):
        expected, got = learned.arrays(epoch), kept(context).arrays(epoch * length)
        assert {name: value.tobytes() for name, value in got.items()} == {n: v.tobytes() for n, v in expected.items()}


def test_a_finished_run_gains_them_and_nothing_else_changes(open_context: Open, finished: Path, tree: Tree) -> None:
    before, told = tree(finished), read(finished)
    context = open_context(train={"snapshots": [5, 2, 10**6]}, workspace=finished)
    assert [(step.what, step.wanted, step.missing) for step in plan_run(context) if step.missing] == [
        ("snapshots", 2, 2)
    ]
    run_recipe(context)
    assert tree(finished) == before  # texts, features, checkpoints, evaluations
    assert kept(context).there((2, 5, 10**6)) == (2, 5)
    assert not [step for step in plan_run(context) if step.missing]
    record = context.record()
    assert record.artifacts["checkpoint"] == told and record.artifacts["snapshots"] in roots(finished)
    once = {p: p.stat().st_mtime_ns for p in (finished / "snapshots").rglob("*") if p.is_file()}
    run_recipe(context)
    assert {p: p.stat().st_mtime_ns for p in (finished / "snapshots").rglob("*") if p.is_file()} == once


def read(workspace: Path) -> str:
    from pipeline.runs import read_run

    record = read_run(workspace / "runs/small")
    assert record is not None
    return record.artifacts["checkpoint"]


def test_what_is_asked_later_is_added_and_what_is_asked_no_more_is_let_go(open_context: Open, finished: Path) -> None:
    few = open_context(train={"snapshots": [2]}, workspace=finished)
    train(few)
    first = kept(few).arrays(2)
    more = open_context(train={"snapshots": [4, 2]}, workspace=finished)
    train(more)
    assert kept(more).there((2, 4)) == (2, 4)
    assert all((kept(more).arrays(2)[name] == value).all() for name, value in first.items())
    snapshots = more.record().artifacts["snapshots"]
    none = open_context(workspace=finished)
    train(none)
    assert snapshots not in roots(finished)
    assert snapshots in str(none.store.gc(roots(finished)))


def test_steps_that_were_never_made_leave_nothing_behind(open_context: Open, finished: Path) -> None:
    out = io.StringIO()
    context = open_context(train={"snapshots": [1000, 2000]}, workspace=finished)
    object.__setattr__(context, "progress", Progress(Console(file=out, width=200)))
    last = len(checkpoints_of(context).history()["step"])
    train(context)
    assert f"no snapshot of step 1000, 2000: learning ended with step {last}" in out.getvalue()
    assert not (finished / "snapshots").exists() and "snapshots" not in context.record().artifacts
    context.store.gc(roots(finished))  # which every root of a run must stand
    assert not [step for step in plan_run(context) if step.missing]


def test_killed_between_two_snapshots_it_goes_on_to_the_same_bytes(
    open_context: Open, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.set_num_threads(1)
    other = Path(shutil.copytree(finished, tmp_path / "other"))
    train(open_context(train={"snapshots": [1, 3, 4]}, workspace=other))
    context, save = open_context(train={"snapshots": [1, 3, 4]}, workspace=finished), Snapshots.save

    def dies(self: Snapshots, writer: Any, step: int, tensors: Any) -> None:
        if step > 1:
            raise KeyboardInterrupt
        save(self, writer, step, tensors)

    monkeypatch.setattr(Snapshots, "save", dies)
    with pytest.raises(KeyboardInterrupt):
        train(context)
    assert kept(context).there((1, 3, 4)) == (1,) and "snapshots" not in context.record().artifacts
    monkeypatch.setattr(Snapshots, "save", save)
    train(context)
    files = [
        {str(p.relative_to(w)): p.read_bytes() for p in (w / "snapshots").rglob("*") if p.is_file()}
        for w in (finished, other)
    ]
    assert files[0] == files[1] and len(files[0]) > 3


def test_a_refresh_keeps_those_of_the_pools_that_it_publishes(open_context: Open, finished: Path) -> None:
    context = open_context(MORE, train={"snapshots": [2]}, refresh={"tolerance": 1.0}, workspace=finished)
    outcome = refresh(context)
    assert outcome.verdict == "published"
    snapshots = context.store.find(context.record().artifacts["snapshots"])
    assert snapshots.spec.parents == (outcome.checkpoint,) and Snapshots(snapshots).there((2,)) == (2,)


def test_frozen_rows_stand_still_in_every_snapshot(open_context: Open, finished: Path) -> None:
    old = open_context(workspace=finished)
    columns, pools = old.candidates.columns, checkpoints_of(old).arrays(3)
    context = open_context(MORE, train={"snapshots": [1, 4]}, workspace=finished)
    run_recipe(context)
    assert context.record().mode == "frozen"
    places = [context.candidates.columns.index(column) for column in columns]
    for step in (1, 4):
        for m in ("image", "audio"):
            found = kept(context).arrays(step)[f"pools.vectors.{m}"]
            assert found[places].tobytes() == pools[f"pools.vectors.{m}"].tobytes()


def test_the_report_shows_the_asked_steps_between_start_and_end(open_context: Open, finished: Path) -> None:
    context = open_context(train={"snapshots": [1, 2, 3, 4, 5]}, workspace=finished)
    page = report(context)  # before they are kept: the usual pictures
    assert 1 not in titles(page.read_text()) and "prompt pools after single steps" not in page.read_text()
    train(context)
    last = len(checkpoints_of(context).history()["step"])
    assert report(context) == page and "prompt pools after single steps" in page.read_text()
    asked = titles(page.read_text())
    assert asked[:7] == [0, 1, 2, 3, 4, 5, last]
    when = page.stat().st_mtime_ns
    report(context)
    assert page.stat().st_mtime_ns == when


def titles(page: str) -> list[int]:
    return [int(step.replace(",", "")) for step in re.findall(r">step ([\d,]+)</text>", page)]
