"""What must hold of questions whatever is learned: exact gradients together, what is learned, equal ways to the same answers."""

import dataclasses

import pytest
import torch
from asked import SEGMENTS, VIDEO_OF, batch_of, learner_of, options_of, spread, stored, towers

from pipeline.methods.copl.config import RUNGS
from pipeline.methods.copl.errors import CoplError
from pipeline.methods.copl.questions.config import QuestionsOptions

SAME = {"rtol": 0, "atol": 1e-10}


def gradients(learner, batch):
    learner.zero_grad()
    loss, _ = learner(batch)
    loss.backward()
    return {"loss": loss.detach(), **{name: p.grad.clone() for name, p in learner.named_parameters()}}


def apart(batch):
    """Every question with a clip of its own."""
    rows = batch.video_of
    return dataclasses.replace(
        batch, visual=batch.visual[rows], audio=batch.audio[rows], negatives=batch.negatives[rows],
        video_of=torch.arange(len(rows)),
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["shared", "unshared"])
@pytest.mark.parametrize("given", [{}, {"consistency_sum": True}, {"head": {"dropout": 0.3}}, {"variant": "parallel"}])
def test_questions_that_share_a_pass_have_the_gradients_of_passes_of_their_own(kind, given):
    """However unequally the clips are asked about; what is dropped is a matter of the questions."""
    pair = towers(kind)
    learner = learner_of(pair, consistency=0.5, **given)
    spread(learner)
    together = batch_of(pair, draw=5)
    assert len(together.visual) == 3 and sorted(VIDEO_OF) == [0, 0, 1, 1, 1, 2]
    found, wanted = gradients(learner, together), gradients(learner, apart(together))
    for name, value in wanted.items():
        torch.testing.assert_close(found[name], value, rtol=1e-9, atol=1e-10)
    evenly = dataclasses.replace(together, video_of=torch.tensor([0, 1, 2, 1, 0, 2]))
    assert not torch.allclose(gradients(learner, evenly)["loss"], found["loss"])


def test_towers_run_once_a_clip():
    pair, calls = towers(), []
    block = pair[0].block
    pair[0].block = lambda index, tokens, prompts=None: calls.append(len(tokens)) or block(index, tokens, prompts)
    learner = learner_of(pair)
    learner(stored(learner, pair, batch_of(pair)))
    assert calls[-4:] == [2 * 3 * SEGMENTS] * 4  # both sides of 3 clips, though 6 questions are asked


@pytest.mark.parametrize("kind", ["shared", "unshared"])
@pytest.mark.parametrize("given", [{}, {"variant": "late"}, {"variant": "parallel"}, {"rung": "none"}])
def test_what_a_store_holds_is_what_the_step_would_make(kind, given):
    """Negatives among it: the frozen tower's own map, whatever the prompts are."""
    pair = towers(kind)
    learner = learner_of(pair, **given, head={"width": 16})
    spread(learner.prompts)
    batch = batch_of(pair)
    held = stored(learner, pair, batch)
    made = dataclasses.replace(held, negatives=batch.negatives)
    for each in (made,) if given.get("variant") == "late" else (made, batch):  # late has no way from pixels
        found, wanted = gradients(learner, held), gradients(learner, each)
        for name, value in wanted.items():
            torch.testing.assert_close(found[name], value, rtol=1e-9, atol=1e-10)
    other = dataclasses.replace(held, negatives=held.negatives.flip(0))
    assert not torch.equal(gradients(learner, other)["loss"], found["loss"])


def test_negatives_are_no_business_of_the_prompts():
    pair = towers()
    learner = learner_of(pair)
    spread(learner)
    batch = batch_of(pair)
    held = dataclasses.replace(batch, negatives=stored(learner, pair, batch).negatives)
    with torch.no_grad():
        before = learner._frozen(held, torch.Size((3, SEGMENTS)))
        spread(learner.prompts, 8)
        assert torch.equal(before, learner._frozen(batch, torch.Size((3, SEGMENTS))))


@pytest.mark.parametrize("kind", ["shared", "unshared"])
@pytest.mark.parametrize("variant", ["paper", "late", "parallel"])
@pytest.mark.parametrize("rung", RUNGS)
def test_all_that_is_learned_has_a_gradient_after_two_steps_and_nothing_else(kind, variant, rung):
    pair = towers(kind)
    for head in (
        {},
        {"match": 0},
        *([{"use": use} for use in ("visual", "audio", "question")] if rung == "none" else []),
    ):
        learner = learner_of(pair, variant=variant, rung=rung, bottleneck=8, head={"width": 16, **head})
        batch = stored(learner, pair, batch_of(pair))
        optimiser = torch.optim.SGD(learner.parameters(), lr=1e-2)
        for _ in range(2):
            optimiser.zero_grad()
            learner(batch)[0].backward()
            optimiser.step()
        assert [n for n, p in learner.named_parameters() if p.grad is None or not p.grad.abs().max() > 0] == [], head
        for tower in pair:
            assert all(not p.requires_grad and p.grad is None for p in tower.parameters())
        assert set(learner.state_dict()) == {name for name, _ in learner.named_parameters()}
        assert all(name.startswith(("prompts.", "head.")) for name in learner.state_dict())


def test_the_question_alone_runs_no_tower():
    pair = towers()
    learner = learner_of(pair, rung="none", head={"use": "question"})
    batch = batch_of(pair)
    bare = dataclasses.replace(batch, visual=None, audio=None, negatives=None)
    assert torch.equal(learner.answers(bare), learner.answers(batch))
    assert learner(bare)[1].keys() == {"loss", "task"}


@pytest.mark.parametrize("use", ["visual", "audio"])
def test_one_side_knows_nothing_of_the_other(use):
    pair = towers()
    learner = learner_of(pair, rung="none", head={"use": use})
    batch, other = batch_of(pair), batch_of(pair, seed=4)
    hidden, shown = ("audio", "visual") if use == "visual" else ("visual", "audio")
    asked = learner.answers(batch)
    assert torch.equal(asked, learner.answers(dataclasses.replace(batch, **{hidden: getattr(other, hidden)})))
    assert not torch.allclose(asked, learner.answers(dataclasses.replace(batch, **{shown: getattr(other, shown)})))


def test_nothing_is_dropped_from_an_answer_and_equal_draws_drop_the_same():
    pair = towers()
    learner = learner_of(pair, head={"dropout": 0.5})
    spread(learner)
    batch = batch_of(pair, draw=3)
    learner.train()
    assert torch.equal(learner.answers(batch), learner.answers(dataclasses.replace(batch, draw=None)))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        first = learner(batch)[0]
        torch.manual_seed(2)
        assert torch.equal(first, learner(batch)[0])
    learner.eval()
    assert torch.equal(first, learner(batch)[0])  # the loss is that which is learned, in whatever mode
    assert not torch.equal(first, learner(dataclasses.replace(batch, draw=4))[0])


def test_what_is_shown_of_an_answer():
    pair = towers()
    learner = learner_of(pair)
    spread(learner)
    batch = batch_of(pair)
    told = learner.answered(batch)
    torch.testing.assert_close(told.logits.softmax(-1), learner.answers(batch), **SAME)
    ones = torch.ones(len(VIDEO_OF), dtype=torch.float64)
    for side in ("audio", "visual"):
        assert told.moments[side].shape == (len(VIDEO_OF), SEGMENTS)
        torch.testing.assert_close(told.moments[side].sum(-1), ones, **SAME)
    torch.testing.assert_close(told.shares["audio"] + told.shares["visual"], ones, **SAME)
    with torch.no_grad():
        learner.head.fusion.weight[:, : learner._options.head.width] = 0  # the audio side's columns
    silent = learner.answered(batch)
    torch.testing.assert_close(silent.shares["visual"], ones, **SAME)


def test_towers_may_compute_in_half_the_bytes():
    found = {}
    for dtype in (torch.float32, torch.bfloat16):
        pair = towers(dtype=dtype)
        learner = learner_of(pair).float()
        loss, _ = learner(batch_of(pair))
        loss.backward()
        assert loss.dtype == torch.float32 and {p.grad.dtype for p in learner.parameters()} == {torch.float32}
        found[dtype] = float(loss.detach())
    assert found[torch.bfloat16] == pytest.approx(found[torch.float32], rel=0.02)


def test_equal_seeds_draw_equal_numbers_and_leave_the_generator_alone():
    pair, state = towers(), torch.get_rng_state()
    one, same, other = (learner_of(pair, seed) for seed in (5, 5, 6))
    assert torch.equal(state, torch.get_rng_state())
    for name, value in one.state_dict().items():
        assert torch.equal(value, same.state_dict()[name])
    assert not torch.equal(one.head.answer.weight, other.head.answer.weight)


def test_what_is_lacking_is_said():
    pair = towers()
    batch = batch_of(pair)
    with pytest.raises(
        CoplError, match=r"learning sets \(3, 3\) \(clips, seconds\) against frames of other videos, and nothing"
    ):
        learner_of(pair)(dataclasses.replace(batch, negatives=None))
    with pytest.raises(
        CoplError, match=r"and frames for \(2, 3\) were given. Give negatives, or write head: {match: 0}"
    ):
        learner_of(pair)(dataclasses.replace(batch, negatives=batch.negatives[:2]))
    with pytest.raises(CoplError, match="dropout is 0.1, and a batch to learn from says no draw"):
        learner_of(pair, head={"dropout": 0.1})(batch)
    with pytest.raises(CoplError, match="use: both reads both towers, and a batch has no clips"):
        learner_of(pair)(dataclasses.replace(batch, visual=None))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"head": {"question": "clip-text"}}, "clip-text is not there: .* Write question: lstm"),
        (
            {"head": {"width": 10, "heads": 2}},
            "width: 10 cannot be cut into 2 heads and halved twice. Write a width that 2",
        ),
        (
            {"together": 3},
            "together: 3 questions of a video do not divide the 8 that are run at once. Write together: 2",
        ),
        ({"batch": 12, "accumulate": 2, "together": 4}, "do not divide the 6 that are run at once. Write together: 3"),
        ({"head": {"use": "question"}}, "use: question runs no tower, so no prompt could be learned. Write rung: none"),
    ],
)
def test_options_that_do_not_fit_are_refused(given, said):
    with pytest.raises(ValueError, match=said):
        QuestionsOptions(**given)


def test_the_options_are_the_paper_s_for_questions():
    options = QuestionsOptions()
    assert (options.global_prompts, options.interaction_prompts, options.lr_head, options.epochs) == (30, 30, 1e-4, 30)
    assert (options.head.width, options.head.heads, options.head.dropout, options.head.match) == (512, 4, 0.1, 0.5)
    assert (options.together, options.negatives, options.videos) == (1, 60, 8)
    assert options_of(batch=12, accumulate=2, together=3).videos == 2
    assert QuestionsOptions.model_validate(options.naming_fields()) == options
    assert QuestionsOptions(checkpointing=True).naming_fields() == options.naming_fields()
    assert options.fit.rates == {"head": 1e-4, "prompts": 1e-3}
