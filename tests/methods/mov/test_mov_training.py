"""MOV in the loop: batches that add up to the whole step, and a run that is killed and ends in the same bytes."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from mov_world import FLOW, FRAMES, ONE, D, inputs, learner, numbers

from pipeline.methods.mov.batch import MovBatch
from pipeline.methods.mov.batches import MovBatches, order_of, slices
from pipeline.methods.mov.config import MovOptions, VideoCoOpOptions
from pipeline.telemetry.progress import Progress
from pipeline.training.checkpoint import Checkpoints
from pipeline.training.fit import AdamW
from pipeline.training.loop import fit, learned_of
from stores import ArtifactSpec, Store

CLIPS = 7


class Clips:
    """Seven clips with two views; dies where it is told to."""

    def __init__(self, options: MovOptions, dies_at: tuple[int, int] | None = None):
        self.video, self.other = numbers(CLIPS, 2, FRAMES, D), inputs(options, CLIPS, 2)
        self.labels, self.dies_at, self.loads = torch.arange(CLIPS) % 5, dies_at, 0

    def load(self, rows: np.ndarray, epoch: int) -> MovBatch:
        self.loads += 1
        if self.dies_at == (epoch, self.loads):
            raise ZeroDivisionError("the machine lost power")
        view = (epoch - 1) % 2
        return MovBatch(self.video[rows, view], self.other[rows, view], self.labels[rows])


def run(store: Store, options: MovOptions, dies_at: tuple[int, int] | None = None) -> None:
    made = learner(options)
    artifact = store.artifact(ArtifactSpec(kind="checkpoints", fields={}, backend="blob"))
    batches = MovBatches(CLIPS, options, 3, Clips(options, dies_at).load)
    figures = iter([0.1, 0.5, 0.3, 0.2])
    with artifact.writer() as writer:
        fit(
            made, learned_of(made, options.fit), batches, options.fit, Checkpoints(artifact, writer), Progress.silent(),
            figure=lambda: next(figures),
        )  # fmt: skip


def blobs(store: Store) -> dict[str, bytes]:
    (artifact,) = store.artifacts("checkpoints")
    return {key: artifact.blob(key) for key in artifact.keys()}


def trained(options: MovOptions, tmp_path: Path) -> dict[str, torch.Tensor]:
    run(Store(tmp_path), options)
    (artifact,) = Store(tmp_path).artifacts("checkpoints")
    return Checkpoints(artifact).tensors(options.epochs)


@pytest.mark.parametrize("micro", [1, 2, 3])
def test_accumulated_batches_are_one_batch(micro: int, tmp_path: Path) -> None:
    """Seven clips in steps of five and two, in unequal pieces: gradients, and the state after epochs."""
    options = FLOW.model_copy(update={"batch_size": 5, "epochs": 2, "keep": "last", "lr": 1e-3, "train_layers": 1})
    whole = trained(options, tmp_path / "whole")
    pieces = trained(options.model_copy(update={"micro_batch": micro}), tmp_path / "pieces")
    assert whole.keys() == pieces.keys()
    for name, value in whole.items():
        torch.testing.assert_close(pieces[name], value, atol=1e-6, rtol=1e-6)


def test_gradients_of_pieces_are_those_of_the_whole() -> None:
    options, source = ONE.model_copy(update={"batch_size": 7, "micro_batch": 3}), Clips(ONE)
    made = learner(options)
    made(source.load(np.arange(7), 1))[0].backward()
    whole = {name: value.grad.clone() for name, value in made.named_parameters()}
    made.zero_grad()
    pieces = slices(np.arange(7), 7, 3)
    losses = []
    for part in MovBatches(7, options, 0, source.load).epoch(1):
        loss, parts = made(part)
        (loss / 3).backward()
        losses.append(parts["loss"].item())
    assert [len(piece.rows) for piece in pieces] == [3, 3, 1]
    for name, value in made.named_parameters():
        torch.testing.assert_close(value.grad, whole[name], atol=1e-9, rtol=1e-9)
    assert sum(losses) / 3 == pytest.approx(made(source.load(np.arange(7), 1))[1]["loss"].item(), abs=1e-10)


@pytest.mark.parametrize(
    ("clips", "batch", "micro"), [(2500, 1024, 18), (7, 5, 2), (3, 1024, 18), (8, 4, 4), (5, 1, 1)]
)
def test_slices_are_the_loop_s_steps(clips: int, batch: int, micro: int) -> None:
    options = MovOptions(batch_size=batch, micro_batch=micro)
    found, how = slices(np.arange(clips), batch, options.micro), options.fit
    assert np.array_equal(np.concatenate([part.rows for part in found]), np.arange(clips))
    steps = [found[start : start + how.accumulate] for start in range(0, len(found), how.accumulate)]
    assert len(steps) == how.steps_of(len(found)) == math.ceil(clips / batch)
    for number, step in enumerate(steps):
        assert sum(len(part.rows) for part in step) == min(batch, clips - number * batch)
        assert max(len(part.rows) for part in step) <= micro
        assert sum(part.share for part in step) / len(step) == pytest.approx(1, abs=1e-12)
        assert len({round(part.share / len(part.rows), 12) for part in step}) == 1


def test_the_order_follows_from_seed_and_epoch() -> None:
    orders = [order_of(20, seed, epoch).tolist() for seed, epoch in ((1, 1), (1, 1), (1, 2), (2, 1))]
    assert orders[0] == orders[1] and len({tuple(order) for order in orders}) == 3
    assert sorted(orders[0]) == list(range(20))


@pytest.mark.parametrize("dies_at", [(1, 2), (2, 5), (4, 15)])
def test_a_run_that_is_killed_ends_in_the_same_bytes(dies_at: tuple[int, int], tmp_path: Path) -> None:
    """With both moments of AdamW and the best epoch beside the last."""
    options = FLOW.model_copy(update={"epochs": 4, "batch_size": 4, "micro_batch": 2, "train_layers": 1})
    run(Store(tmp_path / "whole"), options)
    killed = Store(tmp_path / "killed")
    with pytest.raises(ZeroDivisionError):
        run(killed, options, dies_at)
    artifact = killed.artifact(ArtifactSpec(kind="checkpoints", fields={}, backend="blob"))
    at = Checkpoints(artifact).last_epoch()
    made = learner(options)
    figures = iter([0.1, 0.5, 0.3, 0.2][at or 0 :])
    with artifact.writer() as writer:
        fit(
            made, learned_of(made, options.fit), MovBatches(CLIPS, options, 3, Clips(options).load), options.fit,
            Checkpoints(artifact, writer), Progress.silent(), figure=lambda: next(figures),
        )  # fmt: skip
    assert blobs(Store(tmp_path / "killed")) == blobs(Store(tmp_path / "whole"))
    found = Checkpoints(artifact)
    assert (found.last_epoch(), found.answer(), len(list(artifact.keys()))) == (4, 2, 2)
    learned = dict(made.named_parameters())
    kept = found.tensors(4)
    assert {f"{start}{name}" for name in learned for start in ("", "exp_avg/", "exp_avg_sq/", "step/")} == set(kept)
    assert not any("block00" in name or "block01" in name or "embedding" in name for name in kept)


def test_a_start_is_not_yet_learned(tmp_path: Path) -> None:
    """Epoch 0 was the frozen tower; the last epoch is not."""
    options = FLOW.model_copy(update={"epochs": 4, "batch_size": 4, "train_layers": 1, "keep": "last"})
    found, start = trained(options, tmp_path), learner(options).state_dict()
    assert all(not torch.equal(found[name], value) for name, value in start.items())


def test_how_it_is_learned() -> None:
    paper = MovOptions(micro_batch=18).fit
    assert paper.optimiser == AdamW(weight_decay=0.05) and paper.schedule == "cosine" and paper.epochs == 100
    assert (paper.batch, paper.accumulate, paper.keep, paper.rates) == (18, 57, "best", {"": 1e-4})
    small = MovOptions(batch_size=256, scale_lr=True, tower_lr=1e-5)
    assert small.fit.rate_of("head.phi_v.positions") == pytest.approx(2.5e-5)
    assert small.fit.rate_of("tower.proj") == pytest.approx(2.5e-6)
    assert MovOptions(micro_batch=4096).fit.batch == 1024
    assert VideoCoOpOptions().fit == MovOptions().fit
