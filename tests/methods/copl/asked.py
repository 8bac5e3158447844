"""Toy clips with questions about them, as learners read them."""

import torch
from toy_towers import ToyTower, rows_of, shape_of

from pipeline.encoders.stepped.base import run
from pipeline.methods.copl.places import reads
from pipeline.methods.copl.questions.config import QuestionsOptions
from pipeline.methods.copl.questions.learner import QuestionBatch, QuestionsLearner

SEGMENTS, WORDS, ANSWERS, LONGEST = 3, 7, 5, 4
VIDEO_OF = (0, 1, 1, 1, 0, 2)
SIZES = {
    "global_prompts": 2, "interaction_prompts": 2, "bank": 3, "bottleneck": 3, "side_width": 6, "layers": 1, "last": 1,
}  # fmt: skip


def options_of(**given):
    head = {"width": 8, "heads": 2, "dropout": 0, **given.pop("head", {})}
    return QuestionsOptions(**{**SIZES, **given}, head=head)


def towers(kind="shared", dtype=torch.float64):
    visual = ToyTower(seed=1, dtype=dtype)
    audio = ToyTower(shape_of("flat", width=4, side=2, depths=(2, 1)), seed=2, dtype=dtype)
    return (visual, visual) if kind == "shared" else (visual, audio)


def learner_of(pair, seed=0, **given):
    return QuestionsLearner(options_of(**given), *pair, SEGMENTS, WORDS, ANSWERS, seed).to(pair[0].dtype)


def batch_of(pair, video_of=VIDEO_OF, seed=0, draw=None):
    """Clips as pictures and spectrograms, frames of others as pictures."""
    numbers = torch.Generator().manual_seed(seed + 50)
    videos, asked = max(video_of) + 1, len(video_of)
    return QuestionBatch(
        rows_of(videos, SEGMENTS, pair[0].shape, seed)[0],
        rows_of(videos, SEGMENTS, pair[1].shape, seed)[1],
        torch.tensor(video_of),
        torch.randint(0, WORDS, (asked, LONGEST), generator=numbers),
        torch.randint(0, ANSWERS, (asked,), generator=numbers),
        rows_of(videos, SEGMENTS, pair[0].shape, seed + 9)[0],
        draw,
    )


def spread(module, seed=3):
    """Learned tensors as far from each other as tokens are: with small ones an error in them could hide."""
    numbers = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=numbers, dtype=parameter.dtype) * 0.7)


def stored(learner, pair, batch):
    """The same batch as a store holds it: activations at the cuts that the options read, and frames of others at theirs."""
    cuts, held = reads(learner._options, *(tower.shape for tower in pair)), []
    several = learner._options.variant == "parallel" or learner._options.rung == "none"
    for tower, names, source in zip(pair, cuts, (batch.visual, batch.audio), strict=True):
        found = [source if name == "pixels" else at_cut(tower, name, source) for name in names]
        held.append(found if several else found[0])
    last = f"block{len(pair[0].shape.blocks) - 1:02}"
    negatives = at_cut(pair[0], last, batch.negatives)
    return QuestionBatch(*held, batch.video_of, batch.words, batch.answers, negatives, batch.draw)


def at_cut(tower, name, rows):
    stop, tokens = tower.shape.start(name), tower.enter(rows.flatten(0, 1))
    tokens = run(tower, tokens, 0, stop)
    tokens = tokens if name.startswith("block") or name == "patches" else tower.between(stop, tokens)
    return tokens.unflatten(0, rows.shape[:2])
