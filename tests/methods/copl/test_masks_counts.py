"""Numbers learned and what steps on masks cost, by formula: against the model, against torch's own counter, and without torch."""

import subprocess
import sys

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode
from toy_towers import ToyTower, shape_of

from pipeline.encoders.stepped.known import HTS_AT, SWIN_V2_LARGE_192, VIT_LARGE_16
from pipeline.methods.copl.counts import learned
from pipeline.methods.copl.macs import step_macs
from pipeline.methods.copl.masks.config import MasksOptions
from pipeline.methods.copl.masks.counts import head_macs, head_numbers, level_blocks, mask_step_macs, tpavi_numbers
from pipeline.methods.copl.masks.head import MasksHead
from pipeline.methods.copl.masks.learner import MasksLearner

SWIN = SWIN_V2_LARGE_192


def test_the_head_at_full_size():
    """AVSBench's PVT and ResNet models hold 2 x 590,080 numbers more, in a residual that nothing passes."""
    found = head_numbers(MasksOptions(), SWIN, SWIN)
    assert found["sounds"] == 1537 * 128 and tpavi_numbers(256, 128) == 165_504
    # Of every stage's map a linear map, and four convolutions of 3 x 3.
    pairs = ((192, 64), (384, 128), (768, 320), (1536, 512))
    assert found["levels"] == sum((c + 1) * into + 4 * (9 * into + 1) * 256 for c, into in pairs) == 10_535_936
    assert found["joining"] == 14 * (9 * 256 + 1) * 256 == 8_261_120
    assert found["answer"] == (9 * 256 + 1) * 128 + (9 * 128 + 1) * 32 + 33
    assert sum(found.values()) == 19_987_777
    assert sum(head_numbers(MasksOptions(), SWIN, HTS_AT).values()) == 19_987_777 - 768 * 128
    assert (
        sum(head_numbers(MasksOptions(head={"tpavi": ()}), SWIN, SWIN).values())
        == 19_987_777 - 1537 * 128 - 4 * 165_504
    )


def test_prompts_at_full_size_beside_the_paper_s():
    """By our formula with L_g = L_I = 30 and T = 5; the paper prints 2.8 M and 1.8 M, which cannot be rebuilt (COPL_MOV C1)."""
    shared, apart = (learned(MasksOptions(), SWIN, audio, segments=5) for audio in (SWIN, HTS_AT))
    assert shared["global"] + shared["frame"] == 35 * 18_048 * 2 and shared["bank"] == 2 * 10 * 30 * 1536
    assert sum(shared.values()) == 2_396_992
    assert apart["global"] + apart["frame"] == 35 * 13_248 and apart["bank"] == 2 * 10 * 30 * (1536 + 768)


@pytest.mark.parametrize("kind", ["shared", "unshared"])
@pytest.mark.parametrize(
    ("given", "head"),
    [
        ({}, {}), ({"variant": "late"}, {"tpavi": (1, 3)}), ({"variant": "parallel"}, {"levels": "last"}),
        ({"rung": "none"}, {"tpavi": (), "dilations": (1,)}),
    ],
)  # fmt: skip
def test_the_formula_counts_what_the_model_has(kind, given, head):
    visual = ToyTower(shape_of(depths=(1, 1, 1), side=8))
    audio = visual if kind == "shared" else ToyTower(shape_of("flat", width=4, depths=(2, 1)))
    small = {"size": 32, "width": 16, "level_widths": (3, 4, 5, 6), "audio_width": 7}
    options = MasksOptions(**given, layers=1, last=1, head={**small, **head})
    learner = MasksLearner(options, visual, audio, segments=3, seed=0)
    counted, found = head_numbers(options, visual.shape, audio.shape), dict[str, int]()
    for name, parameter in learner.head.named_parameters():
        part = {"hears": "sounds"}.get(name.split(".")[0], name.split(".")[0])
        found[part] = found.get(part, 0) + parameter.numel()
    assert found == counted
    prompts = sum(p.numel() for p in learner.prompts.parameters())
    assert prompts == sum(learned(options, visual.shape, audio.shape, 3).values())


@pytest.mark.parametrize("shape", [SWIN, VIT_LARGE_16], ids=lambda shape: shape.name)
def test_multiplications_are_those_that_run(shape):
    """Counted by torch, operation by operation, on no device and at full size; those of a clip's five seconds."""
    options = MasksOptions()
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        head = MasksHead(options.head, level_blocks(options, shape), shape.width)
        maps = [torch.zeros(1, 5, block.tokens, block.width) for block in level_blocks(options, shape)]
        head(maps, torch.zeros(1, 5, shape.tokens, shape.width))
    assert counter.get_total_flops() == pytest.approx(2 * 5 * head_macs(options, shape, shape), rel=1e-3)


def test_pairs_of_places_would_cost_as_much_as_the_rest_of_the_head():
    """TPAVI as published multiplies 15,680 places of the first level with as many: two maps of 128 numbers, five seconds."""
    published = 2 * (5 * 56**2) ** 2 * 128 / 5
    whole = head_macs(MasksOptions(), SWIN, SWIN)
    ours = whole - head_macs(MasksOptions(head={"tpavi": (1, 2, 3)}), SWIN, SWIN)
    assert published > 40 * ours and published > 0.4 * whole


def test_a_step_costs_the_towers_twice_and_what_is_learned_three_times():
    towers, head = step_macs(MasksOptions(), SWIN, SWIN, 5), head_macs(MasksOptions(), SWIN, SWIN)
    assert mask_step_macs(MasksOptions(), SWIN, SWIN, 5) == towers + 3 * head
    assert mask_step_macs(MasksOptions(rung="none"), SWIN, SWIN, 5) == 3 * head


def test_counting_needs_no_torch():
    modules = ", ".join(f"pipeline.methods.copl.masks.{name}" for name in ("config", "counts", "memory", "pyramid"))
    code = f"import sys, {modules}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
