"""What must hold of CoPL whatever it has learned: symmetries, what is learned and what is not, equal ways to the same tokens."""

import dataclasses

import pytest
import torch
from toy_towers import ToyTower, rows_of, shape_of

from pipeline.encoders.stepped.base import run
from pipeline.methods.copl.config import RUNGS, CoplOptions
from pipeline.methods.copl.coupling import Coupling
from pipeline.methods.copl.errors import CoplError
from pipeline.methods.copl.learner import AvBatch, EventsLearner
from pipeline.methods.copl.model import Copl
from pipeline.methods.copl.places import reads

CLIPS, SEGMENTS, CLASSES = 2, 3, 4
SIZES = {"global_prompts": 2, "interaction_prompts": 2, "bank": 4, "bottleneck": 8, "side_width": 6, "batch": 2}
SAME = {"rtol": 0, "atol": 1e-10}


def towers(kind="shared"):
    visual = ToyTower(seed=1, dtype=torch.float64)
    audio = ToyTower(shape_of("flat", width=4, side=2, depths=(2, 1)), seed=2, dtype=torch.float64)
    return (visual, visual) if kind == "shared" else (visual, audio)


def spread(module, seed=3):
    """Learned tensors as far from each other as tokens are."""
    numbers = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=numbers, dtype=parameter.dtype))


def copl_of(pair, seed=3, **given):
    model = Copl(CoplOptions(**{**SIZES, **given}), *pair, SEGMENTS, seed=0).double()
    spread(model, seed)
    return model


def learner_of(pair, **given):
    return EventsLearner(CoplOptions(**{**SIZES, **given}), *pair, SEGMENTS, CLASSES, seed=0).double()


def rows(pair, seed=0):
    return rows_of(CLIPS, SEGMENTS, pair[0].shape, seed)[0], rows_of(CLIPS, SEGMENTS, pair[1].shape, seed)[1]


def batch_of(pair):
    return AvBatch(*rows(pair), torch.tensor([[0, 3, 1], [2, 2, 3]]))


def equal(one, other):
    for name in ("visual", "audio", "consistency"):
        torch.testing.assert_close(getattr(one, name), getattr(other, name), **SAME)


def test_the_order_of_a_bank_s_entries_says_nothing():
    pair = towers()
    model, given = copl_of(pair), rows(pair)
    before = model(*given)
    changed = copl_of(pair)
    with torch.no_grad():
        for coupling in changed.couplings.values():
            bank = coupling.bank["both"]
            bank.copy_(bank[torch.tensor([2, 0, 3, 1])])
    equal(before, changed(*given))
    with torch.no_grad():
        coupling.bank["both"][0] += 1
    assert (changed(*given).visual - before.visual).abs().max() > 1e-3  # and what is in it does


@pytest.mark.parametrize("kind", ["shared", "unshared"])
def test_seconds_in_another_order_with_their_prompts_come_out_in_that_order(kind):
    pair, order = towers(kind), torch.tensor([2, 0, 1])
    model, given = copl_of(pair), rows(pair)
    before = model(*given)
    changed = copl_of(pair)
    with torch.no_grad():
        for side in (changed.visual, changed.audio):
            for frame in side.frame.values():
                frame.copy_(frame[order])
    after = changed(given[0][:, order], given[1][:, order])
    equal(dataclasses.replace(before, visual=before.visual[:, order], audio=before.audio[:, order]), after)
    still = model(given[0][:, order], given[1][:, order])  # the prompts stay where they were
    assert (still.visual - after.visual).abs().max() > 1e-3


def test_two_equal_sides_are_consistent():
    pair = towers()
    model, (_, sounds) = copl_of(pair), rows(pair)
    with torch.no_grad():
        for own, other in zip(model.visual.parameters(), model.audio.parameters(), strict=True):
            other.copy_(own)
        for coupling in model.couplings.values():
            coupling.latents["audio"].copy_(coupling.latents["visual"])
    assert model(sounds, sounds).consistency == 0
    with torch.no_grad():
        coupling.latents["audio"] += 1
    assert model(sounds, sounds).consistency > 1e-6


@pytest.mark.parametrize("kind", ["shared", "unshared"])
@pytest.mark.parametrize("variant", ["paper", "late", "parallel"])
@pytest.mark.parametrize("rung", RUNGS)
def test_all_that_is_learned_has_a_gradient_after_two_steps_and_nothing_else(kind, variant, rung):
    pair = towers(kind)
    learner = learner_of(pair, variant=variant, rung=rung, layers=1, last=1)
    batch = at_cuts(learner, pair)
    optimiser = torch.optim.SGD(learner.parameters(), lr=1e-2)
    for _ in range(2):
        optimiser.zero_grad()
        learner(batch)[0].backward()
        optimiser.step()
    assert [name for name, p in learner.named_parameters() if p.grad is None or not p.grad.abs().max() > 0] == []
    for tower in pair:
        assert all(not p.requires_grad and p.grad is None for p in tower.parameters())
    assert set(learner.state_dict()) == {name for name, _ in learner.named_parameters()}
    own = {p.data_ptr() for tower in pair for p in tower.parameters()}
    assert not own & {value.data_ptr() for value in learner.state_dict().values()}
    assert all(name.startswith(("prompts.", "head.")) for name in learner.state_dict())


def at_cuts(learner, pair):
    """What a task would have stored for a learner: activations at the cuts that its options read."""
    given = batch_of(pair)
    cuts, held = reads(learner._options, *(tower.shape for tower in pair)), []
    for tower, names, source in zip(pair, cuts, (given.visual, given.audio), strict=True):
        found = []
        for name in names:
            if name == "pixels":
                found.append(source)
                continue
            stop, tokens = tower.shape.start(name), tower.enter(source.flatten(0, 1))
            tokens = run(tower, tokens, 0, stop)
            tokens = tokens if name.startswith("block") or name == "patches" else tower.between(stop, tokens)
            found.append(tokens.unflatten(0, (CLIPS, SEGMENTS)))
        several = learner._options.variant == "parallel" or learner._options.rung == "none"
        held.append(found if several else found[0])
    return AvBatch(*held, given.labels)


@pytest.mark.parametrize("kind", ["shared", "unshared"])
@pytest.mark.parametrize("start", ["block00", "block01", "stage2", "block02"])
def test_late_is_the_paper_s_variant_with_prompts_from_there_on(kind, start):
    pair = towers(kind)
    layers = {"layers": 1}
    late = copl_of(pair, variant="late", start=start, **layers)
    batch = at_cuts(learner_of(pair, variant="late", start=start, **layers), pair)
    from_cut = late(batch.visual, batch.audio, late.places.first)
    equal(late(*rows(pair)), from_cut)

    whole = Copl(CoplOptions(**{**SIZES, **layers}), *pair, SEGMENTS, seed=0).double()
    own = late.state_dict()
    assert own.keys() < whole.state_dict().keys()
    whole.load_state_dict({**whole.state_dict(), **own})
    for side in (whole.visual, whole.audio):
        for parts in (side.whole, side.frame):
            for block in [name for name in parts if int(name) not in late_blocks(late, side is whole.visual)]:
                del parts[block]
    equal(whole(*rows(pair)), from_cut)


def late_blocks(late, visual):
    return {int(name) for name in (late.visual if visual else late.audio).whole}


def test_what_lies_above_the_first_prompt_is_no_place_to_start():
    pair = towers()
    late = copl_of(pair, variant="late", start="block00")
    with pytest.raises(CoplError, match="asked to start at step 2, but prompts stand from step 1 on: what lies below"):
        late(torch.zeros(2, 3, 4, 16), torch.zeros(2, 3, 4, 16), 2)


@pytest.mark.parametrize("kind", ["shared", "unshared"])
@pytest.mark.parametrize("given", [{"variant": "parallel"}, {"rung": "none"}])
def test_stored_outputs_are_those_that_the_towers_make(kind, given):
    pair = towers(kind)
    learner = learner_of(pair, **given)
    spread(learner)
    equal(learner.towered(batch_of(pair)), learner.towered(at_cuts(learner, pair)))
    assert len(at_cuts(learner, pair).visual) == (2 if "variant" in given else 1)


@pytest.mark.parametrize("kind", ["shared", "unshared"])
def test_maps_of_stages_are_those_that_the_blocks_left(kind):
    pair = towers(kind)
    tower, given = pair[0], rows(pair)
    late = copl_of(pair, variant="late", layers=1)  # from stage 2 on, so that stage 1 is the tower's own
    towered = late(*given)
    first = run(tower, tower.enter(given[0].flatten(0, 1)), 0, 2)
    assert [tuple(each.shape) for each in towered.stages] == [(CLIPS, SEGMENTS, 16, 8), (CLIPS, SEGMENTS, 4, 16)]
    torch.testing.assert_close(towered.stages[0].flatten(0, 1), first, **SAME)
    assert torch.equal(towered.stages[1], towered.visual)
    assert [each.shape for each in late(*given, maps=False).stages] == [towered.visual.shape]
    stored = at_cuts(learner_of(pair, variant="late", layers=1), pair)
    assert [each.shape for each in late(stored.visual, stored.audio, 2).stages] == [towered.visual.shape]


def test_frozen_towers_alone_give_their_own_tokens():
    pair = towers()
    learner, given = learner_of(pair, rung="none"), batch_of(pair)
    tower = pair[0]
    plain = tower.leave(run(tower, tower.enter(given.audio.flatten(0, 1))))
    torch.testing.assert_close(learner.towered(given).audio.flatten(0, 1), plain, **SAME)


@pytest.mark.parametrize("kind", ["shared", "unshared"])
def test_activations_made_again_give_the_same_gradients(kind):
    pair, found = towers(kind), {}
    for checkpointing in (False, True):
        learner = learner_of(pair, checkpointing=checkpointing)
        spread(learner)
        learner(batch_of(pair))[0].backward()
        found[checkpointing] = {name: p.grad for name, p in learner.named_parameters()}
    assert all(torch.equal(found[True][name], grad) for name, grad in found[False].items())


def test_one_batch_of_both_sides_is_two_batches():
    """A tower that serves both sides runs once a block; two towers of the same weights run apart."""
    pair = towers()
    calls = []
    block = pair[0].block
    pair[0].block = lambda index, tokens, prompts=None: calls.append(len(tokens)) or block(index, tokens, prompts)
    together = copl_of(pair)(*rows(pair))
    assert calls == [2 * CLIPS * SEGMENTS] * 4
    twins = (ToyTower(seed=1, dtype=torch.float64), ToyTower(seed=1, dtype=torch.float64))
    equal(together, copl_of(twins)(*rows(twins)))


@pytest.mark.parametrize("given", [{}, {"variant": "parallel"}, {"rung": "none"}])
def test_towers_may_compute_in_half_the_bytes(given):
    """What is learned stays in float32, and so do its gradients."""
    found = {}
    for dtype in (torch.float32, torch.bfloat16):
        pair = (ToyTower(seed=1, dtype=dtype),) * 2
        learner = EventsLearner(CoplOptions(**{**SIZES, **given}), *pair, SEGMENTS, CLASSES, seed=0)
        loss, _ = learner(batch_of(pair))
        loss.backward()
        assert loss.dtype == torch.float32 and {p.grad.dtype for p in learner.parameters()} == {torch.float32}
        found[dtype] = float(loss.detach())
    assert found[torch.bfloat16] == pytest.approx(found[torch.float32], rel=0.02)


@pytest.mark.parametrize(("kind", "given"), [("shared", {}), ("unshared", {}), ("shared", {"variant": "parallel"})])
def test_what_a_side_takes_of_the_bank_is_what_makes_its_prompts(kind, given):
    pair = towers(kind)
    learner, batch = learner_of(pair, **given), batch_of(pair)
    spread(learner)
    before = learner.towered(batch)
    found = learner.entries(batch)
    equal(before, learner.towered(batch))  # to look changes nothing
    assert len(found) == 2 and all(each.shape == (CLIPS, SEGMENTS, 4) for weights in found for each in weights)
    for weights in found:
        for each in weights:
            torch.testing.assert_close(each.sum(-1), torch.ones(CLIPS, SEGMENTS, dtype=torch.float64), **SAME)
    coupling, seen = next(c for c in learner.modules() if isinstance(c, Coupling)), []
    coupling.register_forward_hook(lambda module, tokens, made: seen.append(made))
    learner.towered(batch)
    bank = coupling.bank["audio" if "audio" in coupling.bank else "both"]
    taken = torch.einsum("btq,qld->btld", found[0][1], bank)
    torch.testing.assert_close(seen[0][1][:, :2].unflatten(0, (CLIPS, SEGMENTS)), taken, **SAME)  # I_a begins with P_a
    assert learner_of(pair, rung="interaction").entries(batch) == []


def test_rows_that_do_not_fit_are_refused():
    pair = towers()
    model, (pictures, sounds) = copl_of(pair), rows(pair)
    with pytest.raises(CoplError, match=r"sounds of \(2, 2\) were given; both must have 3 segments, of as many clips"):
        model(pictures, sounds[:, :2])
    with pytest.raises(CoplError, match=r"block 1 of 'toy' reads \(16, 8\) tokens a row, .*\(4, 16\) was given"):
        copl_of(pair, variant="late", start="block00")(torch.zeros(2, 3, 4, 16), torch.zeros(2, 3, 16, 8), 1)
    parallel = learner_of(pair, variant="parallel").prompts
    with pytest.raises(CoplError, match=r"reads blocks 2, 3 of 'toy', of 3 segments and \(tokens, width\)"):
        parallel([torch.zeros(2, 3, 4, 16)], [torch.zeros(2, 3, 4, 16)] * 2)


def test_equal_seeds_draw_equal_numbers_and_leave_the_generator_alone():
    pair = towers()
    state = torch.get_rng_state()
    one, same, other = (EventsLearner(CoplOptions(**SIZES), *pair, SEGMENTS, CLASSES, seed) for seed in (5, 5, 6))
    assert torch.equal(state, torch.get_rng_state())
    for name, value in one.state_dict().items():
        assert torch.equal(value, same.state_dict()[name]) and not torch.equal(value, other.state_dict()[name])
    drawn = torch.cat([p.flatten() for n, p in one.named_parameters() if "whole" in n or "frame" in n or "bank" in n])
    assert abs(float(drawn.detach().std()) - 0.02) < 0.002
