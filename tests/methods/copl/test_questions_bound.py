"""Who sees and hears knows whether both belong together; who does one of it, or reads the question only, guesses."""

import pytest
import torch
from toy_towers import ToyTower, shape_of

from pipeline.encoders.stepped.base import run
from pipeline.methods.copl.questions.config import QuestionsOptions
from pipeline.methods.copl.questions.learner import QuestionBatch, QuestionsLearner
from pipeline.methods.copl.questions.steps import parts_of, steps_of
from pipeline.telemetry.progress import Progress
from pipeline.training.checkpoint import Checkpoints
from pipeline.training.dropout import draw_of
from pipeline.training.loop import fit, learned_of
from stores import ArtifactSpec, Store

PAIRS, SEGMENTS, CLIPS = 3, 4, 300
WORDS, LONGEST, ANSWERS = 4, 3, 2
SEEN, MATCH = (1, 2, 0), (3, 0, 0)
"""Two questions: whether the first shape is seen, and whether shape and sound belong together; 0 is padding, yes is 1."""
CHANCE = 0.5 + 3.3 * (0.25 / CLIPS) ** 0.5


def world(tower, seed):
    """Clips that show a shape and play a sound all along, and both questions about each; the last blocks' outputs."""
    of_pairs = torch.Generator().manual_seed(7)
    shapes = torch.rand(PAIRS, *tower.shape.input, generator=of_pairs)
    sounds = torch.randn(PAIRS, *tower.shape.input[:2], generator=of_pairs)
    numbers = torch.Generator().manual_seed(seed)
    shown = torch.randint(0, PAIRS, (CLIPS,), generator=numbers)
    match = torch.rand(CLIPS, generator=numbers) < 0.5
    played = torch.where(match, shown, (shown + torch.randint(1, PAIRS, shown.shape, generator=numbers)) % PAIRS)
    size = (CLIPS, SEGMENTS, *tower.shape.input)
    seen = (shapes[shown][:, None] + 0.2 * torch.randn(size, generator=numbers)).clamp(0, 1) * 255
    heard = sounds[played][:, None] + 0.4 * torch.randn(size[:-1], generator=numbers)
    tokens = [run(tower, tower.enter(x.flatten(0, 1))).unflatten(0, size[:2]) for x in (seen.to(torch.uint8), heard)]
    words = torch.tensor([SEEN, MATCH]).repeat(CLIPS, 1)
    answers = torch.stack([shown == 0, match], 1).flatten().long()
    return QuestionBatch([tokens[0]], [tokens[1]], torch.arange(CLIPS).repeat_interleave(2), words, answers)


class Batches:
    def __init__(self, clips, options):
        self._clips, self._options = clips, options

    def __len__(self):
        return parts_of(self._clips.video_of.tolist(), self._options)

    def epoch(self, epoch):
        clips = self._clips
        for step in steps_of(clips.video_of.tolist(), self._options, SEGMENTS, 0, epoch):
            videos, questions = torch.from_numpy(step.videos), torch.from_numpy(step.questions)
            yield QuestionBatch(
                [clips.visual[0][videos]], [clips.audio[0][videos]], torch.from_numpy(step.video_of), clips.words[questions],
                clips.answers[questions],
                clips.visual[0][torch.from_numpy(step.others), torch.from_numpy(step.points)], draw_of(0, epoch, step.number),
            )  # fmt: skip


@pytest.fixture(scope="module")
def clips():
    tower = ToyTower(shape_of(width=16))
    return tower, world(tower, 1), world(tower, 2)


def right(folder, clips, use):
    """Share of right answers to (what is seen, whether it matches)."""
    tower, train, test = clips
    options = QuestionsOptions(
        rung="none", head={"width": 32, "use": use}, batch=24, together=2, negatives=SEGMENTS, epochs=11, lr_head=3e-3,
        schedule="cosine", keep="last",
    )  # fmt: skip
    learner = QuestionsLearner(options, tower, tower, SEGMENTS, WORDS, ANSWERS, seed=0)
    artifact = Store(folder).artifact(ArtifactSpec(kind="prompts", fields={}, backend="blob"))
    with artifact.writer() as writer:
        held = Checkpoints(artifact, writer)
        fit(learner, learned_of(learner, options.fit), Batches(train, options), options.fit, held, Progress.silent())
    found = (learner.answers(test).argmax(-1) == test.answers).float().view(CLIPS, 2).mean(0)
    return float(found[0]), float(found[1])


def test_both_sides_together_know(tmp_path, clips):
    seen, match = right(tmp_path, clips, "both")
    assert seen >= 0.95 and match >= 0.8


def test_eyes_alone_know_what_is_seen_and_guess_what_matches(tmp_path, clips):
    seen, match = right(tmp_path, clips, "visual")
    assert seen >= 0.95 and match <= CHANCE


@pytest.mark.parametrize("use", ["audio", "question"])
def test_who_does_not_look_guesses_what_matches(tmp_path, clips, use):
    assert right(tmp_path, clips, use)[1] <= CHANCE
