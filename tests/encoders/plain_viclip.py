"""ViCLIP a second time, in plain tensor algebra, and checkpoints laid out as its authors'.

Written from the description of the model: parameters by the authors' names out of a plain dict, every frame's tokens joined
as they say it ("b (n t) m"), attention as an explicit softmax over all tokens, one head after the other. It shares no line
with ours.
"""

import html
import math
from dataclasses import dataclass

import ftfy
import torch
from open_clip.tokenizer import SimpleTokenizer

FRAMES, CONTEXT, VOCABULARY, TEXT_LAYERS = 8, 32, 49408, 12


@dataclass(frozen=True)
class Sizes:
    """What the two published models do not share; heads are of 64 channels in both."""

    patch: int
    width: int
    layers: int
    text_width: int
    dim: int


B16 = Sizes(patch=16, width=768, layers=12, text_width=512, dim=512)
L14 = Sizes(patch=14, width=1024, layers=24, text_width=768, dim=768)


def authors_names(sizes):
    """Shapes by name, as the publication lists them."""
    side, width, text_width = 224 // sizes.patch, sizes.width, sizes.text_width
    shapes = {
        "temp": (),
        "vision_encoder.class_embedding": (width,),
        "vision_encoder.positional_embedding": (side**2 + 1, width),
        "vision_encoder.temporal_positional_embedding": (1, FRAMES, width),
        "vision_encoder.conv1.weight": (width, 3, 1, sizes.patch, sizes.patch),
        "vision_encoder.proj": (width, sizes.dim),
        "text_encoder.token_embedding.weight": (VOCABULARY, text_width),
        "text_encoder.positional_embedding": (CONTEXT, text_width),
        "text_encoder.text_projection": (text_width, sizes.dim),
    }
    norms = {"vision_encoder.ln_pre": width, "vision_encoder.ln_post": width, "text_encoder.ln_final": text_width}
    for tower, layers in {"vision_encoder": sizes.layers, "text_encoder": TEXT_LAYERS}.items():
        width = sizes.width if tower == "vision_encoder" else text_width
        for layer in range(layers):
            block = f"{tower}.transformer.resblocks.{layer}"
            norms |= {f"{block}.ln_1": width, f"{block}.ln_2": width}
            shapes |= {
                f"{block}.attn.in_proj_weight": (3 * width, width),
                f"{block}.attn.in_proj_bias": (3 * width,),
                f"{block}.attn.out_proj.weight": (width, width),
                f"{block}.attn.out_proj.bias": (width,),
                f"{block}.mlp.c_fc.weight": (4 * width, width),
                f"{block}.mlp.c_fc.bias": (4 * width,),
                f"{block}.mlp.c_proj.weight": (width, 4 * width),
                f"{block}.mlp.c_proj.bias": (width,),
            }
    for name, width in norms.items():
        shapes |= {f"{name}.weight": (width,), f"{name}.bias": (width,)}
    return shapes


def draw_weights(sizes, seed=5):
    """Random weights of a size that neither dies out nor explodes over the blocks."""
    generator = torch.Generator().manual_seed(seed)
    drawn = {}
    for name, shape in authors_names(sizes).items():
        matrix = len(shape) > 1 and "embedding" not in name
        fan_in = shape[0] if name.endswith("proj") else math.prod(shape[1:])
        drawn[name] = torch.randn(shape, generator=generator) * (fan_in**-0.5 if matrix else 0.1)
        if name.endswith(("ln_1.weight", "ln_2.weight", "ln_pre.weight", "ln_post.weight", "ln_final.weight")):
            drawn[name] += 1
    return drawn


def write_checkpoint(weights, file):
    """What the authors' training leaves: the tensors under "model", beside optimiser state and counters."""
    optimizer = {"state": {0: {"step": 10, "exp_avg": torch.zeros(3)}}, "param_groups": [{"lr": 2e-4, "params": [0]}]}
    torch.save({"model": weights, "optimizer": optimizer, "epoch": 9, "global_step": 4242}, file)
    return file


def layer_norm(x, w, name):
    centred = x - x.mean(-1, keepdim=True)
    spread = (centred.square().mean(-1, keepdim=True) + 1e-5).sqrt()
    return centred / spread * w[name + ".weight"] + w[name + ".bias"]


def transformer(x, w, tower, layers, hidden):
    """Blocks over the tokens of one row (s, c), heads of 64; `hidden[q, k]`, if any, says whether q must not see k."""
    size = 64
    for layer in range(layers):
        p = f"{tower}.transformer.resblocks.{layer}."
        y = layer_norm(x, w, p + "ln_1")
        query, key, value = (y @ w[p + "attn.in_proj_weight"].T + w[p + "attn.in_proj_bias"]).split(x.shape[1], dim=1)
        heard = []
        for head in range(x.shape[1] // size):
            columns = slice(head * size, (head + 1) * size)
            scores = query[:, columns] @ key[:, columns].T / math.sqrt(size)
            if hidden is not None:
                scores = scores.masked_fill(hidden, -math.inf)
            shares = (scores - scores.max(1, keepdim=True).values).exp()
            heard.append(shares @ value[:, columns] / shares.sum(1, keepdim=True))
        x = x + torch.cat(heard, dim=1) @ w[p + "attn.out_proj.weight"].T + w[p + "attn.out_proj.bias"]
        y = layer_norm(x, w, p + "ln_2") @ w[p + "mlp.c_fc.weight"].T + w[p + "mlp.c_fc.bias"]
        x = x + (y / (1 + (-1.702 * y).exp())) @ w[p + "mlp.c_proj.weight"].T + w[p + "mlp.c_proj.bias"]
    return x


def plain_video(clip, w, sizes):
    """One clip, uint8 (t, 224, 224, 3), to its embedding."""
    side, patch, width = 224 // sizes.patch, sizes.patch, sizes.width
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    frames = (torch.from_numpy(clip).float() / 255 - mean) / std  # t y x colour
    kernel = w["vision_encoder.conv1.weight"][:, :, 0].reshape(width, -1)  # c (colour y x)
    squares = frames.reshape(-1, side, patch, side, patch, 3).permute(1, 3, 0, 5, 2, 4)  # row column t colour y x
    patches = squares.reshape(side * side, len(frames), -1) @ kernel.T  # n t c
    space, time = w["vision_encoder.positional_embedding"], w["vision_encoder.temporal_positional_embedding"][0]
    patches = patches + space[1:].unsqueeze(1) + time.unsqueeze(0)
    tokens = torch.cat([(w["vision_encoder.class_embedding"] + space[0]).unsqueeze(0), patches.reshape(-1, width)])
    assert tokens.shape == ({16: 1569, 14: 2049}[patch], width)
    left = transformer(layer_norm(tokens, w, "vision_encoder.ln_pre"), w, "vision_encoder", sizes.layers, hidden=None)
    return layer_norm(left[0], w, "vision_encoder.ln_post") @ w["vision_encoder.proj"]


def plain_text(sentence, w):
    """One sentence to its embedding, all 32 places computed; the byte pairs are OpenAI's, cleaned as it does."""
    clean = " ".join(html.unescape(html.unescape(ftfy.fix_text(sentence))).split()).lower()
    ids = [49406, *SimpleTokenizer().encode(clean)[: CONTEXT - 2], 49407]
    x = w["text_encoder.token_embedding.weight"][ids + [0] * (CONTEXT - len(ids))]
    later = torch.ones(CONTEXT, CONTEXT, dtype=torch.bool).triu(1)
    x = transformer(x + w["text_encoder.positional_embedding"], w, "text_encoder", TEXT_LAYERS, later)
    return layer_norm(x[len(ids) - 1], w, "text_encoder.ln_final") @ w["text_encoder.text_projection"]
