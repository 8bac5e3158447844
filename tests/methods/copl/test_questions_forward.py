"""The whole forward pass on questions against a derivation that shares no code: loops, in float64."""

import numpy as np
import pytest
import torch
from asked import LONGEST, SEGMENTS, VIDEO_OF, batch_of, learner_of, spread, towers
from plain_copl import PlainTower, plain_consistency, plain_copl, softmax
from plain_questions import plain_answer, plain_match

from pipeline.encoders.stepped.base import run

SIDES = {"both": ("audio", "visual"), "visual": ("visual",), "audio": ("audio",), "question": ()}
CASES = [
    ("shared", {}),
    ("shared", {"consistency_sum": True, "frame_prompts": "all", "layers": 2}),
    ("shared", {"head": {"dropout": 0.4}}),
    ("shared", {"head": {"match": 0}}),
    ("shared", {"rung": "frame", "head": {"heads": 1, "width": 12, "match": 2}}),
    ("shared", {"rung": "none"}),
    ("shared", {"rung": "none", "head": {"use": "visual", "dropout": 0.3}}),
    ("shared", {"rung": "none", "head": {"use": "audio"}}),
    ("shared", {"rung": "none", "head": {"use": "question"}}),
    ("other", {}),
    ("other", {"rung": "bank", "head": {"use": "visual"}}),
]


def masks_of(draw, share, sides, questions, heads, width):
    """Question -> side -> what its numbers are multiplied by; drawn by side, then by place, for all questions at once."""
    numbers = torch.Generator().manual_seed(draw)
    found = [{} for _ in range(questions)]
    for side in sides:
        sizes = ((questions, heads, 1, SEGMENTS), (questions, width), (questions, width))
        drawn = [(torch.rand(size, generator=numbers) >= share).double().numpy() / (1 - share) for size in sizes]
        for question in range(questions):
            found[question][side] = [drawn[0][question][:, 0], drawn[1][question], drawn[2][question]]
    return found


@pytest.mark.parametrize(("kind", "given"), CASES)
def test_it_is_the_published_formulas_by_loops(kind, given):
    pair, draw = towers(kind), 77
    learner = learner_of(pair, **given)
    spread(learner)
    batch = batch_of(pair, draw=draw)

    loss, parts = learner(batch)
    answers = learner.answers(batch)

    options, head = learner._options, learner._options.head
    own = {name: value.detach().numpy() for name, value in learner.named_parameters()}
    prompts, of_head = (
        {n.removeprefix(s): v for n, v in own.items() if n.startswith(s)} for s in ("prompts.", "head.")
    )
    pairs = [(0, 0), (1, 1), (2, 2), (3, 3)] if kind == "shared" else [(0, 0), (1, 1), (2, None), (3, 2)]
    paired = [number for number, each in enumerate(pairs) if None not in each]
    last = paired[-options.layers :] if options.has_interaction else []
    plain = {"visual": PlainTower(pair[0]), "audio": PlainTower(pair[1])}
    sides, questions = SIDES[head.use], len(VIDEO_OF)
    masks = masks_of(draw, head.dropout, sides, questions, head.heads, head.width)
    whole = masks_of(draw, 0, sides, questions, head.heads, head.width)
    tower = pair[0]
    others = tower.leave(run(tower, tower.enter(batch.negatives.flatten(0, 1)))).unflatten(0, (3, SEGMENTS)).numpy()

    tasks, matches, compared, wanted = [], [], [], []
    for q, video in enumerate(VIDEO_OF):  # each question runs its clip by itself
        rows = {
            "visual": batch.visual[video : video + 1].numpy(),
            "audio": batch.audio[video : video + 1].double().numpy(),
        }
        tokens = plain_copl(prompts, plain, pairs, last, rows, options.frame_prompts == "all")
        clip = {side: tokens[side][0] for side in sides}
        words = batch.words[q].tolist()
        assert len(words) == LONGEST
        wanted.append(softmax(plain_answer(of_head, words, clip, head.heads, whole[q])))
        tasks.append(-np.log(softmax(plain_answer(of_head, words, clip, head.heads, masks[q]))[batch.answers[q]]))
        if head.matches:
            matches += plain_match(of_head, clip, others[video])
        if options.has_consistency:
            compared.append(plain_consistency(prompts, tokens, options.consistency_sum))

    np.testing.assert_allclose(answers.numpy(), np.array(wanted), rtol=0, atol=1e-10)
    total = np.mean(tasks)
    np.testing.assert_allclose(parts["task"].item(), np.mean(tasks), rtol=1e-10, atol=1e-10)
    assert ("match" in parts, "consistency" in parts) == (bool(matches), bool(compared))
    if matches:
        np.testing.assert_allclose(parts["match"].item(), np.mean(matches), rtol=1e-10)
        total += head.match * np.mean(matches)
    if compared:
        agreed = np.sum(compared) if options.consistency_sum else np.mean(compared)
        np.testing.assert_allclose(parts["consistency"].item(), agreed, rtol=1e-10)
        total += options.consistency * agreed
    np.testing.assert_allclose(loss.item(), total, rtol=1e-10, atol=1e-10)
