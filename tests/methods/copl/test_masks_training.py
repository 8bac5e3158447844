"""Masks in the loop: what is saved, BatchNorm's buffers among it, and what a killed run ends in."""

from pathlib import Path

import pytest
import torch
from toy_towers import ToyTower, rows_of, shape_of

from pipeline.methods.copl.counts import learned
from pipeline.methods.copl.masks.config import MasksHeadOptions, MasksOptions
from pipeline.methods.copl.masks.counts import head_numbers
from pipeline.methods.copl.masks.learner import MaskBatch, MasksLearner
from pipeline.telemetry.progress import Progress
from pipeline.training.checkpoint import Checkpoints
from pipeline.training.loop import fit, learned_of
from pipeline.training.optimisers import without_state
from stores import ArtifactSpec, Store

SEGMENTS, CLIPS, SIDE = 3, 6, 32
TOWERS = (ToyTower(seed=1), ToyTower(shape_of("flat", width=4, depths=(2, 1)), seed=2))
HEAD = {"size": SIDE, "width": 8, "level_widths": (3, 4, 5, 6), "audio_width": 5, "masked_av": 0.5}
LEARNT = {
    "global_prompts": 2, "interaction_prompts": 2, "bank": 3, "layers": 1, "last": 1, "batch": 4, "accumulate": 2, "epochs": 3,
    "lr_head": 1e-2, "schedule": "step", "step_epochs": 1, "step_factor": 0.5, "head": HEAD,
}  # fmt: skip


class Clips:
    """Clips in an order of the epoch's own, so many at once; dies where it is told to."""

    def __init__(self, many: int, dies_at: tuple[int, int] | None = None):
        numbers = torch.Generator().manual_seed(0)
        self._visual = rows_of(CLIPS, SEGMENTS, TOWERS[0].shape)[0]
        self._audio = rows_of(CLIPS, SEGMENTS, TOWERS[1].shape)[1]
        self._masks = torch.randint(0, 2, (CLIPS, SEGMENTS, SIDE, SIDE), generator=numbers, dtype=torch.uint8)
        self._many, self._dies_at = many, dies_at

    def __len__(self) -> int:
        return -(-CLIPS // self._many)

    def epoch(self, epoch: int):  # noqa: ANN201
        order = torch.randperm(CLIPS, generator=torch.Generator().manual_seed(epoch))
        for number, chosen in enumerate(order.split(self._many)):
            if (epoch, number) == self._dies_at:
                raise ZeroDivisionError("the machine lost power")
            yield MaskBatch(self._visual[chosen], self._audio[chosen], self._masks[chosen])


def run(folder: Path, dies_at: tuple[int, int] | None = None, **given) -> tuple[Checkpoints, MasksLearner]:
    options = MasksOptions(**{**LEARNT, **given})
    how = options.fit
    learner = MasksLearner(options, *TOWERS, SEGMENTS, seed=0)
    artifact = Store(folder).artifact(ArtifactSpec(kind="prompts", fields={}, backend="blob"))

    def figure() -> float:
        batch = next(Clips(CLIPS).epoch(0))
        return float(((learner.answers(batch) > 0.5) == batch.masks).float().mean())

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
    whole, learner = run(tmp_path / "whole", **given)
    with pytest.raises(ZeroDivisionError):
        run(tmp_path / "broken", dies_at, **given)
    assert blobs(tmp_path / "broken") != blobs(tmp_path / "whole")
    run(tmp_path / "broken", **given)
    assert blobs(tmp_path / "broken") == blobs(tmp_path / "whole")
    found = whole.tensors(3)
    buffers = dict(learner.named_buffers())
    assert len(buffers) == 3 * 4 and all(torch.equal(found[name], value) for name, value in buffers.items())
    counted = [value for name, value in buffers.items() if name.endswith("batches_tracked")]
    assert all(value == 9 for value in counted)  # three epochs of three batches; to judge counts none


def test_a_checkpoint_holds_prompts_head_buffers_and_moments_and_no_tower(tmp_path: Path) -> None:
    held, learner = run(tmp_path)
    tensors = held.tensors(3)
    own = {name for name, _ in learner.named_parameters()}
    assert set(without_state(tensors)) == own | {name for name, _ in learner.named_buffers()}
    assert {name for name in tensors if name.startswith("exp_avg/")} == {f"exp_avg/{name}" for name in own}
    shapes = [tower.shape for tower in TOWERS]
    numbers = sum(learned(learner._options, *shapes, SEGMENTS).values()) + sum(
        head_numbers(learner._own, *shapes).values()
    )
    assert sum(tensors[name].numel() for name in own) == numbers
    assert set(held.history()) == {"loss", "task", "masked-av", "consistency", "step"}


def test_prompts_and_head_have_rates_of_their_own(tmp_path: Path) -> None:
    """Adam's first step is as long as the rate, whatever the gradient; behind TPAVI's BatchNorm there is none yet."""
    plain = {
        "batch": 6,
        "accumulate": 1,
        "epochs": 1,
        "schedule": "constant",
        "keep": "all",
        "head": {**HEAD, "width": 16},
    }
    held, learner = run(tmp_path, **plain, lr_prompts=3e-3, lr_head=2e-4)
    before, after = held.tensors(0), held.tensors(1)
    for name, _ in learner.named_parameters():
        rate = 3e-3 if name.startswith("prompts.") else 2e-4
        rate = 0 if any(part in name for part in (".theta.", ".phi.", ".g.", ".back.")) else rate
        assert (after[name] - before[name]).abs().max() == pytest.approx(rate, rel=2e-2), name
    paper = {group["lr"]: len(group["params"]) for group in learned_of(learner, MasksOptions().fit).groups}
    assert paper == {1e-3: len(list(learner.prompts.parameters())), 5e-5: len(list(learner.head.parameters()))}


def test_defaults_are_those_of_section_3b_and_name_no_more_than_they_must() -> None:
    options = MasksOptions()
    assert (options.global_prompts, options.interaction_prompts, options.epochs) == (30, 30, 30)
    assert (options.lr_prompts, options.lr_head, options.batch, options.bank, options.latents) == (1e-3, 5e-5, 8, 10, 2)
    named = options.naming_fields()
    assert MasksOptions.model_validate(named) == options
    assert not {"step_epochs", "step_factor", "patience", "checkpointing"} & set(named)
    stepped = MasksOptions(schedule="step", patience=5)
    assert {"step_epochs", "step_factor", "patience"} < set(stepped.naming_fields())
    assert MasksOptions.model_validate(stepped.naming_fields()) == stepped
    assert MasksOptions(step_epochs=3).naming_fields() == named


def test_the_page_tells_of_every_option_of_the_head_and_its_default() -> None:
    page = (Path(__file__).parents[3] / "docs" / "copl.md").read_text("utf-8")
    part = page.split("## Masks of sounding objects")[1].split("\n## ")[0]
    rows = {
        line.split("|")[1].strip(" `"): line.split("|")[2].strip(" `") for line in part.splitlines() if "| `" in line
    }
    for name, field in MasksHeadOptions.model_fields.items():
        default = field.default
        words = ", ".join(map(str, default)) if isinstance(default, tuple) else str(default)
        assert rows[name] in (words, words.removesuffix(".0")), name
