"""Numbers and multiplications of AVST's head by formula: against what is published, against the model, and without torch."""

import subprocess
import sys

import pytest
import torch
from asked import ANSWERS, LONGEST, SEGMENTS, WORDS, batch_of, learner_of, towers
from torch.utils.flop_counter import FlopCounterMode

from pipeline.encoders.stepped.known import SWIN_V2_LARGE_192
from pipeline.methods.copl.counts import learned
from pipeline.methods.copl.macs import forward_macs
from pipeline.methods.copl.questions.config import QuestionsHeadOptions, QuestionsOptions
from pipeline.methods.copl.questions.counts import head_macs, head_numbers, step_macs
from pipeline.methods.copl.questions.head import Seconds

SWIN = SWIN_V2_LARGE_192
USES = ("both", "visual", "audio", "question")


def test_the_published_head_with_all_that_is_used_of_it():
    found = head_numbers(QuestionsHeadOptions(), 1536, 1536)
    assert sum(found.values()) == 9_424_556
    assert found["question"] == 93 * 512 + 8 * 512 * 513 + 1025 * 512 and found["answer"] == 513 * 42
    assert found["matching"] == 1025 * 512 + 513 * 256 + 257 * 128 + 129 * 2


def test_the_paper_s_prompts_for_questions():
    """M and bank are 2.37 M; the paper prints 1.8 M, which its own lengths of prompts do not give."""
    found = learned(QuestionsOptions(), SWIN, SWIN, segments=10)
    assert found["global"] + found["frame"] == 40 * 18_048 * 2 and found["bank"] == 2 * 10 * 30 * 1536
    assert sum(found.values()) == 2_577_472


@pytest.mark.parametrize("kind", ["shared", "unshared"])
@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("match", [0.5, 0])
def test_the_formula_counts_what_the_head_has(kind, use, match):
    pair = towers(kind)
    learner = learner_of(pair, rung="none", head={"use": use, "match": match, "width": 12, "heads": 3})
    counted = head_numbers(learner._options.head, pair[0].shape.width, pair[1].shape.width, WORDS, ANSWERS)
    assert sum(p.numel() for p in learner.parameters()) == sum(counted.values())
    assert ("matching" in counted) == (use == "both" and match > 0)


@pytest.mark.parametrize("kind", ["shared", "unshared"])
@pytest.mark.parametrize("use", USES)
def test_the_formula_counts_what_the_head_computes(kind, use):
    pair = towers(kind)
    learner = learner_of(pair, rung="none", head={"use": use, "width": 12, "heads": 3})
    batch, head = batch_of(pair), learner.head
    counted = head_macs(head._options, *(tower.shape for tower in pair), SEGMENTS, LONGEST, ANSWERS)
    towered = learner.towered(batch)
    with FlopCounterMode(display=False) as flops:
        seconds = head.seconds(towered.visual, towered.audio) if towered else Seconds(None, None)
        if use == "both":
            head.matched(seconds)
            head.matched(seconds, towered.visual)
    assert flops.get_total_flops() == 2 * 3 * SEGMENTS * counted["second"]
    with FlopCounterMode(display=False) as flops, torch.enable_grad():
        head(seconds, batch.video_of, batch.words)
    shares = 2 * 6 * len(head.sides) * 12 * 12  # what each side says, made once more to be shown
    assert flops.get_total_flops() - shares == 2 * 6 * counted["question"]


def test_a_step_costs_its_videos_and_its_questions():
    options = QuestionsOptions()
    run, head = forward_macs(options, SWIN, SWIN, 10), head_macs(options.head, SWIN, SWIN, 10)
    second = 2 * run["towers"] + 3 * (run["learned"] + head["second"])
    assert step_macs(options, SWIN, SWIN, 10, 2, 5) == 2 * 10 * second + 5 * 3 * head["question"]
    alone, three = step_macs(options, SWIN, SWIN, 10, 3, 3), step_macs(options, SWIN, SWIN, 10, 1, 3)
    assert 2.99 < alone / three < 3
    bare = QuestionsOptions(rung="none", head={"use": "question"})
    assert step_macs(bare, SWIN, SWIN, 10, 4, 5) == 15 * head_macs(bare.head, SWIN, SWIN, 10)["question"]


def test_a_plan_needs_no_torch():
    code = (
        "import sys; from pipeline.methods.copl.questions import counts, memory, steps; "
        "sys.exit(any(name in sys.modules for name in ('torch', 'timm', 'transformers')))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
