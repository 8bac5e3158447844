"""The head of masks against a derivation that shares no code: loops over clips, seconds, places and pixels, in float64."""

import pytest
import torch
from plain_masks import plain_losses, plain_masks
from toy_towers import ToyTower, rows_of, shape_of

from pipeline.methods.copl.masks.config import MasksOptions
from pipeline.methods.copl.masks.learner import MaskBatch, MasksLearner

CLIPS, SEGMENTS = 2, 2
SIZES = {
    "global_prompts": 2,
    "interaction_prompts": 2,
    "bank": 3,
    "bottleneck": 3,
    "side_width": 6,
    "layers": 1,
    "last": 1,
}
HEAD = {"size": 32, "width": 8, "level_widths": (3, 4, 5, 6), "dilations": (1, 3), "audio_width": 5}
FOUR = shape_of("four", width=4, depths=(1, 1, 1, 1), side=8)
"""Maps of 8, 4, 2 and 1 tokens a side: those of the head's levels, of masks of 32 pixels."""
TWO = shape_of("two", width=4, depths=(1, 1), side=4)
"""Maps of 4 and 2: the first level is enlarged, the last halved, and three levels read one map."""

CASES = [
    (FOUR, {}, {}),
    (FOUR, {}, {"masked_av": 0.5, "dilations": (3, 6, 12, 18)}),
    (FOUR, {}, {"tpavi": (1, 3), "masked_av": 0.25, "masked_av_levels": (3,), "frames": "first"}),
    (FOUR, {}, {"tpavi": ()}),
    (FOUR, {"rung": "none"}, {"audio": "zeroed"}),
    (TWO, {}, {}),
    (TWO, {"variant": "parallel"}, {"levels": "last", "frames": "first"}),
]


@pytest.mark.parametrize(("shape", "given", "head"), CASES)
def test_it_is_avsbench_s_decoder_by_loops(shape, given, head):
    tower = ToyTower(shape, seed=1, dtype=torch.float64)
    options = MasksOptions(**{**SIZES, **given}, head={**HEAD, **head})
    learner = MasksLearner(options, tower, tower, SEGMENTS, seed=0).double()
    spread(learner.head)
    numbers = torch.Generator().manual_seed(2)
    masks = torch.randint(0, 2, (CLIPS, SEGMENTS, 32, 32), generator=numbers, dtype=torch.uint8)
    masks[1, 0] = 255
    batch = MaskBatch(*rows_of(CLIPS, SEGMENTS, shape), masks)

    with torch.no_grad():
        towered, maps = learner.towered(batch)
        loss, parts = learner(batch)
    grids = [block.grid for block in learner._maps.blocks]
    arrays = [each.numpy() for each in maps], grids, towered.audio.numpy()
    own = {name: value.numpy() for name, value in learner.head.state_dict().items()}
    logits, levels, aligned = plain_masks(own, options.head, *arrays, learns=True)
    task, masked_av = plain_losses(options.head, logits, masks.numpy(), levels, aligned)

    assert abs(float(parts["task"]) - task) < 1e-10
    expected = task + options.head.masked_av * masked_av
    if options.head.masked_av:
        assert abs(float(parts["masked-av"]) - masked_av) < 1e-10 and masked_av > 1e-4
    if options.has_consistency:
        expected += options.consistency * float(parts["consistency"])
    assert abs(float(loss) - expected) < 1e-10
    told = {"masked-av": options.head.masked_av > 0, "consistency": options.has_consistency}
    assert set(parts) == {"loss", "task", *(name for name, there in told.items() if there)}

    answered, _, _ = plain_masks(own, options.head, *arrays, learns=False)
    answers = learner.answers(batch)
    assert learner.training  # to answer changes nothing
    torch.testing.assert_close(answers, torch.from_numpy(answered).sigmoid(), rtol=0, atol=1e-10)
    assert answers.std() > 0.01


def spread(head):
    """Numbers as large as a trained head's; BatchNorm, which begins with zeros, lets the sound through."""
    numbers = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for name, parameter in head.named_parameters():
            size = 1 if "norm" in name or "after" in name else max(parameter[0].numel(), 1) ** -0.5
            parameter.copy_(1.5 * size * torch.randn(parameter.shape, generator=numbers, dtype=parameter.dtype))
