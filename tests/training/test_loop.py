"""The loop with a model of one line: what it may move, what it writes down, and that dying in the middle changes nothing."""

import math
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from pipeline.telemetry.progress import Progress
from pipeline.training.checkpoint import Checkpoints
from pipeline.training.fit import Fit, Sgd
from pipeline.training.loop import Learned, fit
from pipeline.training.schedules import dassl_rate, lr_factor
from stores import ArtifactSpec, Store

RATE, MOMENTUM, DECAY = 0.1, 0.9, 0.01


class Squares(nn.Module):
    """sum (x w)^2 / 2, whose gradient with respect to w is x^2 w."""

    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]))
        self.other = nn.Parameter(torch.ones(2))

    def forward(self, x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        loss = ((x * self.w) ** 2).sum() / 2
        parts = {"loss": loss.detach()}
        if x > 0.5:
            parts["big"] = x
        return loss, parts


class Numbers:
    """Batches that depend on the epoch's number; dies where it is told to."""

    def __init__(self, dies_at: tuple[int, int] | None = None):
        self._dies_at = dies_at

    def __len__(self) -> int:
        return 4

    def epoch(self, epoch: int) -> Iterator[Tensor]:
        for i in range(4):
            if (epoch, i) == self._dies_at:
                raise ZeroDivisionError("the machine lost power")
            yield torch.tensor((epoch * 31 + i * 17) % 10 / 10)


def run(store: Store, batches: Numbers, epochs: int = 6, frozen: Tensor | None = None) -> Checkpoints:
    artifact = store.artifact(ArtifactSpec(kind="checkpoints", fields={}, backend="blob"))
    model = Squares()
    learned = Learned([{"params": [model.w], "lr": RATE}], {} if frozen is None else {"w": frozen})
    with artifact.writer() as writer:
        fit(
            model, learned, batches, Fit(Sgd(), {"": RATE}, "cosine", epochs), Checkpoints(artifact, writer), Progress.silent(),
            lambda epoch: {"epoch": str(epoch)},
        )  # fmt: skip
    return Checkpoints(artifact)


def blobs(store: Store) -> dict[str, bytes]:
    (artifact,) = store.artifacts("checkpoints")
    return {key: artifact.blob(key) for key in artifact.keys()}


def test_steps_are_those_of_plain_gradient_descent(tmp_path: Path) -> None:
    found = run(Store(tmp_path), Numbers(), epochs=3)
    w = Squares().w.detach()
    losses, big = [], []
    for step in range(12):
        x = torch.tensor(((step // 4 + 1) * 31 + step % 4 * 17) % 10 / 10)
        losses.append(float(((x * w) ** 2).sum() / 2))
        big.append(float(x) if x > 0.5 else math.nan)
        w = w - RATE * lr_factor("cosine", step, 12, 3) * x**2 * w
    torch.testing.assert_close(found.tensors(3)["w"], w)
    assert torch.equal(found.tensors(3)["other"], torch.ones(2))
    assert found.history()["loss"] == pytest.approx(losses, rel=1e-5)
    assert found.history()["step"] == [float(step) for step in range(1, 13)]
    assert found.history()["big"] == pytest.approx(big, nan_ok=True)  # a part that a step lacks is NaN there
    assert [found.notes(epoch) for epoch in range(4)] == [{}, {"epoch": "1"}, {"epoch": "2"}, {"epoch": "3"}]


def test_frozen_rows_stay_bit_by_bit(tmp_path: Path) -> None:
    found = run(Store(tmp_path), Numbers(), frozen=torch.tensor([True, False, True]))
    start, end = Squares().w.detach(), found.tensors(6)["w"]
    assert torch.equal(end[[0, 2]], start[[0, 2]])
    assert (end[1] != start[1]).all()


@pytest.mark.parametrize("dies_at", [(1, 0), (1, 3), (3, 2), (6, 3)])
def test_a_run_that_died_ends_in_the_same_bytes(tmp_path: Path, dies_at: tuple[int, int]) -> None:
    whole, broken = Store(tmp_path / "whole"), Store(tmp_path / "broken")
    run(whole, Numbers())
    with pytest.raises(ZeroDivisionError):
        run(broken, Numbers(dies_at))
    assert len(blobs(broken)) == dies_at[0]  # epoch 0 is the start
    before = blobs(broken)
    run(broken, Numbers())
    assert blobs(broken) == blobs(whole)
    assert len(blobs(whole)) == 7
    assert before.items() <= blobs(broken).items()


def test_a_finished_run_learns_nothing(tmp_path: Path) -> None:
    run(Store(tmp_path), Numbers())
    before = blobs(Store(tmp_path))
    run(Store(tmp_path), Numbers(dies_at=(1, 0)))  # never reached
    assert blobs(Store(tmp_path)) == before


def run_momentum(store: Store, batches: Numbers, epochs: int = 4) -> Checkpoints:
    artifact = store.artifact(ArtifactSpec(kind="checkpoints", fields={}, backend="blob"))
    model = Squares()
    how = Fit(Sgd(MOMENTUM, DECAY), {"": RATE}, "dassl", epochs)
    with artifact.writer() as writer:
        checkpoints = Checkpoints(artifact, writer)
        fit(model, Learned([{"params": [model.w], "lr": RATE}]), batches, how, checkpoints, Progress.silent())
    return Checkpoints(artifact)


def test_steps_with_momentum_and_decay_are_those_of_the_formula(tmp_path: Path) -> None:
    found = run_momentum(Store(tmp_path), Numbers())
    w, v = Squares().w.detach(), torch.zeros(3, 2)
    for step in range(16):
        x = torch.tensor(((step // 4 + 1) * 31 + step % 4 * 17) % 10 / 10)
        v = MOMENTUM * v + x**2 * w + DECAY * w
        w = w - dassl_rate(RATE, step // 4, 4) * v
    torch.testing.assert_close(found.tensors(4)["w"], w)
    torch.testing.assert_close(found.tensors(4)["momentum/w"], v)
    assert set(found.tensors(4)) == {"w", "other", "momentum/w"} and set(found.tensors(0)) == {"w", "other"}


@pytest.mark.parametrize("dies_at", [(1, 0), (2, 0), (2, 3), (4, 1)])
def test_a_run_with_momentum_that_died_ends_in_the_same_bytes(tmp_path: Path, dies_at: tuple[int, int]) -> None:
    run_momentum(Store(tmp_path / "whole"), Numbers())
    with pytest.raises(ZeroDivisionError):
        run_momentum(Store(tmp_path / "broken"), Numbers(dies_at))
    run_momentum(Store(tmp_path / "broken"), Numbers())
    assert blobs(Store(tmp_path / "broken")) == blobs(Store(tmp_path / "whole"))


@pytest.mark.parametrize("lost", [(0,), (2,), (1, 4)])
def test_epochs_that_a_repair_dropped_are_learned_again_between_those_that_are_there(
    tmp_path: Path, lost: tuple[int, ...]
) -> None:
    store = Store(tmp_path)
    run(store, Numbers())
    whole, shards = blobs(store), sorted(tmp_path.glob("checkpoints/*/shards/*"))
    for epoch in lost:
        shards[epoch].write_bytes(b"damaged")
    assert [len(problems) for problems in store.verify(repair=True).values()] == [len(lost)]
    found = run(Store(tmp_path), Numbers())
    assert found.last_epoch() == 6 and blobs(Store(tmp_path)) == whole
