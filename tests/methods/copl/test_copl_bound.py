"""What the visual tokens alone can tell of a match of shape and sound: only Eq. 9 carries the sound there."""

import pytest
from match_world import PAIRS, SEGMENTS, Shuffled, match_world, stored
from toy_towers import ToyTower, shape_of

from pipeline.methods.copl.config import CoplOptions
from pipeline.methods.copl.learner import EventsLearner
from pipeline.telemetry.progress import Progress
from pipeline.training.checkpoint import Checkpoints
from pipeline.training.loop import fit, learned_of
from stores import ArtifactSpec, Store

LEARNT = {
    "init_std": 0.3, "lr_prompts": 1e-2, "lr_head": 1e-2, "epochs": 8, "batch": 8, "keep": "last", "global_prompts": 4,
    "interaction_prompts": 8,
}  # fmt: skip
"""Toy tokens are short: from N(0, 0.02^2) all entries are alike to them (Eq. 6), and nothing begins to be learned."""


@pytest.fixture(scope="module")
def world():
    tower = ToyTower(shape_of(width=16))
    return tower, *(stored(tower, match_world(200, seed, tower.shape)) for seed in (1, 2))


def accuracy(folder, world, rung, use, variant="late"):
    tower, train, test = world[0], world[1][variant], world[2][variant]
    own = {"side_width": 64, "epochs": 12} if variant == "parallel" else {}
    options = CoplOptions(variant=variant, rung=rung, head={"use": use, "loss": "ce"}, **{**LEARNT, **own})
    learner = EventsLearner(options, tower, tower, SEGMENTS, PAIRS + 1, seed=0)
    artifact = Store(folder).artifact(ArtifactSpec(kind="prompts", fields={}, backend="blob"))
    with artifact.writer() as writer:
        fit(
            learner, learned_of(learner, options.fit), Shuffled(train, options.batch), options.fit,
            Checkpoints(artifact, writer), Progress.silent(),
        )  # fmt: skip
    return float((learner.answers(test).argmax(-1) == test.labels).float().mean())


CHANCE = 0.5 + 3 * (0.25 / (200 * SEGMENTS)) ** 0.5
"""Who knows one side only can do no better than to say background, or that side's class, always; and 3 standard errors."""


@pytest.mark.parametrize(("variant", "rung"), [("late", "frame"), ("late", "interaction"), ("parallel", "frame")])
def test_without_a_bank_visual_tokens_do_not_know_the_sound(tmp_path, world, variant, rung):
    """Neither without interaction prompts, nor with those that are the same for all inputs."""
    assert accuracy(tmp_path, world, rung, "visual", variant) <= CHANCE


@pytest.mark.parametrize(("variant", "rung"), [("late", "bank"), ("late", "consistency"), ("parallel", "consistency")])
def test_interaction_prompts_bring_the_sound_to_visual_tokens(tmp_path, world, variant, rung):
    assert accuracy(tmp_path, world, rung, "visual", variant) >= 0.75


def test_a_head_that_reads_both_sides_needs_no_interaction(tmp_path, world):
    assert accuracy(tmp_path, world, "frame", "both") >= 0.75
