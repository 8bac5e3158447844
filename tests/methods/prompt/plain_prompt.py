"""ProMPT as section 3 of the paper reads, image by image and class by class, over whole sequences of 77 tokens."""

import torch
from plain_towers import draw, image_of, plain_image, plain_text, text_of, tiny

from pipeline.methods.few_shot.task import ClassTexts, Shots, Towers

NAMES = ["hen", "great white shark", "tench", "two red cats", "ostrich"]
IMAGES, WIDTH = 3, 48  # of the shared space: d/16 is 3


def cosine(x, y):
    return (x * y).sum(-1) / x.norm(dim=-1) / y.norm(dim=-1)


def plain_prompt(model, own, tokens, x0, z0, names, *, slots, iterations=2, detach=False):
    """Logits (iterations, B, K); `own` are the learned tensors by name."""
    everything = []
    for b in range(len(tokens)):
        x, z, p = x0[b], z0, own["text_prompts"]
        o = list(own["vision_prompts"])
        logits = []
        for _ in range(iterations):
            ranked = sorted(range(len(names)), key=lambda k: -cosine(x, z[k]).item())[:slots]
            chosen = torch.stack([z[k] / z[k].norm() for k in ranked])
            chosen = chosen.detach() if detach else chosen
            for j in range(len(o)):
                hidden = torch.relu(chosen @ own["vision_generator.weight_in"].T + own["vision_generator.bias_in"][j])
                made = hidden @ own["vision_generator.weight_out"].T + own["vision_generator.bias_out"][j]
                o[j] = made + o[j][: len(ranked)]
            x = plain_image(model, tokens[b : b + 1], torch.stack(o)[None])[0]
            now = p + shift(own, x)
            z = plain_text(model, now[None], names)[0]
            logits.append(model.logit_scale.exp() * torch.stack([cosine(x, z_k) for z_k in z]))
            p = p + shift(own, x.detach()) if detach else now
        everything.append(torch.stack(logits))
    return torch.stack(everything, dim=1)


def shift(own, x):
    hidden = torch.relu(own["text_generator.into.weight"] @ (x / x.norm()) + own["text_generator.into.bias"])
    return own["text_generator.out.weight"] @ hidden + own["text_generator.out.bias"]


def world(names=NAMES, seed=0):
    """A tiny CLIP in float64, three images and class names: model, towers, shots, classes."""
    model = tiny(vision={"layers": 3}, text={"layers": 2})
    # A wider shared space than the towers, so that generators have something inside.
    for owner, name, width in ((model.visual, "proj", 8), (model, "text_projection", 12)):
        setattr(
            owner, name, torch.nn.Parameter(draw(width, WIDTH, seed=width, scale=0.4).detach(), requires_grad=False)
        )
    image, text = image_of(model), text_of(model)
    pixels = torch.randint(
        0, 256, (IMAGES, 12, 12, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(seed)
    )
    patches = image.lower(pixels, "patches")
    z0 = plain_text(model, text.words("a photo of a")[None], names)[0]
    shots = Shots(image.full(pixels), patches, torch.arange(IMAGES) % len(names))
    return model, Towers(text, image, "patches"), shots, ClassTexts(z0, text.classes(names))
