"""The count of the bytes of a step on masks against real steps of real towers, and the card that the paper's batch fits on."""

import pytest
import torch
from living_bytes import LivingBytes
from test_copl_memory import PAIRS, SEGMENTS, Saved, staying, towers  # noqa: F401  # the towers are a fixture

from pipeline.encoders.stepped.known import SWIN_V2_LARGE_192
from pipeline.methods.copl.masks.config import MasksOptions
from pipeline.methods.copl.masks.learner import MaskBatch, MasksLearner
from pipeline.methods.copl.masks.memory import kept_bytes, step_bytes
from pipeline.methods.copl.masks.pyramid import mask_reads

SMALL = {"size": 96, "width": 32, "level_widths": (8, 16, 32, 64)}
WIDE = {"size": 64, "width": 128, "level_widths": (16, 32, 64, 128)}
CASES = [
    ("swin", {}, SMALL, 1), ("swin", {}, SMALL, 2), ("swin", {}, WIDE, 3), ("swin", {"rung": "frame"}, {**SMALL, "tpavi": ()}, 1),
    ("swin", {"checkpointing": True}, {**SMALL, "masked_av": 0.5}, 2), ("swin", {"variant": "late", "start": "stage3"}, SMALL, 2),
    ("swin", {"variant": "parallel", "last": 4}, WIDE, 2), ("swin", {"rung": "none"}, SMALL, 3),
    ("swin and hts-at", {}, SMALL, 1), ("swin and hts-at", {"checkpointing": True}, {**SMALL, "levels": "last"}, 2),
    ("vit", {"layers": 4}, WIDE, 2),
]  # fmt: skip


@pytest.mark.parametrize(("pair", "given", "head", "clips"), CASES)
def test_the_count_is_a_real_step_s_peak(towers, pair, given, head, clips):  # noqa: F811
    options, shapes = MasksOptions(**given, head=head), PAIRS[pair]
    learner = MasksLearner(options, *towers[pair], SEGMENTS, seed=0)
    batch = batch_of(options, towers[pair], clips)
    with Saved(staying(learner, batch)) as saved:
        loss, _ = learner(batch)
    assert 0.97 < kept_bytes(options, *shapes, SEGMENTS, clips) / saved.bytes < 1.05
    del loss
    with LivingBytes() as living:
        learner(batch)[0].backward()
    assert 0.9 < step_bytes(options, *shapes, SEGMENTS, clips) / living.peak < 1.1


def batch_of(options, pair, clips):
    """What the options read: rows as towers enter them, or tokens at the cuts."""
    numbers, held = torch.Generator().manual_seed(0), []
    for tower, cuts in zip(pair, mask_reads(options, *(tower.shape for tower in pair)), strict=True):
        shapes = [tower.shape.input[:2] if cut == "pixels" else tower.shape.map_at(cut) for cut in cuts]
        held.append([torch.randn(clips, SEGMENTS, *shape, generator=numbers) for shape in shapes])
    masks = torch.randint(0, 2, (clips, SEGMENTS, options.head.size, options.head.size), generator=numbers)
    return MaskBatch(*held, masks.to(torch.uint8))


def test_the_paper_s_batch_on_its_card():
    """S4, 8 clips of 5 seconds: whole, in float32, where events' 10 seconds go in two parts; the head is a fifth of it."""
    shape, card = SWIN_V2_LARGE_192, 24e9 - 4 * 195_202_932

    def bytes_of(clips, itemsize=4, **given):
        return step_bytes(MasksOptions(**given), shape, shape, 5, clips, itemsize)

    assert 0.75 * card < bytes_of(8) < card < bytes_of(12)
    assert bytes_of(8, checkpointing=True) < card / 3
    assert bytes_of(8, rung="none") < bytes_of(8, variant="parallel") < bytes_of(8, variant="late") < card / 4
    assert bytes_of(8) / 2 < bytes_of(8, itemsize=2) < 0.65 * bytes_of(8)  # the head stays in float32
