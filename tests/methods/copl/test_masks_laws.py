"""Laws of learning masks that hold whatever the numbers: what has a gradient, what is read, what depends on what."""

import pytest
import torch
from toy_towers import ToyTower, rows_of, shape_of

from pipeline.encoders.stepped.base import run
from pipeline.encoders.stepped.known import HTS_AT, SWIN_V2_LARGE_192, VIT_LARGE_16
from pipeline.methods.copl.config import RUNGS
from pipeline.methods.copl.errors import CoplError
from pipeline.methods.copl.masks.config import MasksOptions
from pipeline.methods.copl.masks.counts import level_blocks
from pipeline.methods.copl.masks.head import MasksHead
from pipeline.methods.copl.masks.learner import NOT_GIVEN, MaskBatch, MasksLearner
from pipeline.methods.copl.masks.pyramid import mask_reads
from pipeline.methods.copl.places import places_of

CLIPS, SEGMENTS, SIDE = 2, 3, 32
SIZES = {
    "global_prompts": 2,
    "interaction_prompts": 2,
    "bank": 3,
    "bottleneck": 16,
    "side_width": 6,
    "layers": 1,
    "last": 1,
}
HEAD = {"size": SIDE, "width": 32, "level_widths": (3, 4, 5, 6), "dilations": (1, 2), "audio_width": 5}
SAME = {"rtol": 0, "atol": 1e-11}
FOUR = shape_of("four", width=4, depths=(1, 2, 1, 1), side=8)


def towers(kind="shared"):
    one = ToyTower(FOUR, seed=1, dtype=torch.float64)
    return (
        (one, one) if kind == "shared" else (one, ToyTower(shape_of("flat", width=4, depths=(2, 1)), seed=2).double())
    )


def learner_of(pair, head=None, **given):
    options = MasksOptions(**{**SIZES, **given}, head={**HEAD, **(head or {})})
    return MasksLearner(options, *pair, SEGMENTS, seed=0).double()


def batch_of(pair, seed=0, clips=CLIPS):
    pictures, sounds = (
        rows_of(clips, SEGMENTS, pair[0].shape, seed)[0],
        rows_of(clips, SEGMENTS, pair[1].shape, seed)[1],
    )
    numbers = torch.Generator().manual_seed(seed)
    masks = torch.randint(0, 2, (clips, SEGMENTS, SIDE, SIDE), generator=numbers, dtype=torch.uint8)
    return MaskBatch(pictures, sounds, masks)


def open_norms(learner):
    """BatchNorm begins with zeros, behind which a mistake of TPAVI could hide."""
    for tpavi in learner.head.tpavi.values():
        torch.nn.init.ones_(tpavi.norm.weight)
    with torch.no_grad():
        for parameter in learner.prompts.parameters():
            parameter.copy_(0.3 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(4)))
    return learner


@pytest.mark.parametrize("kind", ["shared", "unshared"])
@pytest.mark.parametrize("variant", ["paper", "late", "parallel"])
@pytest.mark.parametrize("rung", RUNGS)
def test_all_that_is_learned_has_a_gradient_from_step_two_on_and_nothing_else(kind, variant, rung):
    """Before, TPAVI's BatchNorm stops what lies behind it: it begins with zeros (COPL_MOV C13)."""
    pair = towers(kind)
    learner = learner_of(pair, {"masked_av": 0.5}, variant=variant, rung=rung)
    batch, optimiser = batch_of(pair), torch.optim.SGD(learner.parameters(), lr=1e-2)
    for step in range(3):
        optimiser.zero_grad()
        learner(batch)[0].backward()
        still = {name for name, p in learner.named_parameters() if p.grad is None or not p.grad.abs().max() > 1e-30}
        behind = ("theta", "phi", "g.", "back")
        assert [name for name in still if not any(part in name for part in behind)] == [], step
        assert len(still) == (
            28 if step == 0 else 0
        )  # of four levels weight and bias of three maps, and one without a bias
        optimiser.step()
    for tower in pair:
        assert all(not p.requires_grad and p.grad is None for p in tower.parameters())
    parameters, buffers = dict(learner.named_parameters()), dict(learner.named_buffers())
    assert set(learner.state_dict()) == set(parameters) | set(buffers)
    assert all(name.startswith(("prompts.", "head.")) for name in parameters)
    assert {name.rsplit(".", 1)[-1] for name in buffers} == {"running_mean", "running_var", "num_batches_tracked"}


def test_what_masks_know_of_sounds_comes_through_tpavi_or_interaction_prompts():
    pair = towers()
    batch, other = batch_of(pair), batch_of(pair, seed=1)
    heard = MaskBatch(batch.visual, other.audio, batch.masks)

    def differs(head, rung):
        learner = open_norms(learner_of(pair, head, rung=rung))
        return float((learner.answers(batch) - learner.answers(heard)).abs().max())

    for deaf in ({"tpavi": ()}, {"audio": "zeroed"}):
        assert differs(deaf, "frame") == 0 and differs(deaf, "interaction") == 0
        assert differs(deaf, "bank") > 1e-6
    assert differs({}, "frame") > 1e-6
    learner = open_norms(learner_of(pair, {"audio": "zeroed"}, rung="frame"))
    silent = learner_of(pair, rung="frame")
    silent.load_state_dict(learner.state_dict())
    towered, maps = learner.towered(batch)
    torch.testing.assert_close(
        learner.head(maps, towered.audio)[0], silent.head(maps, torch.zeros_like(towered.audio))[0], **SAME
    )


def test_a_clip_s_masks_depend_on_no_other_clip_once_learned():
    pair = towers()
    learner, batch = open_norms(learner_of(pair)), batch_of(pair)
    learner(batch)
    whole = learner.answers(batch)
    for clip in range(CLIPS):
        alone = MaskBatch(*(each[clip : clip + 1] for each in (batch.visual, batch.audio, batch.masks)))
        torch.testing.assert_close(learner.answers(alone), whole[clip : clip + 1], **SAME)


def test_seconds_in_another_order_give_masks_in_that_order():
    """With their own M^f; TPAVI mixes all seconds of a clip, and knows of no order."""
    pair = towers()
    learner, batch = open_norms(learner_of(pair)), batch_of(pair)
    whole, order = learner.answers(batch), torch.tensor([2, 0, 1])
    with torch.no_grad():
        for side in (learner.prompts.visual, learner.prompts.audio):
            for prompts in side.frame.values():
                prompts.copy_(prompts[order].clone())
    moved = MaskBatch(*(each[:, order] for each in (batch.visual, batch.audio, batch.masks)))
    torch.testing.assert_close(learner.answers(moved), whole[:, order], **SAME)


def test_only_masks_that_are_given_and_in_use_are_learned_from():
    pair = towers()
    batch = batch_of(pair)
    first = torch.where(torch.arange(SEGMENTS)[:, None, None] == 0, batch.masks, NOT_GIVEN)
    all_of_first = learner_of(pair)(MaskBatch(batch.visual, batch.audio, first))[1]["task"]
    first_of_all = learner_of(pair, {"frames": "first"})(batch)[1]["task"]
    assert all_of_first == first_of_all != learner_of(pair)(batch)[1]["task"]
    halves = batch.masks.clone()
    halves[0] = NOT_GIVEN
    learner = learner_of(pair)
    logits = torch.randn(halves.shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    plain = torch.nn.functional.binary_cross_entropy_with_logits(logits[1], batch.masks[1].double())
    torch.testing.assert_close(learner.bce(logits, halves), plain, **SAME)
    nothing = MaskBatch(batch.visual, batch.audio, torch.full_like(batch.masks, NOT_GIVEN))
    loss, parts = learner(nothing)
    loss.backward()
    assert parts["task"] == 0
    assert all(p.grad is None or bool(p.grad.isfinite().all()) for p in learner.parameters())


def test_a_step_in_parts_has_the_masked_loss_of_the_whole_step():
    """As published it is a sum over frames; the loop averages parts. BatchNorm as learned: a part has statistics of its own."""
    pair, found = towers(), {}
    batch = batch_of(pair, clips=4)
    for parts in (1, 2):
        learner = open_norms(learner_of(pair, {"masked_av": 0.5}, batch=4, accumulate=parts)).eval()
        losses = []
        for rows in torch.arange(4).chunk(parts):
            told = learner(MaskBatch(batch.visual[rows], batch.audio[rows], batch.masks[rows]))[1]
            losses.append((told["masked-av"], told["loss"]))
        found[parts] = torch.tensor(losses).mean(0)
    torch.testing.assert_close(found[1], found[2], **SAME)


@pytest.mark.parametrize("kind", ["shared", "unshared"])
@pytest.mark.parametrize("levels", ["stages", "last"])
@pytest.mark.parametrize(
    "given",
    [{}, {"variant": "late"}, {"variant": "late", "start": "stage3"}, {"variant": "parallel"}, {"rung": "none"}],
)
def test_what_is_stored_gives_the_masks_that_rows_give(kind, levels, given):
    pair = towers(kind)
    learner, batch = open_norms(learner_of(pair, {"levels": levels}, **given)), batch_of(pair)
    held = []
    for tower, cuts, rows in zip(
        pair, mask_reads(learner._own, pair[0].shape, pair[1].shape), (batch.visual, batch.audio), strict=True
    ):
        held.append([rows if cut == "pixels" else stored(tower, cut, rows) for cut in cuts])
    answers = learner.answers(MaskBatch(*held, batch.masks))
    torch.testing.assert_close(answers, learner.answers(batch), **SAME)


def stored(tower, cut, rows):
    stop = tower.shape.start(cut)
    tokens = run(tower, tower.enter(rows.flatten(0, 1)), 0, stop)
    tokens = tokens if cut.startswith("block") else tower.between(stop, tokens)
    return tokens.unflatten(0, rows.shape[:2])


def test_cuts_that_masks_read():
    swin, hts = SWIN_V2_LARGE_192, HTS_AT

    def at(audio=swin, head=None, **given):
        return mask_reads(MasksOptions(**given, head=head or {}), swin, audio)

    lower = ("block01", "block03", "block21")
    assert at() == (("pixels",), ("pixels",))
    assert at(variant="late") == (("stage4", *lower), ("stage4",))
    assert at(variant="late", start="block19", audio=hts) == (("block19", "block01", "block03"), ("block08",))
    assert at(variant="parallel") == (("block22", "block23", *lower), ("block22", "block23"))
    assert at(variant="parallel", last=3)[0] == ("block21", "block22", "block23", "block01", "block03")
    assert at(rung="none", audio=hts) == (("block23", *lower), ("block11",))
    assert at(variant="parallel", head={"levels": "last"}) == (("block22", "block23"),) * 2
    assert mask_reads(MasksOptions(rung="none"), VIT_LARGE_16, VIT_LARGE_16) == (("block23",), ("block23",))
    assert places_of(MasksOptions(), swin, swin).first == 0


@pytest.mark.parametrize("shape", [SWIN_V2_LARGE_192, VIT_LARGE_16], ids=lambda shape: shape.name)
def test_the_shapes_of_full_size(shape):
    """On no device: 48, 24, 12 and 6 places a side, or a ViT's 14 four times, become 56, 28, 14 and 7, and a mask of 224."""
    options, seen = MasksOptions(), {}
    with torch.device("meta"):
        head = MasksHead(options.head, level_blocks(options, shape), shape.width)
        for name in ("levels.0", "levels.1", "levels.2", "levels.3", "joining.3", "joining.0"):
            head.get_submodule(name).register_forward_hook(
                lambda module, given, made, name=name: seen.update({name: tuple(made.shape)})
            )
        maps = [torch.zeros(1, 5, block.tokens, block.width) for block in level_blocks(options, shape)]
        logits, _ = head(maps, torch.zeros(1, 5, shape.tokens, shape.width))
    assert [each.shape[2] for each in maps] == ([2304, 576, 144, 36] if shape.stages == 4 else [197] * 4)
    assert [seen[f"levels.{level}"] for level in range(4)] == [(5, 256, side, side) for side in (56, 28, 14, 7)]
    assert (seen["joining.3"], seen["joining.0"]) == ((5, 256, 14, 14), (5, 256, 112, 112))
    assert logits.shape == (1, 5, 224, 224)


def test_towers_may_compute_in_half_the_bytes():
    """The head stays in float32, and so do all gradients."""
    found = {}
    for dtype in (torch.float32, torch.bfloat16):
        pair = (ToyTower(FOUR, seed=1, dtype=dtype),) * 2
        learner = MasksLearner(MasksOptions(**SIZES, head=HEAD), *pair, SEGMENTS, seed=0)
        loss, _ = learner(batch_of(pair))
        loss.backward()
        assert {p.grad.dtype for p in learner.parameters() if p.grad is not None} == {torch.float32}
        assert learner.answers(batch_of(pair)).dtype == torch.float32
        found[dtype] = float(loss.detach())
    assert found[torch.bfloat16] == pytest.approx(found[torch.float32], rel=0.02)


def test_what_a_side_takes_of_the_bank_is_told_of_masks_too():
    pair = towers()
    learner, batch = learner_of(pair), batch_of(pair)
    ((mine, other),) = learner.entries(batch)
    assert mine.shape == other.shape == (CLIPS, SEGMENTS, 3)
    torch.testing.assert_close(mine.sum(-1), torch.ones(CLIPS, SEGMENTS, dtype=torch.float64), **SAME)
    assert learner_of(pair, rung="interaction").entries(batch) == []


def test_what_does_not_fit_is_refused():
    pair = towers()
    batch = batch_of(pair)
    with pytest.raises(
        CoplError, match=r"\(2, 3, 16, 16\) were given, and the head makes \(2, 3, 32, 32\). Store masks of 32"
    ):
        learner_of(pair)(MaskBatch(batch.visual, batch.audio, batch.masks[..., ::2, ::2]))
    late = learner_of(pair, variant="late")
    with pytest.raises(
        CoplError, match=r"masks read stage4, block00, block02, block03 of 'four', maps of blocks \[0, 2, 3\]"
    ):
        late(MaskBatch([torch.zeros(2, 3, 1, 32)], [torch.zeros(2, 3, 1, 32)], batch.masks))
    for head, said in (
        ({"tpavi": (3, 1)}, "tpavi: .3, 1. names levels; there are 0, 1, 2 and 3. Write each once, in order"),
        ({"tpavi": (0,), "masked_av": 0.5}, r"which stands at \[0\]. Write masked_av_levels: \[0\], or masked_av: 0"),
        ({"masked_av": 0.5, "masked_av_levels": ()}, "names none. Name some, or write masked_av: 0"),
        ({"size": 100}, "multiple of 32"),
        ({"level_widths": (1, 2, 3, 0)}, "whole numbers from 1"),
    ):
        with pytest.raises(ValueError, match=said):
            MasksOptions(head=head)


def test_equal_seeds_draw_equal_numbers_and_leave_the_generator_alone():
    pair = towers()
    state = torch.get_rng_state()
    one, same, other = (
        MasksLearner(MasksOptions(**SIZES, head=HEAD), *pair, SEGMENTS, seed).state_dict() for seed in (5, 5, 6)
    )
    assert torch.equal(state, torch.get_rng_state())
    assert all(torch.equal(value, same[name]) for name, value in one.items())
    drawn = {name for name, value in one.items() if not torch.equal(value, other[name])}
    alike = {name for name in one if "norm" in name or "after" in name}
    assert drawn == set(one) - alike
