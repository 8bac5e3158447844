"""The count of a step's bytes against real steps of real towers, and the cards that the paper's batch fits on."""

import pytest
import torch
from living_bytes import LivingBytes
from saved_bytes import Saved, staying
from sized_towers import tower_of

from pipeline.encoders.stepped.known import HTS_AT, SWIN_V2_LARGE_192, hts_at, swin_v2, vit
from pipeline.methods.copl.config import CoplOptions
from pipeline.methods.copl.learner import AvBatch, EventsLearner
from pipeline.methods.copl.memory import kept_bytes, step_bytes
from pipeline.methods.copl.places import reads

SEGMENTS, CLASSES = 3, 29
SWIN = swin_v2("small-swin", 96, 4, 48, (2, 2, 4, 2), (3, 6, 12, 24), window=6)
SMALL_HTS_AT = hts_at("small-hts-at", 128, 32, 64, 4, 32, (2, 2, 2, 2), (2, 2, 4, 4), window=2)
VIT = vit("small-vit", 64, 8, 96, 4, 4)
PAIRS = {"swin": (SWIN, SWIN), "swin and hts-at": (SWIN, SMALL_HTS_AT), "vit": (VIT, VIT)}


@pytest.fixture(scope="module")
def towers():
    made = {shape.name: tower_of(shape) for shape in (SWIN, SMALL_HTS_AT, VIT)}
    return {name: tuple(made[shape.name] for shape in pair) for name, pair in PAIRS.items()}


def batch_of(options, pair, clips):
    """What the options read: rows as towers enter them, or tokens at the cuts."""
    numbers, held = torch.Generator().manual_seed(0), []
    for tower, cuts in zip(pair, reads(options, *(tower.shape for tower in pair)), strict=True):
        if cuts == ("pixels",):
            held.append(torch.randn(clips, SEGMENTS, *tower.shape.input[:2], generator=numbers))
            continue
        tokens = [torch.randn(clips, SEGMENTS, *tower.shape.map_at(cut), generator=numbers) for cut in cuts]
        held.append(tokens if options.variant == "parallel" else tokens[0])
    return AvBatch(*held, torch.zeros(clips, SEGMENTS, dtype=torch.long))


CASES = [
    ("swin", {}, 1), ("swin", {}, 2), ("swin", {"global_prompts": 5, "rung": "bank", "frame_prompts": "all"}, 3),
    ("swin", {"rung": "frame"}, 1), ("swin", {"checkpointing": True}, 1), ("swin", {"checkpointing": True}, 2),
    ("swin", {"variant": "late", "start": "stage3"}, 1), ("swin", {"variant": "late", "start": "stage3"}, 2),
    ("swin", {"variant": "parallel", "last": 4}, 4), ("swin", {"variant": "parallel", "rung": "frame"}, 12),
    ("swin and hts-at", {}, 1), ("swin and hts-at", {}, 2), ("swin and hts-at", {"checkpointing": True}, 2),
    ("vit", {}, 1), ("vit", {"layers": 4}, 3), ("vit", {"checkpointing": True}, 2),
]  # fmt: skip


@pytest.mark.parametrize(("pair", "given", "clips"), CASES)
def test_the_count_is_a_real_step_s_peak(towers, pair, given, clips):
    options, shapes = CoplOptions(**given), PAIRS[pair]
    learner = EventsLearner(options, *towers[pair], SEGMENTS, CLASSES, seed=0)
    batch = batch_of(options, towers[pair], clips)
    known = staying(learner, batch)  # and biases are joined with those of prompts once
    with Saved(known) as saved:
        loss, _ = learner(batch)
    assert 0.97 < kept_bytes(options, *shapes, SEGMENTS, clips, CLASSES) / saved.bytes < 1.05
    del loss
    with LivingBytes() as living:
        learner(batch)[0].backward()
    assert 0.9 < step_bytes(options, *shapes, SEGMENTS, clips, CLASSES) / living.peak < 1.1


def test_the_paper_s_batch_on_its_card():
    """AVE, 8 clips of 10 seconds, two images a second: in parts of 4 and as float32, whole with checkpointing."""
    weights, card = 4 * 195_202_932, 24e9

    def bytes_of(clips, itemsize=4, audio=SWIN_V2_LARGE_192, **given):
        options = CoplOptions(**given)
        return step_bytes(options, SWIN_V2_LARGE_192, audio, 10, clips, CLASSES, itemsize) + weights

    an_image = kept_bytes(CoplOptions(), SWIN_V2_LARGE_192, SWIN_V2_LARGE_192, 10, 1, CLASSES) / 20
    assert 150e6 < an_image < 250e6
    assert bytes_of(4) < card < bytes_of(8)
    assert bytes_of(8, itemsize=2) < card
    assert bytes_of(8, checkpointing=True) < card / 3
    assert bytes_of(8, variant="late") < card / 4 and bytes_of(8, variant="parallel") < card / 10
    assert bytes_of(4, audio=HTS_AT) < bytes_of(4)
    held = kept_bytes(CoplOptions(checkpointing=True), SWIN_V2_LARGE_192, SWIN_V2_LARGE_192, 10, 1, CLASSES) / 20
    assert 15e6 < held < 16e6  # 13.7 MB an image enter the blocks, 15.2 MB before merging; the end keeps a little
