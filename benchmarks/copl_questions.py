"""One training step of CoPL on a question, forward, backward and Adam, against the same step written straightforwardly.

Four blocks, one a stage, of Swin-V2-L's widths at 192 pixels, with random weights, and the 21 prompts of blocks. Ours takes
prompts as keys and values only, makes the biases by position once, runs pictures and spectrograms as one batch, and reads the
maps of other videos' frames from the store. `copl_questions_together` asks three questions of the clip.
"""

from plain_copl_step import Step, pictures, step_of
from plain_questions_step import PlainQuestions
from side_by_side import Claim, Finding, ratio, shown, take_turns, tell

CLAIM = Claim(
    "one CoPL training step on a question, a block of every stage of Swin-V2-L, 21 prompts, 2 seconds: straightforward / ours",
    1.4,
)
SEGMENTS, WORDS, ANSWERS, LONGEST = 2, 93, 42, 14


def measure(rounds: int) -> Finding:
    return compare(1, rounds)


def compare(questions: int, rounds: int) -> Finding:
    """Both steps, of one clip and some questions about it."""
    ways = dict(zip(("straightforward", "ours"), _ways(questions), strict=True))
    wanted, ours = (step() for step in ways.values())
    loss = abs(ours[0] - wanted[0]) / wanted[0]
    gradients = max(float((ours[1][name] - x).abs().max() / x.abs().max()) for name, x in wanted[1].items())
    times = take_turns(ways, rounds)
    return Finding(
        ratio(*times.values()),
        {name: shown(seconds) for name, seconds in times.items()},
        notes=[f"relative differences: loss {loss:.1e}, gradients {gradients:.1e}"],
        sound=max(loss, gradients) <= 1e-4,
    )


def _ways(questions: int) -> tuple[Step, Step]:
    """The straightforward step and ours, each with a learner of its own that starts from the same values."""
    import torch
    from timm.models.swin_transformer_v2 import SwinTransformerV2

    from pipeline.encoders.stepped.base import run
    from pipeline.encoders.stepped.known import IMAGENET_MEAN, IMAGENET_STD, swin_v2
    from pipeline.encoders.stepped.swin import SwinTower
    from pipeline.methods.copl.questions.config import QuestionsOptions
    from pipeline.methods.copl.questions.learner import QuestionBatch, QuestionsLearner

    torch.manual_seed(0)
    shape = swin_v2("a block of every stage", 192, 4, 192, (1, 1, 1, 1), (6, 12, 24, 48), window=12)
    model = SwinTransformerV2(
        img_size=192, embed_dim=192, depths=(1, 1, 1, 1), num_heads=(6, 12, 24, 48), window_size=12, num_classes=0,
        drop_path_rate=0.0,
    ).eval().requires_grad_(False)  # fmt: skip
    for name, parameter in model.named_parameters():
        if name.endswith(("norm1.weight", "norm2.weight")):  # timm begins with zeros, of which nothing comes
            parameter.fill_(1.0)
    tower = SwinTower(model, shape, torch.device("cpu"), torch.float32)
    options = QuestionsOptions(layers=1, rung="frame", global_prompts=20, head={"dropout": 0})  # type: ignore[arg-type]
    theirs, mine = (QuestionsLearner(options, tower, tower, SEGMENTS, WORDS, ANSWERS, seed=0) for _ in range(2))
    frames, others = (torch.randint(0, 256, (1, SEGMENTS, *shape.input), dtype=torch.uint8) for _ in range(2))
    sounds = torch.randn(1, SEGMENTS, *shape.input[:2])
    words, answers = torch.randint(0, WORDS, (questions, LONGEST)), torch.randint(0, ANSWERS, (questions,))
    plain = PlainQuestions(model, dict(theirs.named_parameters()), 0.0, options.head.heads)
    rows = [
        pictures(each, IMAGENET_MEAN, IMAGENET_STD).expand(questions, -1, -1, -1, -1)
        for each in (frames, sounds, others)
    ]
    stored = run(tower, tower.enter(others.flatten(0, 1))).unflatten(0, (1, SEGMENTS))
    batch = QuestionBatch(frames, sounds, torch.zeros(questions, dtype=torch.long), words, answers, stored)
    return step_of(theirs, lambda: plain.loss(*rows, words, answers)), step_of(mine, lambda: mine(batch)[0])


if __name__ == "__main__":
    tell(CLAIM, measure, rounds=7)
