"""Numbers learned and what steps cost, by formula: against what is printed, against the model, and without torch."""

import subprocess
import sys

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode
from toy_towers import ToyTower, rows_of, shape_of

from pipeline.encoders.stepped.known import HTS_AT, SWIN_V2_LARGE_192, VIT_LARGE_16
from pipeline.methods.copl.config import RUNGS, CoplOptions
from pipeline.methods.copl.counts import PAPER, exchange_numbers, head_numbers, learned
from pipeline.methods.copl.errors import CoplError
from pipeline.methods.copl.heads.config import EventsHeadOptions
from pipeline.methods.copl.learner import AvBatch, EventsLearner
from pipeline.methods.copl.macs import forward_macs, step_macs
from pipeline.methods.copl.parallel import Parallel
from pipeline.methods.copl.places import places_of, prompts_of, reads

SWIN = SWIN_V2_LARGE_192


def test_the_paper_s_events_with_one_encoder_for_both_sides():
    """M 1.083 M and bank 0.614 M are the 1.7 M of Table 1; exchange and latents are missing there."""
    found = learned(CoplOptions(), SWIN, SWIN, segments=10)
    assert found["global"] + found["frame"] == 30 * 18_048 * 2 == 1_082_880
    assert found["bank"] == 614_400 and found["exchange"] == 199_744 and found["latents"] == 12_288
    assert set(found) == {"global", "frame", "bank", "exchange", "latents"}
    assert found["global"] + found["frame"] + found["bank"] == 1_697_280
    assert round(1_697_280 / 1e6, 1) == PAPER["events"]["shared"] / 1e6
    assert exchange_numbers(1536, 1536, 32, biases=True) * 2 == 199_744
    assert head_numbers(EventsHeadOptions(), 1536, 1536, 29) == 1_588_253
    assert head_numbers(EventsHeadOptions(hidden=0, use="visual"), 1536, 768, 29) == 1537 * 29


def test_the_paper_s_events_with_an_encoder_for_each_side():
    found = learned(CoplOptions(), SWIN, HTS_AT, segments=10)
    assert found["global"] + found["frame"] == 397_440  # M of the 12 pairs
    assert found["bank"] == 2 * 10 * 20 * (1536 + 768)  # two banks a layer; the paper's 0.7 M have one of 768
    assert 397_440 + 2 * 10 * 20 * 768 == 704_640 and round(0.704640, 1) == PAPER["events"]["swin-v2 and hts-at"] / 1e6
    assert found["alignment"] == 768 * 1536 + 1536
    prompted = learned(CoplOptions(unpaired="prompted"), SWIN, HTS_AT, segments=10)
    assert prompted["global"] + prompted["frame"] == 30 * (18_048 + 4_416)


def test_swin_v2_s_24_blocks_and_hts_at_s_12_pair_as_published():
    steps = places_of(CoplOptions(), SWIN, HTS_AT).steps
    pairs = {step.audio: step.visual for step in steps if step.paired}
    third = {4 + i: 4 + 3 * i + 2 for i in range(6)}
    assert pairs == {0: 0, 1: 1, 2: 2, 3: 3, **third, 10: 22, 11: 23}
    assert [step.visual for step in steps] == list(range(24))
    assert all(step.prompts == step.paired for step in steps)
    assert [(s.visual, s.audio) for s in steps if s.interacts] == [(22, 10), (23, 11)]
    turned = places_of(CoplOptions(), HTS_AT, SWIN).steps
    assert {step.visual: step.audio for step in turned if step.paired} == pairs


def test_prompts_of_a_block():
    def at(**given):
        options = CoplOptions(**given)
        return prompts_of(options, places_of(options, SWIN, SWIN), 10)

    mine, other = at()
    assert mine == other == {**dict.fromkeys(range(22), 21), 22: 61, 23: 61}
    assert at(frame_prompts="all")[0] == {**dict.fromkeys(range(22), 30), 22: 70, 23: 70}
    assert at(variant="late")[0] == {22: 61, 23: 61} and at(rung="global")[0] == dict.fromkeys(range(24), 20)
    assert at(rung="none") == ({}, {})


def test_cuts_that_are_read():
    def at(visual=SWIN, audio=HTS_AT, **given):
        return reads(CoplOptions(**given), visual, audio)

    assert at() == (("pixels",), ("pixels",))
    assert at(variant="late") == (("stage4",), ("stage4",))
    assert at(variant="late", start="block19") == (("block19",), ("block08",))
    assert at(variant="late", start="block03", layers=4) == (("stage3",), ("stage3",))
    assert at(variant="parallel") == (("block22", "block23"), ("block10", "block11"))
    assert at(variant="parallel", last=3)[1] == ("block09", "block10", "block11")
    assert at(rung="none") == at(variant="parallel", rung="none") == (("block23",), ("block11",))
    assert at(VIT_LARGE_16, VIT_LARGE_16, variant="late", start="block19", layers=4) == (("block19",), ("block19",))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"layers": 13},
            "layers asks for 13 pairs of blocks; 'swin-v2-large-192' and 'hts-at' have 12. Write layers: 12",
        ),
        ({"variant": "late", "layers": 3}, "have 2 from 'stage4' on. Write layers: 2 or less"),
        ({"variant": "parallel", "last": 13}, "last asks for 13 pairs"),
        ({"variant": "late", "start": "block23"}, "behind 'block23' 'swin-v2-large-192' has no block"),
        ({"banks": "one"}, "banks is 'one' for both sides; .* are not alike. Write banks: each, or auto"),
        ({"exchanges": "one"}, "exchanges is 'one'"),
        ({"consistency_of": "tokens"}, r"end with \(36, 1536\) and \(64, 768\) .* Write consistency_of: pooled"),
    ],
)
def test_options_that_do_not_fit_the_towers_are_refused(given, said):
    with pytest.raises(CoplError, match=said):
        places_of(CoplOptions(**given), SWIN, HTS_AT)


def test_a_tower_of_one_stage_has_to_be_told_where_late_begins():
    with pytest.raises(CoplError, match="has one only. Write start: block12"):
        places_of(CoplOptions(variant="late"), VIT_LARGE_16, VIT_LARGE_16)


@pytest.mark.parametrize("kind", ["shared", "unshared"])
@pytest.mark.parametrize("variant", ["paper", "late", "parallel"])
@pytest.mark.parametrize("rung", RUNGS)
def test_the_formula_counts_what_the_model_has(kind, variant, rung):
    visual = ToyTower()
    audio = visual if kind == "shared" else ToyTower(shape_of("flat", width=4, depths=(2, 1)))
    for more in ({}, {"unpaired": "prompted", "exchange_biases": False, "consistency_of": "pooled"}):
        options = CoplOptions(variant=variant, rung=rung, layers=1, last=1, bottleneck=3, **more)
        learner = EventsLearner(options, visual, audio, segments=3, classes=5, seed=0)
        counted = learned(options, visual.shape, audio.shape, segments=3)
        assert sum(p.numel() for p in learner.prompts.parameters()) == sum(counted.values())
        found = {"none": 0} | {name: count for name, count in _parts(learner.prompts).items() if count}
        assert {name: count for name, count in found.items() if count} == counted
        head = head_numbers(options.head, visual.shape.width, audio.shape.width, 5)
        assert sum(p.numel() for p in learner.head.parameters()) == head


def _parts(model):
    """Part -> numbers in the model, by the names of its tensors."""
    named = {
        "global": ".whole.", "frame": ".frame.", "bank": ".bank.", "plain": ".plain.", "exchange": ".exchange.",
        "latents": ".latents.", "alignment": "compared.map.",
    }  # fmt: skip
    found = dict.fromkeys([*named, "side network"], 0)
    for name, parameter in model.named_parameters():
        part = next((part for part, word in named.items() if word in name), "side network")
        found[part] += parameter.numel()
    return found


def test_late_costs_a_fifth_of_the_paper_s_variant_and_parallel_a_twentieth_at_full_size():
    """Counted, not timed: Swin-V2-L at 192 px on both sides, and beside HTS-AT."""
    for audio in (SWIN, HTS_AT):
        paper, late, parallel = (
            step_macs(CoplOptions(variant=v), SWIN, audio, 10) for v in ("paper", "late", "parallel")
        )
        assert paper > 5 * late and paper > 20 * parallel
        assert paper > 20 * step_macs(CoplOptions(variant="parallel", last=6), SWIN, audio, 10)
    whole = forward_macs(CoplOptions(), SWIN, SWIN, 10)
    assert 2 * 25.96e9 < whole["towers"] < 2 * 1.06 * 25.96e9 and whole["learned"] < whole["towers"] / 1000


def test_macs_of_what_is_learned_beside_towers_are_those_that_run():
    """Counted by torch, operation by operation; the bank's means are made once a step, whatever the rows."""
    tower = ToyTower()
    options = CoplOptions(variant="parallel", rung="bank", side_width=6, bottleneck=3, bank=4, interaction_prompts=5)
    model = Parallel(options, tower, tower, segments=3, seed=0)
    learner = EventsLearner(options, tower, tower, segments=3, classes=2, seed=0)
    pictures, sounds = rows_of(2, 3, tower.shape)
    stored = AvBatch(model._made(0, pictures), model._made(1, sounds), torch.zeros(2, 3, dtype=torch.long))
    with FlopCounterMode(display=False) as counter:
        learner.towered(stored)
    assert counter.get_total_flops() == 2 * 6 * forward_macs(options, tower.shape, tower.shape, 3)["learned"]


def test_counting_needs_no_torch():
    modules = ", ".join(f"pipeline.methods.copl.{name}" for name in ("config", "counts", "macs", "places", "memory"))
    code = f"import sys, {modules}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
