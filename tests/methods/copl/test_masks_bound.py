"""What masks can tell of two things of which one sounds; with zeros in TPAVI only Eq. 9 carries it (a toy of COPL_MOV 8)."""

import pytest
import torch
from toy_towers import ToyTower, shape_of

from pipeline.evaluation.masks import MaskTally
from pipeline.methods.copl.masks.config import MasksOptions
from pipeline.methods.copl.masks.learner import MaskBatch, MasksLearner
from pipeline.telemetry.progress import Progress
from pipeline.training.checkpoint import Checkpoints
from pipeline.training.loop import fit, learned_of
from stores import ArtifactSpec, Store

SEGMENTS, SIDE, THING = 3, 32, 8
SHAPE = shape_of(width=16, depths=(1, 2), side=8)
LEARNT = {
    "layers": 3, "init_std": 0.3, "lr_prompts": 1e-2, "lr_head": 3e-3, "epochs": 7, "batch": 4, "keep": "last",
    "global_prompts": 4, "interaction_prompts": 8, "schedule": "cosine",
}  # fmt: skip
"""Interaction in all blocks: where the map is fine, attention itself multiplies what is seen at a place with what is heard.

Of the last blocks alone, whose map is coarse, the decoder would have to do that, and hundreds of steps more would pass."""
HEAD = {"size": SIDE, "width": 16, "level_widths": (8, 8, 16, 16), "dilations": (1, 2), "audio_width": 8}


def toy_world(clips, seed):
    """Every second shows a red and a blue square, of equal size and apart; one of them sounds. Clips are twins: of one picture
    both sound in turn, so that without the sound no answer has more than half."""
    numbers, of_sounds = torch.Generator().manual_seed(seed), torch.Generator().manual_seed(7)
    tones = 4 * torch.randn(2, *SHAPE.input[:2], generator=of_sounds)
    pictures, sounds, masks = [], [], []
    for _ in range(clips // 2):
        frames = 100 + 20 * torch.randn(SEGMENTS, SIDE, SIDE, 3, generator=numbers)
        where = torch.zeros(SEGMENTS, 2, SIDE, SIDE, dtype=torch.uint8)
        for second in range(SEGMENTS):
            left = torch.randint(0, SIDE // 2 - THING, (2,), generator=numbers) + torch.tensor([0, SIDE // 2])
            top = torch.randint(0, SIDE - THING, (2,), generator=numbers)
            for thing, side in enumerate(torch.randperm(2, generator=numbers).tolist()):
                rows, columns = (
                    slice(int(top[side]), int(top[side]) + THING),
                    slice(int(left[side]), int(left[side]) + THING),
                )
                frames[second, rows, columns] = torch.tensor([(230.0, 20.0, 20.0), (20.0, 20.0, 230.0)][thing])
                where[second, thing, rows, columns] = 1
        sounding = torch.randint(0, 2, (SEGMENTS,), generator=numbers)
        for heard in (sounding, 1 - sounding):
            pictures.append(frames[:, ::2, ::2].clamp(0, 255).to(torch.uint8))
            sounds.append(tones[heard] + 0.5 * torch.randn(SEGMENTS, *SHAPE.input[:2], generator=numbers))
            masks.append(where[torch.arange(SEGMENTS), heard])
    return torch.stack(pictures), torch.stack(sounds), torch.stack(masks)


@pytest.fixture(scope="module")
def world():
    return ToyTower(SHAPE), *(MaskBatch(*toy_world(clips, seed)) for clips, seed in ((160, 1), (80, 2)))


class Shuffled:
    """Batches of clips in an order of each epoch's own."""

    def __init__(self, clips, many):
        self._clips, self._many = clips, many

    def __len__(self):
        return -(-len(self._clips.masks) // self._many)

    def epoch(self, epoch):
        order = torch.randperm(len(self._clips.masks), generator=torch.Generator().manual_seed(epoch))
        for chosen in order.split(self._many):
            yield MaskBatch(*(rows[chosen] for rows in (self._clips.visual, self._clips.audio, self._clips.masks)))


def miou(folder, world, rung, head, **given):
    tower, train, test = world
    options = MasksOptions(**{**LEARNT, **given, "rung": rung}, head={**HEAD, **head})
    learner = MasksLearner(options, tower, tower, SEGMENTS, seed=0)
    artifact = Store(folder).artifact(ArtifactSpec(kind="prompts", fields={}, backend="blob"))
    with artifact.writer() as writer:
        fit(
            learner, learned_of(learner, options.fit), Shuffled(train, options.batch), options.fit,
            Checkpoints(artifact, writer), Progress.silent(),
        )  # fmt: skip
    tally = MaskTally()
    for said, truth in zip(learner.answers(test).numpy(), test.masks.numpy(), strict=True):
        tally.add(said, truth)
    return tally.scores().miou


@pytest.mark.parametrize(("rung", "head"), [("frame", {"tpavi": ()}), ("interaction", {"audio": "zeroed"})])
def test_without_the_sound_no_more_than_half_is_right(tmp_path, world, rung, head):
    """Neither with no TPAVI, nor with zeros in it and prompts in the place of I that are the same for all inputs."""
    assert miou(tmp_path, world, rung, head) <= 0.5


def test_interaction_prompts_bring_the_sound_to_the_masks(tmp_path, world):
    assert miou(tmp_path, world, "consistency", {"audio": "zeroed"}) >= 0.65


def test_the_whole_method_finds_what_sounds(tmp_path, world):
    assert miou(tmp_path, world, "consistency", {}) >= 0.75
