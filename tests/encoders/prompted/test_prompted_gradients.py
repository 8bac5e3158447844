"""Gradients through both towers against finite differences, and where they do not go."""

import pytest
import torch
from plain_towers import draw, image_of, relative, text_of, tiny
from torch.nn import functional as F


@pytest.fixture(scope="module", params=[False, True], ids=["gelu", "quick_gelu"])
def model(request):
    return tiny(request.param, vision={"layers": 3}, text={"layers": 2})


@pytest.fixture(scope="module")
def tokens(model):
    pixels = torch.randint(0, 256, (2, 12, 12, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    return image_of(model).lower(pixels, "patches")


@pytest.mark.parametrize("chunk", [None, 2])
def test_finite_differences_agree(model, tokens, chunk):
    """Text prompts depend on the image, as in Eq. 10, so the vision prompts' gradients come through both towers."""
    image, text = image_of(model), text_of(model)
    classes = text.classes(["hen", "great white shark", "tench"])
    bridge = draw(6, 12, seed=5).detach()

    def cosines(vision, context):
        x = F.normalize(image.upper(tokens, "patches", prompts=vision), dim=-1)
        z = F.normalize(text((x @ bridge)[:, None] + context, classes, chunk=chunk), dim=-1)
        return torch.einsum("bd,bkd->bk", x, z)

    vision, context = draw(2, 2, 2, 8, scale=0.5), draw(1, 2, 12, seed=2, scale=0.5)
    assert torch.autograd.gradcheck(cosines, (vision, context))
    grads = torch.autograd.grad(cosines(vision, context).square().sum(), (vision, context))
    assert all((grad.abs().amax(-1) > 1e-6).all() for grad in grads)
    cosines(vision, context).sum().backward()
    assert all(parameter.grad is None for parameter in model.parameters())
    assert tokens["activations"].grad is None


def test_half_precision_prompts_and_autocast(tokens):
    """Prompts in float32, the frozen towers in bfloat16, by autocast or altogether; bounds are bfloat16's coarseness."""
    single, half = tiny().float(), tiny().bfloat16()
    context, vision = draw(2, 3, 12).float(), draw(2, 2, 2, 8).float()
    tokens = {"activations": tokens["activations"].float()}

    def both(model):
        text = text_of(model)
        image = image_of(model).upper(tokens, "patches", prompts=vision)
        return text(context, text.classes(["hen", "tench"])), image

    wanted = both(single)
    with torch.autocast("cpu", torch.bfloat16):
        cast = both(single)
    for ours in (cast, both(half)):
        assert all(x.dtype == torch.bfloat16 for x in ours)
        assert all(relative(x.float(), y) < 0.1 for x, y in zip(ours, wanted, strict=True))
