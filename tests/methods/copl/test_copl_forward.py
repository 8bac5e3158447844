"""The whole forward pass against a derivation that shares no code: loops over clips, seconds, heads and tokens, in float64."""

import pytest
import torch
from plain_copl import PlainTower, plain_consistency, plain_copl, plain_head, plain_parallel
from toy_towers import ToyTower, rows_of, shape_of

from pipeline.methods.copl.config import CoplOptions
from pipeline.methods.copl.learner import AvBatch, EventsLearner

CLIPS, SEGMENTS, CLASSES = 2, 3, 4
SIZES = {
    "global_prompts": 2, "interaction_prompts": 2, "bank": 3, "bottleneck": 3, "side_width": 6, "batch": 2, "head": {"hidden": 5},
}  # fmt: skip
SHARED = [(0, 0), (1, 1), (2, 2), (3, 3)]
DEEP_BESIDE_FLAT = [(0, 0), (1, None), (2, 1), (3, 2)]
"""Stages of 3 and 1 blocks beside 2 and 1: of the fewer, block i goes with the one that ends its part of the more."""


def towers(kind):
    """(visual, audio, pairs of their blocks)."""
    if kind == "shared":
        one = ToyTower(seed=1, dtype=torch.float64)
        return one, one, SHARED
    if kind == "apart":  # of equal shape, of other weights
        return *(ToyTower(seed=seed, dtype=torch.float64) for seed in (1, 2)), SHARED
    visual = ToyTower(shape_of("deep", depths=(3, 1)), seed=1, dtype=torch.float64)
    audio = ToyTower(shape_of("flat", width=4, side=2, depths=(2, 1)), seed=2, dtype=torch.float64)
    return visual, audio, DEEP_BESIDE_FLAT


def spread(learner):
    """Prompts as far from each other as tokens are: with 0.02 an error in them could hide."""
    numbers = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for parameter in learner.prompts.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=numbers, dtype=parameter.dtype))


CASES = [
    ("shared", {}),
    ("shared", {"frame_prompts": "all", "consistency_sum": True, "scale_reading": True, "layers": 3}),
    ("shared", {"banks": "each", "exchanges": "each", "exchange_biases": False, "consistency_of": "pooled"}),
    ("shared", {"rung": "bank", "scale_similarity": True, "latents": 3, "head": {"hidden": 0, "loss": "ce"}}),
    ("shared", {"rung": "interaction", "head": {"hidden": 5, "use": "visual"}}),
    ("shared", {"rung": "frame", "head": {"hidden": 5, "use": "audio", "loss": "ce"}}),
    ("shared", {"rung": "global"}),
    ("shared", {"rung": "none"}),
    ("apart", {}),
    ("apart", {"checkpointing": True, "layers": 1}),
    ("other", {}),
    ("other", {"unpaired": "prompted", "frame_prompts": "all", "layers": 3}),
    ("other", {"rung": "interaction", "layers": 1}),
    ("shared", {"variant": "parallel", "consistency_of": "pooled"}),
    ("shared", {"variant": "parallel", "last": 1, "rung": "frame", "frame_prompts": "all"}),
    ("other", {"variant": "parallel", "last": 3, "rung": "bank"}),
]


@pytest.mark.parametrize(("kind", "given"), CASES)
def test_it_is_the_paper_s_formulas_by_loops(kind, given):
    visual, audio, pairs = towers(kind)
    options = CoplOptions(**{**SIZES, **given})
    learner = EventsLearner(options, visual, audio, SEGMENTS, CLASSES, seed=0).double()
    spread(learner)
    pictures, _ = rows_of(CLIPS, SEGMENTS, visual.shape)
    _, sounds = rows_of(CLIPS, SEGMENTS, audio.shape)
    labels = torch.tensor([[0, 3, 1], [2, 2, 3]])
    batch = AvBatch(pictures, sounds, labels)

    loss, parts = learner(batch)
    towered = learner.towered(batch)

    own = {name.removeprefix("prompts."): value.detach().numpy() for name, value in learner.named_parameters()}
    plain = {"visual": PlainTower(visual), "audio": PlainTower(audio)}
    paired = [number for number, pair in enumerate(pairs) if None not in pair]
    last = paired[-options.layers :] if options.has_interaction else []
    scales = {"scale_reading": options.scale_reading, "scale_similarity": options.scale_similarity}
    rows = {"visual": pictures.numpy(), "audio": sounds.double().numpy()}
    everyone = options.frame_prompts == "all"
    if options.variant == "parallel":
        read = [pairs[number] for number in paired[-options.last :]]
        tokens = plain_parallel(own, plain, read, rows, everyone)
    else:
        tokens = plain_copl(own, plain, pairs, last, rows, everyone, **scales)
    logits, task = plain_head(own, tokens, labels.tolist(), options.head.use, options.head.loss == "ce")

    same = {"rtol": 0, "atol": 1e-10}
    torch.testing.assert_close(towered.visual, torch.from_numpy(tokens["visual"]), **same)
    torch.testing.assert_close(towered.audio, torch.from_numpy(tokens["audio"]), **same)
    torch.testing.assert_close(learner.answers(batch), torch.from_numpy(logits).softmax(-1), **same)
    expected = task
    if options.rung == "consistency":
        aligned = plain_consistency(own, tokens, options.consistency_sum)
        expected = task + 0.005 * aligned
        assert abs(float(towered.consistency.detach()) - aligned) < 1e-10 * max(1, aligned)
    assert abs(float(loss.detach()) - expected) < 1e-10 * max(1, expected)
    assert abs(float(parts["task"]) - task) < 1e-10 and parts["loss"] == loss.detach()
    assert ("consistency" in parts) == (options.rung == "consistency")
    assert torch.equal(towered.stages[-1], towered.visual)
