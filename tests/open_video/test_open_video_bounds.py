"""What follows from the design of the miniature's motions: frames tell no motion from its reverse, flow does."""

from pathlib import Path

import numpy as np
import torch
from video_runs import bound_of

from pipeline.encoders.load import load_encoder
from pipeline.methods.mov.batch import MovClips
from pipeline.tasks.open_video.batches import stored_classes, stored_clips
from pipeline.tasks.open_video.learn import learner_of, read_back
from pipeline.tasks.open_video.work import lacking_of, units
from pipeline.training.checkpoint import Checkpoints


def test_a_clip_and_its_reverse_are_one_to_frames_alone_and_two_to_flow(ran: Path) -> None:
    """So of a clip and its reverse frames alone have exactly one right, whatever was learned."""
    bound = bound_of(ran)
    unit = next(unit for unit in units(bound) if unit.method == "late")  # Table 5: each modality by itself
    encoder = load_encoder(bound.card, "cpu", "float32")
    classes = stored_classes(bound, bound.sets.learn.classes, unit.config, encoder, torch.device("cpu"))
    learner = learner_of(unit.config, encoder, classes, unit.seed)
    read_back(learner, Checkpoints(bound.store.artifact(unit.spec)))
    stored = stored_clips(bound, bound.sets.judged["base"], unit.config, lacking_of(bound).of(unit.config))
    clips = stored.judged(np.arange(8))
    assert clips.other is not None
    # Played backwards: frames in the other order, and what moved to the right moves to the left.
    reverse = MovClips(clips.video.flip(2), (255 - clips.other).flip(2))
    said, back = (learner.answers(each, classes, "base").beside for each in (clips, reverse))
    for row in ("video", "frozen"):
        torch.testing.assert_close(said[row], back[row], atol=1e-5, rtol=1e-4)
    assert (said["other"] - back["other"]).abs().max() > 0.01


def test_frames_of_a_pair_are_drawn_alike(ran: Path) -> None:
    """Stored frames of both motions of a pair have one mean place; those of their flow have opposite ones."""
    bound = bound_of(ran)
    unit = next(unit for unit in units(bound) if unit.method == "mov")
    stored = stored_clips(bound, bound.sets.learn, unit.config, frozenset())
    rows = {
        name: np.flatnonzero(np.array(bound.sets.learn.labels) == i) for i, name in enumerate(bound.sets.learn.classes)
    }

    def right(name: str) -> float:
        other = stored.judged(rows[name]).other
        assert other is not None
        return float((other[..., 0].float() - 127.5).mean())

    assert right("sliding left") < -1 and right("sliding right") > 1
    assert abs(right("growing")) < 1 and abs(right("shrinking")) < 1
