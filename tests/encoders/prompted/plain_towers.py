"""The plain computation: open_clip's own blocks over whole sequences, written as the papers have it, and CLIPs to run it on."""

import open_clip
import torch

from pipeline.encoders import clip
from pipeline.encoders.tokenizers import clip_tokenizer

CPU = torch.device("cpu")
TOKENIZE, VOCABULARY = clip_tokenizer(77)


def shaken(model, seed=0):
    """Draw biases and scales, too: open_clip leaves them at 0 and 1, where nobody would miss them."""
    torch.manual_seed(seed)
    for parameter in model.parameters():
        if parameter.ndim == 1:
            parameter.data.add_(torch.randn_like(parameter), alpha=0.1)
    return model.eval().requires_grad_(False)


def tiny(quick_gelu=False, vision=(), text=()):
    """A CLIP in float64 whose tensors are all of normal size."""
    torch.manual_seed(0)
    model = open_clip.CLIP(
        embed_dim=6,
        vision_cfg={"image_size": 12, "patch_size": 4, "width": 8, "layers": 3, "head_width": 4, **dict(vision)},
        text_cfg={"context_length": 77, "vocab_size": VOCABULARY, "width": 12, "heads": 3, "layers": 3, **dict(text)},
        quick_gelu=quick_gelu,
    ).double()
    for parameter in model.parameters():
        if parameter.ndim > 1:
            torch.nn.init.normal_(parameter, std=0.4)
    return shaken(model)


def real(name, image_blocks=12, text_blocks=12):
    """A published size with random weights and, if asked, fewer blocks."""
    torch.manual_seed(0)
    sizes = open_clip.get_model_config(name)
    sizes["vision_cfg"]["layers"], sizes["text_cfg"]["layers"] = image_blocks, text_blocks
    return shaken(open_clip.CLIP(**sizes))


def image_of(model):
    return clip.image_tower(model, (0.4, 0.5, 0.6), (0.2, 0.25, 0.3), CPU, model.visual.proj.dtype)


def text_of(model):
    return clip.prompted_text(model, TOKENIZE)


def draw(*shape, seed=1, like=None, scale=1.0):
    """Numbers that ask for gradients."""
    numbers = torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) * scale
    return (numbers if like is None else numbers.to(like.dtype)).requires_grad_()


def relative(ours, wanted):
    """Largest difference, in units of the largest value."""
    return ((ours - wanted).abs().max() / wanted.abs().max()).item()


def plain_text(model, prompts, names):
    """CoOp's way: for every image and class the row [start, prompts, name, ., end, 0, 0, ...] of 77 tokens."""
    count = prompts.shape[1]
    rows = TOKENIZE([f"{'X ' * count}{name}." for name in names])
    ids = torch.tensor([row + [0] * (77 - len(row)) for row in rows])
    words = model.token_embedding(ids)
    features = []
    for own in prompts:
        x = torch.cat([words[:, :1], own.expand(len(names), -1, -1), words[:, 1 + count :]], dim=1)
        x = model.transformer(x + model.positional_embedding, attn_mask=model.attn_mask)
        features.append(model.ln_final(x)[torch.arange(len(names)), ids.argmax(1)] @ model.text_projection)
    return torch.stack(features)


def plain_image(model, tokens, prompts, first=0):
    """Eq. 9 with the prompts in the middle: [s, O, E]; after layer J they are what the block before made of them."""
    layers, count = prompts.shape[1:3]
    s, e = tokens[:, :1], tokens[:, 1:]
    for layer, block in enumerate(model.visual.transformer.resblocks[first:]):
        if layer < layers:
            o = prompts[:, layer]
        x = block(torch.cat([s, o, e], dim=1))
        s, o, e = x[:, :1], x[:, 1 : 1 + count], x[:, 1 + count :]
    return model.visual.ln_post(s[:, 0]) @ model.visual.proj
