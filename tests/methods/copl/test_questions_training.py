"""Questions in the loop: what a killed run ends in, dropout and negatives among it, and that the world is learned from."""

import dataclasses
from pathlib import Path

import pytest
import torch
from asked import ANSWERS, LONGEST, SEGMENTS, WORDS, options_of
from toy_towers import ToyTower, rows_of, shape_of

from pipeline.methods.copl.questions.learner import QuestionBatch, QuestionsLearner
from pipeline.methods.copl.questions.steps import parts_of, steps_of
from pipeline.telemetry.progress import Progress
from pipeline.training.checkpoint import Checkpoints
from pipeline.training.dropout import draw_of
from pipeline.training.loop import fit, learned_of
from pipeline.training.optimisers import without_state
from stores import ArtifactSpec, Store

VIDEOS, POINTS = (0, 0, 1, 1, 1, 2, 3, 3, 2), 4
LEARNT = {
    "batch": 4, "accumulate": 2, "together": 2, "epochs": 3, "lr_head": 1e-3, "weight_decay": 0.01, "schedule": "cosine",
    "negatives": POINTS, "head": {"dropout": 0.3, "width": 8},
}  # fmt: skip
TOWERS = (ToyTower(seed=1), ToyTower(shape_of("flat", width=4, depths=(2, 1)), seed=2))


class Asked:
    """Batches as a task would make them; dies where it is told to."""

    def __init__(self, options, seed: int = 0, dies_at: tuple[int, int] | None = None):
        numbers = torch.Generator().manual_seed(0)
        self._options, self._seed, self._dies_at = options, seed, dies_at
        self._visual = rows_of(4, SEGMENTS, TOWERS[0].shape)[0]
        self._audio = rows_of(4, SEGMENTS, TOWERS[1].shape)[1]
        self._grid = rows_of(4, POINTS, TOWERS[0].shape, 9)[0]
        self._words = torch.randint(0, WORDS, (len(VIDEOS), LONGEST), generator=numbers)
        self._answers = torch.randint(0, ANSWERS, (len(VIDEOS),), generator=numbers)

    def __len__(self) -> int:
        return parts_of(VIDEOS, self._options)

    def epoch(self, epoch: int):  # noqa: ANN201
        for step in steps_of(VIDEOS, self._options, SEGMENTS, self._seed, epoch):
            if (epoch, step.number) == self._dies_at:
                raise ZeroDivisionError("the machine lost power")
            questions, videos = torch.from_numpy(step.questions), torch.from_numpy(step.videos)
            yield QuestionBatch(
                self._visual[videos], self._audio[videos], torch.from_numpy(step.video_of), self._words[questions],
                self._answers[questions], self._grid[torch.from_numpy(step.others), torch.from_numpy(step.points)],
                draw_of(self._seed, epoch, step.number),
            )  # fmt: skip

    def all(self) -> QuestionBatch:
        return QuestionBatch(self._visual, self._audio, torch.tensor(VIDEOS), self._words, self._answers)


def run(folder: Path, dies_at: tuple[int, int] | None = None, **given) -> tuple[Checkpoints, QuestionsLearner, Asked]:
    options = options_of(**{**LEARNT, **given})
    learner = QuestionsLearner(options, *TOWERS, SEGMENTS, WORDS, ANSWERS, seed=0)
    artifact, batches = Store(folder).artifact(ArtifactSpec(kind="prompts", fields={}, backend="blob")), Asked(options)
    batches._dies_at = dies_at

    def figure() -> float:
        return float((learner.answers(batches.all()).argmax(-1) == batches.all().answers).float().mean())

    with artifact.writer() as writer:
        held = Checkpoints(artifact, writer)
        fit(learner, learned_of(learner, options.fit), batches, options.fit, held, Progress.silent(), figure=figure)
    return Checkpoints(artifact), learner, batches


def blobs(folder: Path) -> dict[str, bytes]:
    (artifact,) = Store(folder).artifacts("prompts")
    return {key: artifact.blob(key) for key in artifact.keys()}


@pytest.mark.parametrize("given", [{}, {"variant": "parallel", "keep": "all"}])
@pytest.mark.parametrize("dies_at", [(1, 1), (2, 0), (3, 2)])
def test_a_run_that_died_ends_in_the_same_bytes(tmp_path: Path, dies_at, given) -> None:
    torch.manual_seed(1)
    run(tmp_path / "whole", **given)
    torch.manual_seed(2)  # torch's own stream has no say
    with pytest.raises(ZeroDivisionError):
        run(tmp_path / "broken", dies_at, **given)
    assert blobs(tmp_path / "broken") != blobs(tmp_path / "whole")
    held, *_ = run(tmp_path / "broken", **given)
    assert blobs(tmp_path / "broken") == blobs(tmp_path / "whole")
    assert held.last_epoch() == 3 and held.is_finished(3)


def test_a_checkpoint_holds_prompts_head_and_moments_and_no_tower(tmp_path: Path) -> None:
    held, learner, batches = run(tmp_path)
    own, tensors = {name for name, _ in learner.named_parameters()}, held.tensors(3)
    assert set(without_state(tensors)) == own
    assert {name for name in tensors if name.startswith("exp_avg/")} == {f"exp_avg/{name}" for name in own}
    assert set(held.history()) == {"loss", "task", "match", "consistency", "step"}
    assert len(held.history()["loss"]) == 3 * -(-len(batches) // 2)


def test_what_is_dropped_has_a_say(tmp_path: Path) -> None:
    held = [run(tmp_path / str(share), head={"dropout": share, "width": 8})[0] for share in (0, 0.3)]
    assert not torch.equal(*(each.tensors(3)["head.answer.weight"] for each in held))


def test_answers_that_can_be_known_are_learned(tmp_path: Path) -> None:
    """Nine questions by heart."""
    learnt = {
        "epochs": 60,
        "lr_head": 3e-3,
        "schedule": "constant",
        "head": {"dropout": 0.1, "width": 16},
        "weight_decay": 0,
    }
    _, learner, batches = run(tmp_path, **learnt)
    assert (learner.answers(batches.all()).argmax(-1) == batches.all().answers).float().mean() >= 8 / 9
    assert torch.equal(
        learner.answers(batches.all()),
        learner.answers(dataclasses.replace(batches.all(), answers=-batches.all().answers)),
    )
