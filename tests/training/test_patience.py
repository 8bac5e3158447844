"""Learning that ends early: after so many epochs that were no better on what was held out, wherever a run is killed."""

import math
from pathlib import Path

import pytest
import torch
from test_fit import Drawn, Line, artifact_in, files
from torch import nn

from pipeline.telemetry.progress import Progress
from pipeline.training.checkpoint import Checkpoints
from pipeline.training.fit import Adam, Fit, FitError, Keep
from pipeline.training.loop import fit, learned_of
from pipeline.training.patience import Waited
from pipeline.training.schedules import learning_rate
from stores import text_key

EPOCHS, NAN = 8, math.nan


class Judge:
    """A figure of every epoch, told by what the model has learned, so that a resumed run is told the same; or of a list."""

    def __init__(self, figures: tuple[float, ...], model: nn.Module):
        self._figures, self._model, self.asked = figures, model, 0

    def __call__(self) -> float:
        self.asked += 1
        return self._figures[self.epoch - 1]

    epoch = 0


class Told(Drawn):
    """Batches that tell the judge which epoch it is."""

    def __init__(self, judge: Judge, dies_in: int | None = None):
        super().__init__(dies_in=dies_in)
        self._judge = judge

    def epoch(self, epoch: int):  # noqa: ANN201
        self._judge.epoch = epoch
        return super().epoch(epoch)


def run(
    folder: Path, figures: tuple[float, ...], patience: int | None, keep: Keep = "best", dies_in: int | None = None
) -> tuple[int, Judge]:
    how = Fit(Adam(), {"": 0.05}, "cosine", EPOCHS, keep=keep, patience=patience)
    artifact, model = artifact_in(folder), Line()
    judge = Judge(figures, model)
    with artifact.writer() as writer:
        learned = learned_of(model, how)
        now = fit(
            model, learned, Told(judge, dies_in), how, Checkpoints(artifact, writer), Progress.silent(), figure=judge
        )
    return now, judge


@pytest.mark.parametrize("keep", ["all", "last", "best"])
@pytest.mark.parametrize(
    ("figures", "patience", "ends"),
    [
        ((1, 2, 3, 2, 1, 9, 9, 9), 2, 5),  # epoch 3 was best, 4 and 5 were not
        ((1, 2, 3, 2, 1, 9, 9, 9), 3, 8),  # the third came just in time
        ((5, 5, 5, 9, 9, 9, 9, 9), 2, 3),  # as good is not better
        ((5, 4, 3, 2, 1, 0, 0, 0), 1, 2),
        ((NAN, 1, NAN, NAN, 2, 3, 4, 5), 2, 4),  # no number is no better, and the first number is
        ((NAN, NAN, NAN, 2, 3, 4, 5, 6), 3, 3),
        ((1, 2, 3, 4, 5, 6, 7, 8), 1, 8),
        ((1, 0, 0, 0, 0, 0, 0, 0), None, 8),
    ],
)
def test_it_ends_where_patience_ends(
    tmp_path: Path, figures: tuple, patience: int | None, ends: int, keep: Keep
) -> None:
    now, judge = run(tmp_path, figures, patience, keep)
    found = Checkpoints(artifact_in(tmp_path))
    assert (now, found.last_epoch(), judge.asked) == (ends, ends, ends)
    assert found.is_finished(EPOCHS)
    assert len(found.history()["loss"]) == 3 * ends
    again, asked = run(tmp_path, figures, patience, keep)
    assert (again, asked.asked) == (0, 0)  # finished is a fact of the checkpoint


@pytest.mark.parametrize("keep", ["all", "last", "best"])
def test_killed_in_every_epoch_it_ends_in_the_same_bytes(tmp_path: Path, keep: Keep) -> None:
    figures = (1, 3, 2, 3, 2, 9, 9, 9)
    whole, _ = run(tmp_path / "whole", figures, 3, keep)
    learned = 0
    for epoch in range(1, whole + 1):
        with pytest.raises(ZeroDivisionError):
            run(tmp_path / "broken", figures, 3, keep, dies_in=epoch)
        found = Checkpoints(artifact_in(tmp_path / "broken"))
        assert found.last_epoch() == epoch - 1 and not found.is_finished(EPOCHS)
        learned = epoch - 1
    now, _ = run(tmp_path / "broken", figures, 3, keep)
    assert now + learned == whole == 5
    assert files(tmp_path / "broken") == files(tmp_path / "whole")


@pytest.mark.parametrize("dropped", [2, 4, 5])
def test_what_a_repair_dropped_is_learned_again_to_the_same_end(tmp_path: Path, dropped: int) -> None:
    figures = (1, 3, 2, 3, 2, 9, 9, 9)
    run(tmp_path, figures, 3, "all")
    before = {epoch: Checkpoints(artifact_in(tmp_path)).tensors(epoch) for epoch in range(6)}
    with artifact_in(tmp_path).writer() as writer:
        writer.publish([], None, dropped=[text_key(f"epoch-{dropped:06d}")])
    assert not Checkpoints(artifact_in(tmp_path)).is_finished(EPOCHS)
    now, _ = run(tmp_path, figures, 3, "all")
    found = Checkpoints(artifact_in(tmp_path))
    assert (now, found.last_epoch(), found.is_finished(EPOCHS)) == (5 - dropped + 1, 5, True)
    assert all(torch.equal(found.tensors(epoch)["w"], before[epoch]["w"]) for epoch in before)


def test_without_patience_checkpoints_are_those_of_before(tmp_path: Path) -> None:
    """Nothing is told of waiting, so that their bytes stay."""
    run(tmp_path, (1, 2, 3, 4, 5, 6, 7, 8), None)
    assert "waited" not in Checkpoints(artifact_in(tmp_path))._metadata(EPOCHS)
    run(tmp_path / "patient", (1, 2, 3, 4, 5, 6, 7, 8), 9)
    assert Checkpoints(artifact_in(tmp_path / "patient")).waited() == Waited(8, 0)


def test_patience_that_cannot_be_followed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FitError, match="patience is 0. Give a whole number from 1"):
        Fit(Adam(), {"": 0.1}, "step", 1, patience=0)
    with pytest.raises(FitError, match="step_epochs is 0. Give a whole number from 1"):
        Fit(Adam(), {"": 0.1}, "step", 1, step_epochs=0)
    how, artifact, model = Fit(Adam(), {"": 0.1}, "step", 1, patience=2), artifact_in(tmp_path), Line()
    with artifact.writer() as writer, pytest.raises(FitError, match="patience is 2, and nothing was held out to tell"):
        fit(model, learned_of(model, how), Drawn(), how, Checkpoints(artifact, writer), Progress.silent())


@pytest.mark.parametrize(("every", "factor"), [(8, 0.1), (3, 0.35), (1, 0.5)])
def test_rates_that_fall_in_steps_are_those_of_torch(every: int, factor: float) -> None:
    """torch's `StepLR`, stepped after every epoch."""
    optimiser = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.3)
    scheduler = torch.optim.lr_scheduler.StepLR(optimiser, every, factor)
    for epoch in range(20):
        for step in range(5):
            found = learning_rate("step", 0.3, 5 * epoch + step, 5, 20, every, factor)
            assert found == pytest.approx(optimiser.param_groups[0]["lr"], rel=1e-12)
        optimiser.step()
        scheduler.step()


def test_the_loop_s_rates_fall_in_steps(tmp_path: Path) -> None:
    """Adam's steps of a gradient that never changes are as long as the rate."""

    class Slope(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w = nn.Parameter(torch.zeros(1, dtype=torch.float64))

        def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
            return -self.w.sum(), {"loss": self.w.detach().sum()}

    model = Slope()
    how, artifact = Fit(Adam(), {"": 1.0}, "step", 6, step_epochs=2, step_factor=0.1), artifact_in(tmp_path)
    with artifact.writer() as writer:
        fit(model, learned_of(model, how), Drawn(), how, Checkpoints(artifact, writer), Progress.silent())
    ends = [float(Checkpoints(artifact).tensors(epoch)["w"]) for epoch in range(7)]
    assert [b - a for a, b in zip(ends, ends[1:], strict=False)] == pytest.approx(
        [3, 3, 0.3, 0.3, 0.03, 0.03], rel=1e-6
    )
