"""Optimisers that a method names, epochs that are kept, and learning that is interrupted, with a model of one line."""

import math
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from pipeline.telemetry.progress import Progress
from pipeline.training.checkpoint import Checkpoints
from pipeline.training.fit import Adam, AdamW, Fit, FitError, Keep, Optimiser, Sgd
from pipeline.training.loop import fit, learned_of
from pipeline.training.schedules import learning_rate
from stores import Artifact, ArtifactSpec, Store, text_key
from stores.errors import PublishError

EPOCHS, STEPS, ROWS = 4, 3, 8
OPTIMISERS = (
    Sgd(),
    Sgd(0.9, 5e-4),
    Adam((0.8, 0.99), 1e-4, 0.01),
    AdamW(),
)


class Line(nn.Module):
    """Mean squared error of x w + b, in one of two precisions."""

    def __init__(self, dtype: torch.dtype = torch.float32):
        super().__init__()
        self.w = nn.Parameter(torch.linspace(-1, 1, 6, dtype=dtype).reshape(3, 2))
        self.b = nn.ParameterDict({"slow": nn.Parameter(torch.zeros(2, dtype=dtype))})

    def forward(self, x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        x = x.to(self.w.dtype)
        loss = ((x @ self.w + self.b["slow"] - x[:, :2] ** 2) ** 2).mean()
        return loss, {"loss": loss.detach()}


class Drawn:
    """Three batches of eight rows an epoch, or the same rows in parts; dies where it is told to."""

    def __init__(self, parts: int = 1, dies_in: int | None = None):
        self._parts, self._dies_in = parts, dies_in
        self.ended: list[int] = []

    def __len__(self) -> int:
        return STEPS * self._parts

    def epoch(self, epoch: int) -> Iterator[Tensor]:
        for i in range(STEPS):
            generator = torch.Generator().manual_seed(100 * epoch + i)
            whole = torch.randn(ROWS, 3, generator=generator)
            if (epoch, i) == (self._dies_in, 1):
                raise ZeroDivisionError("the machine lost power")
            yield from whole.chunk(self._parts)
        self.ended.append(epoch)


def how_of(optimiser: Optimiser = OPTIMISERS[1], accumulate: int = 1, keep: Keep = "all") -> Fit:
    return Fit(optimiser, {"slow": 0.01, "": 0.05}, "cosine", EPOCHS, accumulate=accumulate, keep=keep)


def run(
    folder: Path, how: Fit, batches: Drawn, model: Line | None = None, figures: Callable[[], float] | None = None
) -> Checkpoints:
    artifact, model = artifact_in(folder), model or Line()
    with artifact.writer() as writer:
        checkpoints = Checkpoints(artifact, writer)
        fit(model, learned_of(model, how), batches, how, checkpoints, Progress.silent(), figure=figures)
    return Checkpoints(artifact)


def artifact_in(folder: Path) -> Artifact:
    return Store(folder).artifact(ArtifactSpec(kind="checkpoints", fields={}, backend="blob"))


def files(folder: Path) -> dict[str, bytes]:
    """Every file of the artifact, its manifest among them."""
    root = artifact_in(folder).path
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("keep", ["all", "last", "best"])
@pytest.mark.parametrize("optimiser", OPTIMISERS, ids=["sgd", "momentum", "adam", "adamw"])
def test_interrupted_in_every_epoch_it_ends_in_the_same_bytes(tmp_path: Path, optimiser: Optimiser, keep: Keep) -> None:
    torch.set_num_threads(1)
    how, figures = how_of(optimiser, keep=keep), {"figures": lambda: 1.0} if keep == "best" else {}
    run(tmp_path / "whole", how, Drawn(), **figures)
    for epoch in range(1, EPOCHS + 1):
        with pytest.raises(ZeroDivisionError):
            run(tmp_path / "broken", how, Drawn(dies_in=epoch), **figures)
        assert Checkpoints(artifact_in(tmp_path / "broken")).last_epoch() == epoch - 1
    run(tmp_path / "broken", how, Drawn(), **figures)
    assert files(tmp_path / "broken") == files(tmp_path / "whole")


@pytest.mark.parametrize("decays", [Adam, AdamW])
def test_adam_s_steps_are_those_of_the_formula(tmp_path: Path, decays: type[Adam]) -> None:
    """Kingma and Ba's algorithm 1 and Loshchilov and Hutter's algorithm 2, in float64; 12 steps round to about 1e-15 each."""
    optimiser = decays((0.8, 0.99), 1e-4, 0.01)
    found = run(tmp_path, how_of(optimiser), Drawn(), Line(torch.float64))
    model, moments = Line(torch.float64), {}
    for step in range(EPOCHS * STEPS):
        x = torch.randn(ROWS, 3, generator=torch.Generator().manual_seed(100 * (step // STEPS + 1) + step % STEPS))
        grads = torch.autograd.grad(model(x)[0], list(model.parameters()))
        for (name, w), g in zip(model.named_parameters(), grads, strict=True):
            rate = learning_rate("cosine", 0.01 if "slow" in name else 0.05, step, STEPS, EPOCHS)
            with torch.no_grad():
                if decays is AdamW:
                    w -= rate * 0.01 * w
                else:
                    g = g + 0.01 * w
                m, v = moments.get(name, (torch.zeros_like(w), torch.zeros_like(w)))
                m, v = 0.8 * m + 0.2 * g, 0.99 * v + 0.01 * g**2
                moments[name] = m, v
                w -= rate * (m / (1 - 0.8 ** (step + 1))) / ((v / (1 - 0.99 ** (step + 1))).sqrt() + 1e-4)
    tensors = found.tensors(EPOCHS)
    for name, w in model.named_parameters():
        torch.testing.assert_close(tensors[name], w.detach(), rtol=0, atol=1e-12)
        for kept, moment in zip(("exp_avg/", "exp_avg_sq/"), moments[name], strict=True):
            torch.testing.assert_close(tensors[kept + name], moment, rtol=0, atol=1e-12)
        assert tensors[f"step/{name}"] == EPOCHS * STEPS


@pytest.mark.parametrize("optimiser", OPTIMISERS, ids=["sgd", "momentum", "adam", "adamw"])
def test_two_halves_of_a_batch_are_the_batch(tmp_path: Path, optimiser: Optimiser) -> None:
    """The mean of the means of equal halves is the mean of all; sums in another order round to 1e-16 of their size each, and
    Adam divides a difference of gradients by no less than its eps, 1e-8 at least: 1e-8 x 12 steps bounds it from above."""
    whole = run(tmp_path / "whole", how_of(optimiser), Drawn(), Line(torch.float64))
    halves = run(tmp_path / "halves", how_of(optimiser, accumulate=2), Drawn(parts=2), Line(torch.float64))
    assert len(whole.history()["step"]) == EPOCHS * STEPS and halves.history()["step"] == whole.history()["step"]
    assert halves.history()["loss"] == pytest.approx(whole.history()["loss"], rel=1e-9)
    for name, tensor in whole.tensors(EPOCHS).items():
        torch.testing.assert_close(halves.tensors(EPOCHS)[name], tensor, rtol=0, atol=12e-8)


def test_a_last_step_of_fewer_batches_takes_their_mean(tmp_path: Path) -> None:
    how = Fit(Sgd(), {"": 0.05}, "constant", 1, accumulate=2)
    batches = Drawn()
    found = run(tmp_path, how, batches, Line(torch.float64)).tensors(1)
    model = Line(torch.float64)
    for together in ((0, 1), (2,)):
        xs = [torch.randn(ROWS, 3, generator=torch.Generator().manual_seed(100 + i)) for i in together]
        loss = sum(model(x)[0] for x in xs) / len(xs)
        for w, g in zip(model.parameters(), torch.autograd.grad(loss, list(model.parameters())), strict=True):
            w.data -= 0.05 * g
    torch.testing.assert_close(found["w"], model.w.detach(), rtol=0, atol=1e-14)
    assert batches.ended == [1]  # who makes batches is asked to the end: that is where an epoch's seconds are told


def test_rows_that_are_frozen_stay_under_a_decay(tmp_path: Path) -> None:
    model, rows = Line(), torch.tensor([True, False, True])
    how, artifact = how_of(AdamW(weight_decay=0.5)), artifact_in(tmp_path)
    with artifact.writer() as writer:
        learned = learned_of(model, how, {"w": rows})
        fit(model, learned, Drawn(), how, Checkpoints(artifact, writer), Progress.silent())
    start = Line().w.detach()
    assert torch.equal(model.w.detach()[rows], start[rows]) and (model.w.detach()[1] != start[1]).all()


def test_only_the_last_epoch_is_kept_and_the_history_is_whole(tmp_path: Path) -> None:
    every, last = (run(tmp_path / keep, how_of(keep=keep), Drawn()) for keep in ("all", "last"))
    assert (every.last_epoch(), every.answer(), every.is_finished(EPOCHS)) == (EPOCHS, EPOCHS, True)
    assert (last.last_epoch(), last.answer(), last.is_finished(EPOCHS)) == (EPOCHS, EPOCHS, True)
    assert artifact_in(tmp_path / "last").keys() == [text_key(f"epoch-{EPOCHS:06d}")]
    assert len(files(tmp_path / "last")) == 2 and len(files(tmp_path / "all")) == EPOCHS + 2
    assert last.history() == every.history() and len(last.history()["loss"]) == EPOCHS * STEPS
    for name, tensor in every.tensors(EPOCHS).items():
        assert torch.equal(last.tensors(EPOCHS)[name], tensor)


@pytest.mark.parametrize("call", range(1, EPOCHS + 1))
@pytest.mark.parametrize("where", ["before it is published", "before the older one is deleted"])
def test_killed_around_an_epoch_something_to_go_on_from_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: int, where: str
) -> None:
    from stores import writer as module
    from stores.manifest import Manifest

    how, calls = how_of(OPTIMISERS[2], keep="last"), []
    run(tmp_path / "whole", how, Drawn())

    def dying(plain: Callable) -> Callable:
        def die(*given: object, **named: object) -> object:
            calls.append(given)
            if len(calls) > call:  # the first call publishes epoch 0
                raise KeyboardInterrupt
            return plain(*given, **named)

        return die

    with monkeypatch.context() as patch:
        if where == "before it is published":
            patch.setattr(Manifest, "write", dying(Manifest.write))
        else:
            patch.setattr(module, "remove", dying(module.remove))
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / "broken", how, Drawn())
    found = Checkpoints(artifact_in(tmp_path / "broken"))
    there = call - 1 if where == "before it is published" else call
    assert found.last_epoch() == there and "w" in found.tensors(there)
    run(tmp_path / "broken", how, Drawn())
    assert files(tmp_path / "broken") == files(tmp_path / "whole")


@pytest.mark.parametrize(
    ("figures", "best"), [((1, 3, 2, 3), 2), ((4, 3, 2, 1), 1), ((1, 2, 3, 4), 4), ((math.nan, 1, 0, math.nan), 2)]
)
def test_the_best_epoch_answers_and_the_last_one_goes_on(tmp_path: Path, figures: tuple, best: int) -> None:
    every = run(tmp_path / "all", how_of(), Drawn())
    shown = iter(figures)
    kept = run(tmp_path / "best", how_of(keep="best"), Drawn(), figures=lambda: float(next(shown)))
    assert (kept.answer(), kept.last_epoch(), kept.is_finished(EPOCHS)) == (best, EPOCHS, True)
    assert set(artifact_in(tmp_path / "best").keys()) == {text_key(f"epoch-{each:06d}") for each in (best, EPOCHS)}
    assert torch.equal(kept.tensors(best)["w"], every.tensors(best)["w"])
    assert kept.history() == every.history()


def test_a_kept_epoch_that_a_repair_dropped_is_learned_again(tmp_path: Path) -> None:
    figures = iter((4, 3, 2, 1, 4, 3, 2, 1))
    run(tmp_path, how_of(keep="best"), Drawn(), figures=lambda: next(figures))
    before = files(tmp_path)
    (artifact_in(tmp_path).path / "shards" / sorted(before)[-1].rpartition("/")[2]).write_bytes(b"damaged")
    Store(tmp_path).verify(repair=True)
    assert Checkpoints(artifact_in(tmp_path)).last_epoch() is None  # the best is there, the last is not
    assert not Checkpoints(artifact_in(tmp_path)).is_finished(EPOCHS)
    found = run(tmp_path, how_of(keep="best"), Drawn(), figures=lambda: next(figures))
    assert (found.answer(), found.last_epoch()) == (1, EPOCHS) and len(files(tmp_path)) == len(before)


def test_checkpoints_that_say_nothing_of_their_end_are_read_by_their_number(tmp_path: Path) -> None:
    """As older versions left them."""
    artifact = artifact_in(tmp_path)
    with artifact.writer() as writer:
        writer.publish([text_key(f"epoch-{epoch:06d}") for epoch in range(3)], [b"0", b"1", b"2"])
    found = Checkpoints(artifact)
    assert (found.last_epoch(), found.answer()) == (2, 2)
    assert found.is_finished(2) and not found.is_finished(3) and not artifact.manifest.notes


def test_an_end_that_is_told_counts_whatever_number_was_thought_of(tmp_path: Path) -> None:
    artifact = artifact_in(tmp_path)
    with artifact.writer() as writer:
        Checkpoints(artifact, writer).save_solution({"w": torch.ones(2)}, {"alpha": "3"})
    found = Checkpoints(artifact)
    assert (found.last_epoch(), found.answer(), found.is_finished(7)) == (1, 1, True)
    assert found.notes(1) == {"alpha": "3"} and found.history() == {}


def test_what_cannot_be_followed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FitError, match="accumulate is 0. Give a whole number from 1"):
        how_of(accumulate=0)
    with pytest.raises(FitError, match="nothing was held out to tell which"):
        run(tmp_path, how_of(keep="best"), Drawn())
    with pytest.raises(FitError, match="no learning rate is given for 'w', only for slow. Give one for ''"):
        learned_of(Line(), Fit(Sgd(), {"slow": 0.1}, "cosine", 1))


def test_batches_of_fewer_examples_only_where_a_method_allows_them() -> None:
    assert [Fit(Sgd(), {}, "cosine", 1, batch, fewer).batch_of(10) for batch, fewer in (
        (None, False), (4, False), (32, False), (32, True), (4, True))] == [10, 4, 32, 10, 4]  # fmt: skip


def test_rows_that_share_a_file_are_not_dropped(tmp_path: Path) -> None:
    import pyarrow as pa

    artifact = Store(tmp_path).artifact(ArtifactSpec(kind="texts", fields={}, backend="parquet"))
    with artifact.writer() as writer:
        writer.publish([text_key("a")], pa.table({"text": ["a"]}))
        with pytest.raises(PublishError, match="stored as parquet, whose shards hold many rows each"):
            writer.publish([text_key("b")], pa.table({"text": ["b"]}), dropped=[text_key("a")])
    assert artifact.keys() == [text_key("a")]


@pytest.mark.parametrize(
    ("figures", "best"), [((1, 3, 2, 3), 4), ((4, 3, 2, 1), 1), ((1, 5, 5, 2), 3), ((math.nan, 1, 0, math.nan), 2)]
)
def test_where_all_epochs_stay_the_latest_of_the_best_answers(tmp_path: Path, figures: tuple, best: int) -> None:
    shown = iter(figures)
    found = run(tmp_path, how_of(), Drawn(), figures=lambda: float(next(shown)))
    assert (found.answer(), found.last_epoch(), found.is_finished(EPOCHS)) == (best, EPOCHS, True)
    assert set(artifact_in(tmp_path).keys()) == {text_key(f"epoch-{each:06d}") for each in range(EPOCHS + 1)}


@pytest.mark.parametrize("dropped", [1, 2, 3, 4])
def test_after_a_repair_the_best_of_all_epochs_answers_again(tmp_path: Path, dropped: int) -> None:
    figures = dict(enumerate((3, 1, 4, 2), start=1))
    shown = iter(figures.values())
    run(tmp_path, how_of(), Drawn(), figures=lambda: float(next(shown)))
    artifact = artifact_in(tmp_path)
    with artifact.writer() as writer:
        writer.publish([], None, dropped=[text_key(f"epoch-{dropped:06d}")])
    assert not Checkpoints(artifact_in(tmp_path)).is_finished(EPOCHS)
    with artifact_in(tmp_path).writer() as writer:  # it comes before epochs that stayed, or after all of them
        checkpoints = Checkpoints(artifact_in(tmp_path), writer)
        checkpoints.save(dropped, {"w": torch.ones(2)}, {"step": [1.0]}, {}, figure=float(figures[dropped]))
        assert checkpoints.answer() == 3
