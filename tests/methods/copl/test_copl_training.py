"""CoPL in the loop: what is saved, what a killed run ends in, and which rate moves what."""

from pathlib import Path

import pytest
import torch
from toy_towers import ToyTower, rows_of, shape_of

from pipeline.methods.copl.config import CoplOptions
from pipeline.methods.copl.counts import head_numbers, learned
from pipeline.methods.copl.learner import AvBatch, EventsLearner
from pipeline.telemetry.progress import Progress
from pipeline.training.checkpoint import Checkpoints
from pipeline.training.loop import fit, learned_of
from pipeline.training.optimisers import without_state
from stores import ArtifactSpec, Store

SEGMENTS, CLASSES, CLIPS = 3, 4, 6
SIZES = {
    "global_prompts": 2,
    "interaction_prompts": 2,
    "bank": 3,
    "bottleneck": 8,
    "side_width": 6,
    "layers": 1,
    "last": 1,
}
LEARNT = {"batch": 4, "accumulate": 2, "epochs": 3, "lr_head": 1e-3, "weight_decay": 0.01, "schedule": "cosine"}
TOWERS = (ToyTower(seed=1), ToyTower(shape_of("flat", width=4, depths=(2, 1)), seed=2))


class Clips:
    """Clips in an order of the epoch's own, so many at once; dies where it is told to."""

    def __init__(self, many: int, dies_at: tuple[int, int] | None = None):
        numbers = torch.Generator().manual_seed(0)
        self._visual = rows_of(CLIPS, SEGMENTS, TOWERS[0].shape)[0]
        self._audio = rows_of(CLIPS, SEGMENTS, TOWERS[1].shape)[1]
        self._labels = torch.randint(0, CLASSES, (CLIPS, SEGMENTS), generator=numbers)
        self._many, self._dies_at = many, dies_at

    def __len__(self) -> int:
        return -(-CLIPS // self._many)

    def epoch(self, epoch: int):  # noqa: ANN201
        order = torch.randperm(CLIPS, generator=torch.Generator().manual_seed(epoch))
        for number, chosen in enumerate(order.split(self._many)):
            if (epoch, number) == self._dies_at:
                raise ZeroDivisionError("the machine lost power")
            yield AvBatch(self._visual[chosen], self._audio[chosen], self._labels[chosen])


def run(folder: Path, dies_at: tuple[int, int] | None = None, **given) -> tuple[Checkpoints, EventsLearner]:
    options = CoplOptions(**{**SIZES, **LEARNT, **given})
    how = options.fit
    learner = EventsLearner(options, *TOWERS, SEGMENTS, CLASSES, seed=0)
    artifact = Store(folder).artifact(ArtifactSpec(kind="prompts", fields={}, backend="blob"))

    def figure() -> float:
        batch = next(Clips(CLIPS).epoch(0))
        return float((learner.answers(batch).argmax(-1) == batch.labels).float().mean())

    with artifact.writer() as writer:
        batches = Clips(how.batch_of(CLIPS), dies_at)
        held = Checkpoints(artifact, writer)
        fit(learner, learned_of(learner, how), batches, how, held, Progress.silent(), figure=figure)
    return Checkpoints(artifact), learner


def blobs(folder: Path) -> dict[str, bytes]:
    (artifact,) = Store(folder).artifacts("prompts")
    return {key: artifact.blob(key) for key in artifact.keys()}


@pytest.mark.parametrize("given", [{}, {"variant": "parallel"}, {"keep": "all", "checkpointing": True}])
@pytest.mark.parametrize("dies_at", [(1, 1), (2, 0), (3, 2)])
def test_a_run_that_died_ends_in_the_same_bytes(tmp_path: Path, dies_at, given) -> None:
    run(tmp_path / "whole", **given)
    with pytest.raises(ZeroDivisionError):
        run(tmp_path / "broken", dies_at, **given)
    assert blobs(tmp_path / "broken") != blobs(tmp_path / "whole")
    held, _ = run(tmp_path / "broken", **given)
    assert blobs(tmp_path / "broken") == blobs(tmp_path / "whole")
    assert held.last_epoch() == 3 and held.is_finished(3)


def test_a_checkpoint_holds_prompts_head_and_moments_and_no_tower(tmp_path: Path) -> None:
    held, learner = run(tmp_path)
    tensors = held.tensors(3)
    own = {name for name, _ in learner.named_parameters()}
    assert set(without_state(tensors)) == own
    assert {name for name in tensors if name.startswith("exp_avg/")} == {f"exp_avg/{name}" for name in own}
    shapes = [tower.shape for tower in TOWERS]
    numbers = sum(learned(learner._options, *shapes, SEGMENTS).values())
    numbers += head_numbers(learner._options.head, *(shape.width for shape in shapes), CLASSES)
    assert sum(value.numel() for value in without_state(tensors).values()) == numbers
    assert len(held.history()["loss"]) == 3 * 2  # of 3 batches an epoch two make a step
    assert set(held.history()) == {"loss", "task", "consistency", "step"}


def test_prompts_and_head_have_rates_of_their_own(tmp_path: Path) -> None:
    """Adam's first step is as long as the rate, whatever the gradient."""
    plain = {"batch": 6, "accumulate": 1, "epochs": 1, "schedule": "constant", "weight_decay": 0, "keep": "all"}
    held, learner = run(tmp_path, **plain, lr_prompts=3e-3, lr_head=2e-4)
    before, after = held.tensors(0), held.tensors(1)
    for name, _ in learner.named_parameters():
        rate = 3e-3 if name.startswith("prompts.") else 2e-4
        assert (after[name] - before[name]).abs().max() == pytest.approx(rate, rel=2e-2), name
    paper = {group["lr"]: len(group["params"]) for group in learned_of(learner, CoplOptions().fit).groups}
    assert paper == {1e-3: len(list(learner.prompts.parameters())), 1e-5: len(list(learner.head.parameters()))}


def test_a_step_in_parts_is_the_step_of_the_whole_batch() -> None:
    batch, found = next(Clips(4).epoch(1)), []
    for parts in (1, 2):
        learner = EventsLearner(CoplOptions(**SIZES), *TOWERS, SEGMENTS, CLASSES, seed=0)
        for rows in torch.arange(4).chunk(parts):
            loss, _ = learner(AvBatch(batch.visual[rows], batch.audio[rows], batch.labels[rows]))
            (loss / parts).backward()
        found.append([p.grad for p in learner.parameters()])
    for whole, summed in zip(*found, strict=True):
        torch.testing.assert_close(summed, whole, rtol=1e-4, atol=1e-7)


def test_a_batch_that_cannot_be_cut_is_refused() -> None:
    with pytest.raises(
        ValueError, match="batch: 8 cannot be run in 3 equal parts. Write accumulate: 2, or another batch"
    ):
        CoplOptions(batch=8, accumulate=3)
    with pytest.raises(ValueError, match="start says where variant: late begins; this is variant: paper"):
        CoplOptions(start="stage4")


def test_the_page_tells_of_every_option_and_its_default() -> None:
    page = (Path(__file__).parents[3] / "docs" / "copl.md").read_text("utf-8")
    rows = {line.split("|")[1]: line.split("|")[2] for line in page.splitlines() if line.startswith("| `")}
    told = {name: value for names, value in rows.items() for name in names.replace("`", "").replace(",", " ").split()}
    shown = {True: "yes", False: "no"}
    absent = {"start": "last stage", "patience": "none"}
    for name, field in CoplOptions.model_fields.items():
        default = field.default
        if name not in ("method", "head"):
            words = absent[name] if default is None else shown[default] if isinstance(default, bool) else str(default)
            known = told[name].replace("1e-3", "0.001").replace("1e-5", "1e-05").replace("`", "").split(",")
            assert words in [word.strip() for word in known] or float(words) in map(float, known), name


def test_checkpointing_serves_memory_only_and_names_nothing() -> None:
    assert CoplOptions(checkpointing=True).naming_fields() == CoplOptions().naming_fields()
    assert CoplOptions(latents=3).naming_fields() != CoplOptions().naming_fields()
    assert CoplOptions.model_validate(CoplOptions().naming_fields()) == CoplOptions()
