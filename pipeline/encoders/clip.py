"""`open_clip.CLIP` as an encoder with named cuts.

Text: tokens, block00, ..., output. Image: pixels, block00, ..., output. open_clip's own modules do the work; only the
order in which they are called is ours, and a test holds it equal to `encode_text` and `encode_image`. Written for
open_clip_torch 3.3.
"""

from collections.abc import Sequence

import open_clip
import torch
from open_clip.transformer import text_global_pool
from torch import Tensor, nn

from pipeline.encoders.base import Activations, Encoder, StagedTower, Step, block_names
from pipeline.encoders.cards import EncoderCard
from pipeline.encoders.clip_source import SIZES_AS_TENSORS, find_source, require_activation
from pipeline.encoders.errors import EncoderError
from pipeline.encoders.pixels import normalise_pixels
from pipeline.encoders.tokenizers import clip_tokenizer
from pipeline.encoders.weights import load_strictly, read_weights, without_prefix


def load_clip(card: EncoderCard, device: torch.device, dtype: torch.dtype) -> Encoder:
    """Build the model of a card and load its weights.

    Raises:
        EncoderError: weights, sizes and tokenizer do not fit together, or the weights cannot be had.
    """
    source = find_source(card)
    model = open_clip.CLIP(**{**source.model_cfg, "quick_gelu": source.facts.quick_gelu})
    state = without_prefix(read_weights(card.name, source.weights, inside=("state_dict",)), "module.")
    require_activation(card, source.facts, state)
    load_strictly(card.name, model, {name: x for name, x in state.items() if name not in SIZES_AS_TENSORS})
    model = model.to(device, dtype).eval().requires_grad_(False)
    tokenize, vocabulary = clip_tokenizer(model.context_length, source.merges)
    if vocabulary != model.vocab_size:
        raise EncoderError(
            f"encoder {card.name!r}: the tokenizer has {vocabulary} tokens and the model {model.vocab_size}"
        )
    return Encoder(
        card=card,
        text=text_tower(model, device, dtype),
        media=image_tower(model, source.facts.mean, source.facts.std, device, dtype),
        tokenizer=tokenize,
        pad_id=0,
        context_length=model.context_length,
    )


def text_tower(model: open_clip.CLIP, device: torch.device, dtype: torch.dtype) -> StagedTower:
    """Cut the text tower into its blocks; inputs are token ids (b, s) of any s up to the context."""
    first, *blocks = model.transformer.resblocks

    def block_step(block: nn.Module) -> Step:
        return lambda acts: {**acts, "activations": _masked(model, block, acts["activations"])}

    def embed(acts: Activations) -> Activations:
        ids = acts["activations"]
        x = model.token_embedding(ids) + model.positional_embedding[: ids.shape[1]]
        return {"activations": _masked(model, first, x), "ids": ids}

    def head(acts: Activations) -> Activations:
        x = model.ln_final(acts["activations"])
        pooled = text_global_pool(x, acts["ids"], model.text_pool_type, eos_token_id=model.text_eos_id)
        return {"vectors": _project(pooled, model.text_projection)}

    steps = (embed, *[block_step(block) for block in blocks], head)
    return StagedTower(("tokens", *block_names(len(blocks) + 1), "output"), steps, device, dtype)


def image_tower(
    model: open_clip.CLIP,
    mean: Sequence[float],
    std: Sequence[float],
    device: torch.device,
    dtype: torch.dtype,
) -> StagedTower:
    """Cut the image tower into its blocks; inputs are uint8 (b, h, w, 3)."""
    visual = model.visual
    first, *blocks = visual.transformer.resblocks

    def block_step(block: nn.Module) -> Step:
        return lambda acts: {"activations": block(acts["activations"])}

    def embed(acts: Activations) -> Activations:
        pixels = normalise_pixels(acts["activations"], mean, std, dtype)
        return {"activations": first(visual._embeds(pixels))}

    def head(acts: Activations) -> Activations:
        pooled, _ = visual._pool(acts["activations"])
        return {"vectors": _project(pooled, visual.proj)}

    steps = (embed, *[block_step(block) for block in blocks], head)
    return StagedTower(("pixels", *block_names(len(blocks) + 1), "output"), steps, device, dtype)


def _masked(model: open_clip.CLIP, block: nn.Module, x: Tensor) -> Tensor:
    """Run a text block; the causal mask is cut to the batch's longest text."""
    length = x.shape[1]
    mask = model.attn_mask
    return block(x, attn_mask=None if mask is None else mask[:length, :length])


def _project(pooled: Tensor, projection: Tensor | nn.Linear | None) -> Tensor:
    if projection is None:
        return pooled
    return projection(pooled) if isinstance(projection, nn.Linear) else pooled @ projection
