"""One training step of CoPL on events, forward, backward and Adam, against the same step written straightforwardly.

Four blocks, one a stage, of Swin-V2-L's widths at 192 pixels, with random weights, and the 21 prompts that blocks of the paper's
variant have: 20 global ones and the second's own. Ours takes prompts as keys and values only, makes the biases by position once,
and runs pictures and spectrograms as one batch.
"""

from plain_copl_step import PlainCopl, Step, pictures, step_of
from side_by_side import Claim, Finding, ratio, shown, take_turns, tell

CLAIM = Claim(
    "one CoPL training step, a block of every stage of Swin-V2-L, 21 prompts, 2 seconds: straightforward / ours", 1.15
)
CLIPS, SEGMENTS, CLASSES = 1, 2, 29


def measure(rounds: int) -> Finding:
    from pipeline.encoders.stepped.known import SWIN_V2_LARGE_192
    from pipeline.methods.copl.config import CoplOptions
    from pipeline.methods.copl.macs import step_macs

    ways = dict(zip(("straightforward", "ours"), _ways(), strict=True))
    wanted, ours = (step() for step in ways.values())
    loss = abs(ours[0] - wanted[0]) / wanted[0]
    gradients = max(float((ours[1][name] - x).abs().max() / x.abs().max()) for name, x in wanted[1].items())
    times = take_turns(ways, rounds)
    macs = {
        v: step_macs(CoplOptions(variant=v), SWIN_V2_LARGE_192, SWIN_V2_LARGE_192, 10)
        for v in ("paper", "late", "parallel")
    }
    return Finding(
        ratio(*times.values()),
        {name: shown(seconds) for name, seconds in times.items()},
        notes=[
            f"relative differences: loss {loss:.1e}, gradients {gradients:.1e}",
            f"at full depth, by counted MACs: late {macs['paper'] / macs['late']:.1f} and parallel "
            f"{macs['paper'] / macs['parallel']:.0f} times fewer than the paper's variant",
        ],
        sound=max(loss, gradients) <= 1e-4,
    )


def _ways() -> tuple[Step, Step]:
    """The straightforward step and ours, each with a learner of its own that starts from the same values."""
    import torch
    from timm.models.swin_transformer_v2 import SwinTransformerV2

    from pipeline.encoders.stepped.known import IMAGENET_MEAN, IMAGENET_STD, swin_v2
    from pipeline.encoders.stepped.swin import SwinTower
    from pipeline.methods.copl.config import CoplOptions
    from pipeline.methods.copl.learner import AvBatch, EventsLearner

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
    options = CoplOptions(layers=1, rung="frame")
    theirs, mine = (EventsLearner(options, tower, tower, SEGMENTS, CLASSES, seed=0) for _ in range(2))
    frames = torch.randint(0, 256, (CLIPS, SEGMENTS, *shape.input), dtype=torch.uint8)
    sounds = torch.randn(CLIPS, SEGMENTS, *shape.input[:2])
    labels = torch.randint(0, CLASSES, (CLIPS, SEGMENTS))
    plain = PlainCopl(model, dict(theirs.named_parameters()), 0.0)
    rows = [pictures(each, IMAGENET_MEAN, IMAGENET_STD) for each in (frames, sounds)]
    batch = AvBatch(frames, sounds, labels)
    return step_of(theirs, lambda: plain.loss(*rows, labels)), step_of(mine, lambda: mine(batch)[0])


if __name__ == "__main__":
    tell(CLAIM, measure, rounds=7)
