"""The count of a step's bytes on questions against real steps of real towers, and the cards that the paper's batch fits on."""

import pytest
import torch
from living_bytes import LivingBytes
from saved_bytes import Saved, staying
from sized_towers import tower_of

from pipeline.encoders.stepped.known import SWIN_V2_LARGE_192, hts_at, swin_v2
from pipeline.methods.copl.places import reads
from pipeline.methods.copl.questions.config import QuestionsOptions
from pipeline.methods.copl.questions.counts import ANSWERS, LONGEST, WORDS
from pipeline.methods.copl.questions.learner import QuestionBatch, QuestionsLearner
from pipeline.methods.copl.questions.memory import kept_bytes, step_bytes

SEGMENTS = 3
SWIN = swin_v2("small-swin", 96, 4, 48, (2, 2, 4, 2), (3, 6, 12, 24), window=6)
SMALL_HTS_AT = hts_at("small-hts-at", 128, 32, 64, 4, 32, (2, 2, 2, 2), (2, 2, 4, 4), window=2)
PAIRS = {"swin": (SWIN, SWIN), "swin and hts-at": (SWIN, SMALL_HTS_AT)}
SIZES = [(1, 1), (1, 3), (3, 9)]
"""Videos and questions."""


@pytest.fixture(scope="module")
def towers():
    made = {shape.name: tower_of(shape) for shape in (SWIN, SMALL_HTS_AT)}
    return {name: tuple(made[shape.name] for shape in pair) for name, pair in PAIRS.items()}


def batch_of(options, pair, videos, questions):
    """What the options read: rows as towers enter them, or tokens at the cuts; frames of others as they are stored."""
    numbers, held = torch.Generator().manual_seed(0), []
    several = options.variant == "parallel" or options.rung == "none"
    for tower, cuts in zip(pair, reads(options, *(tower.shape for tower in pair)), strict=True):
        sizes = [tower.shape.input[:2] if cut == "pixels" else tower.shape.map_at(cut) for cut in cuts]
        rows = [torch.randn(videos, SEGMENTS, *size, generator=numbers) for size in sizes]
        held.append(rows if several else rows[0])
    last = pair[0].shape.tokens, pair[0].shape.width
    return QuestionBatch(
        *held, torch.arange(questions) % videos,
        torch.randint(0, WORDS, (questions, LONGEST), generator=numbers),
        torch.randint(0, ANSWERS, (questions,), generator=numbers),
        torch.randn(videos, SEGMENTS, *last, generator=numbers), 7,
    )  # fmt: skip


CASES = [
    ("swin", {}), ("swin", {"rung": "frame"}), ("swin", {"variant": "late", "start": "stage3"}),
    ("swin", {"variant": "parallel", "last": 4}), ("swin", {"rung": "none"}),
    ("swin", {"rung": "none", "head": {"use": "visual"}}), ("swin", {"rung": "none", "head": {"use": "question"}}),
    ("swin and hts-at", {}),
]  # fmt: skip


@pytest.mark.parametrize(("videos", "questions"), SIZES)
@pytest.mark.parametrize(("pair", "given"), CASES)
def test_the_count_is_a_real_step_s_peak(towers, pair, given, videos, questions):
    options = QuestionsOptions(**{**given, "head": {"width": 64, **given.get("head", {})}})
    sizes = (*PAIRS[pair], SEGMENTS, videos, questions)
    learner = QuestionsLearner(options, *towers[pair], SEGMENTS, WORDS, ANSWERS, seed=0)
    batch = batch_of(options, towers[pair], videos, questions)
    known = staying(learner, batch)  # and biases are joined with those of prompts once
    with Saved(known) as saved:
        loss, _ = learner(batch)
    assert 0.95 < kept_bytes(options, *sizes) / saved.bytes < 1.06
    del loss
    with LivingBytes() as living:
        learner(batch)[0].backward()
    assert 0.9 < step_bytes(options, *sizes) / living.peak < 1.1


def test_checkpointing_keeps_what_enters_the_blocks(towers):
    options = QuestionsOptions(checkpointing=True, head={"width": 64})
    sizes = (*PAIRS["swin"], SEGMENTS, 1, 3)
    learner = QuestionsLearner(options, *towers["swin"], SEGMENTS, WORDS, ANSWERS, seed=0)
    batch = batch_of(options, towers["swin"], 1, 3)
    learner(batch)
    with LivingBytes() as living:
        learner(batch)[0].backward()
    assert 0.9 < step_bytes(options, *sizes) / living.peak < 1.1


def test_the_paper_s_batch_on_its_card():
    """MUSIC-AVQA, 8 questions about clips of 10 seconds, two images a second."""
    weights, card = 4 * 195_202_932, 24e9

    def bytes_of(videos, questions, itemsize=4, **given):
        options = QuestionsOptions(**given)
        sizes = (SWIN_V2_LARGE_192, SWIN_V2_LARGE_192, 10, videos, questions)
        return step_bytes(options, *sizes, itemsize=itemsize) + weights

    assert bytes_of(4, 4) < card < bytes_of(8, 8)
    assert bytes_of(8, 8, itemsize=2) < card
    assert bytes_of(8, 8, checkpointing=True) < card / 2
    assert bytes_of(3, 9) < 1.01 * bytes_of(3, 3)  # a question more is next to nothing
    assert bytes_of(8, 8, rung="none", head={"use": "question"}) < weights + 0.2e9
