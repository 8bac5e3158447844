"""CoOp, CoCoOp, deep visual and independent prompts against whole sequences, and what each of them learns."""

import pytest
import torch
from plain_prompt import NAMES, WIDTH, cosine, world
from plain_towers import TOKENIZE, plain_image, plain_text

from pipeline.methods.baselines.config import CoCoOpConfig, CoOpConfig, IndependentConfig, VisualPromptConfig
from pipeline.methods.baselines.deep_prompts import IndependentPrompts, VisualPrompts
from pipeline.methods.baselines.text_prompts import CoCoOp, CoOp

METHODS = [
    (CoOp, CoOpConfig()),
    (CoCoOp, CoCoOpConfig()),
    (VisualPrompts, VisualPromptConfig(depth=3, vision_prompts=2)),
    (IndependentPrompts, IndependentConfig(depth=2)),
]


def made(method, config, towers, seed=1):
    learner = method(config, towers, WIDTH, seed).double()
    generator = torch.Generator().manual_seed(3)
    for parameter in learner.parameters():
        parameter.data += 0.3 * torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
    return learner


def plain_coop(model, own, shots, classes):
    return shots.features, plain_text(model, own["text_prompts"][None], NAMES)


def plain_cocoop(model, own, shots, classes):
    x = shots.features / shots.features.norm(dim=-1, keepdim=True)
    hidden = torch.relu(x @ own["meta_net.into.weight"].T + own["meta_net.into.bias"])
    shift = hidden @ own["meta_net.out.weight"].T + own["meta_net.out.bias"]
    return shots.features, plain_text(model, torch.stack([own["text_prompts"] + row for row in shift]), NAMES)


def plain_visual(model, own, shots, classes):
    prompts = own["vision_prompts"].expand(len(shots.features), -1, -1, -1)
    return plain_image(model, shots.activations["activations"], prompts), classes.features[None]


def plain_independent(model, own, shots, classes):
    deeper = own["text_prompts"]
    blocks, texts = model.transformer.resblocks, []
    for name in NAMES:
        # One class at a time: the prompts of a layer replace what the block before made of its own.
        row = TOKENIZE([f"{name}."])[0]
        words = model.token_embedding(torch.tensor(row))
        x = (torch.cat([words[:1], deeper[0], words[1:]]) + model.positional_embedding[: len(row) + 2])[None]
        for layer, block in enumerate(blocks):
            if 0 < layer < len(deeper):
                x = torch.cat([x[:, :1], deeper[layer][None], x[:, 3:]], dim=1)
            x = block(x, attn_mask=model.attn_mask[: x.shape[1], : x.shape[1]])
        texts.append(model.ln_final(x[0, -1]) @ model.text_projection)
    return plain_visual(model, own, shots, classes)[0], torch.stack(texts)[None]


PLAIN = [plain_coop, plain_cocoop, plain_visual, plain_independent]


@pytest.mark.parametrize(
    ("made_of", "plain"), list(zip(METHODS, PLAIN, strict=True)), ids=lambda x: getattr(x, "__name__", "")
)
def test_logits_and_gradients(made_of, plain):
    model, towers, shots, classes = world()
    learner = made(*made_of, towers)
    own = dict(learner.named_parameters())
    images, texts = plain(model, own, shots, classes)
    wanted = model.logit_scale.exp() * cosine(images[:, None], texts)
    (ours,) = learner(shots, classes)
    assert (ours - wanted).abs().max() < 1e-10 * wanted.abs().max()
    weights = torch.randn(wanted.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    gradients = [torch.autograd.grad((x * weights).sum(), list(own.values())) for x in (ours, wanted)]
    for name, mine, theirs in zip(own, *gradients, strict=True):
        assert (mine - theirs).abs().max() < 1e-9 * theirs.abs().max(), name
        assert theirs.abs().max() > 1e-6, name
    assert all(parameter.grad is None for parameter in model.parameters())


@pytest.mark.parametrize(("method", "config"), METHODS)
def test_seeds(method, config):
    _, towers, _, _ = world()
    one, again, other = (method(config, towers, WIDTH, seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(one[name], again[name]) for name in one)
    assert method is CoOp or any(not torch.equal(one[name], other[name]) for name in one)


def test_coop_and_cocoop_need_no_image_but_its_features():
    _, towers, shots, classes = world()
    bare = type(shots)(shots.features, {}, shots.labels)
    for method, config in METHODS[:2]:
        learner = made(method, config, towers)
        assert torch.equal(learner(bare, classes)[0], learner(shots, classes)[0])


def test_prompts_start_from_the_words():
    _, towers, _, _ = world()
    words = towers.text.words("a photo of a").float()
    assert torch.equal(CoOp(CoOpConfig(), towers, WIDTH, 1).text_prompts, words)
    drawn = CoOp(CoOpConfig(text_prompts=16, text_init=""), towers, WIDTH, 1).text_prompts
    assert drawn.shape == (16, 12) and 0.01 < drawn.std() < 0.03
    both = IndependentPrompts(IndependentConfig(depth=2), towers, WIDTH, 1).text_prompts
    assert torch.equal(both[0], words[:2]) and 0.01 < both[1].std() < 0.03
