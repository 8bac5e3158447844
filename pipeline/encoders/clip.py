"""`open_clip.CLIP` as an encoder with named cuts.

Text: tokens, block00, ..., output. Image: pixels, block00, ..., output. open_clip's own modules do the work; only the
order in which they are called is ours, and a test holds it equal to `encode_text` and `encode_image`. Written for
open_clip_torch 3.3.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import open_clip
import torch
from open_clip.constants import OPENAI_DATASET_MEAN, OPENAI_DATASET_STD
from open_clip.pretrained import download_pretrained, get_pretrained_cfg, list_pretrained_tags_by_model
from open_clip.transformer import text_global_pool
from torch import Tensor, nn

from pipeline.encoders.base import Activations, Encoder, StagedTower, Step, block_names
from pipeline.encoders.cards import EncoderCard
from pipeline.encoders.errors import EncoderError
from pipeline.encoders.pixels import normalise_pixels
from pipeline.encoders.tokenizers import clip_tokenizer
from pipeline.encoders.weights import load_strictly, read_weights
from pipeline.media import ImageSpec


def load_clip(card: EncoderCard, device: torch.device, dtype: torch.dtype) -> Encoder:
    """Build the model of a card and load its weights.

    Raises:
        EncoderError: weights, sizes and tokenizer do not fit together, or the weights cannot be had.
    """
    source = _published(card) if card.model else _folder(card)
    model = open_clip.CLIP(**source.model_cfg)
    load_strictly(card.name, model, read_weights(card.name, source.weights))
    model = model.to(device, dtype).eval().requires_grad_(False)
    tokenize, vocabulary = clip_tokenizer(model.context_length, source.merges)
    if vocabulary != model.vocab_size:
        raise EncoderError(
            f"encoder {card.name!r}: the tokenizer has {vocabulary} tokens and the model {model.vocab_size}"
        )
    return Encoder(
        card=card,
        text=text_tower(model, device, dtype),
        media=image_tower(model, source.mean, source.std, device, dtype),
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


def published_sizes(model: str, tag: dict[str, Any]) -> dict[str, Any]:
    """Configuration of an open_clip model with the activation its checkpoint was trained with.

    A checkpoint of the other activation loads silently, and answers wrongly.
    """
    return {**open_clip.get_model_config(model), "quick_gelu": bool(tag.get("quick_gelu", False))}


def _masked(model: open_clip.CLIP, block: nn.Module, x: Tensor) -> Tensor:
    """Run a text block; the causal mask is cut to the batch's longest text."""
    length = x.shape[1]
    mask = model.attn_mask
    return block(x, attn_mask=None if mask is None else mask[:length, :length])


def _project(pooled: Tensor, projection: Tensor | nn.Linear | None) -> Tensor:
    if projection is None:
        return pooled
    return projection(pooled) if isinstance(projection, nn.Linear) else pooled @ projection


@dataclass(frozen=True)
class _Source:
    """Where a CLIP's parts come from."""

    model_cfg: dict[str, Any]
    weights: Path
    merges: Path | None
    mean: Sequence[float]
    std: Sequence[float]


def _folder(card: EncoderCard) -> _Source:
    folder = Path(card.weights)
    values = json.loads((folder / "config.json").read_text())
    weights, merges = folder / "model.safetensors", folder / "bpe.txt.gz"
    return _Source(values["model_cfg"], weights, merges, values["mean"], values["std"])


def _published(card: EncoderCard) -> _Source:
    """Find an open_clip model and its weights: a file, or a pretrained tag, which is downloaded."""
    if card.weights.endswith(".safetensors"):
        sizes = open_clip.get_model_config(card.model)
        return _Source(sizes, Path(card.weights), None, OPENAI_DATASET_MEAN, OPENAI_DATASET_STD)
    tag = get_pretrained_cfg(card.model, card.weights)
    if not tag:
        known = ", ".join(list_pretrained_tags_by_model(card.model)) or "none"
        raise EncoderError(f"open_clip has no weights {card.weights!r} for {card.model}; it has {known}")
    _require_resize(card, tag)
    sizes = published_sizes(card.model, tag)
    return _Source(sizes, _download(card, tag), None, tag["mean"], tag["std"])


def _require_resize(card: EncoderCard, tag: dict[str, Any]) -> None:
    assert isinstance(card.media, ImageSpec)
    wanted = {"shortest": "shortest_edge"}.get(tag["resize_mode"], tag["resize_mode"])
    if wanted != card.media.resize and wanted != "shortest_edge":
        raise EncoderError(
            f"encoder {card.name!r} was trained with resize {wanted!r}, the card has {card.media.resize!r}"
        )


def _download(card: EncoderCard, tag: dict[str, Any]) -> Path:
    try:
        file = Path(download_pretrained(tag, prefer_hf_hub=True))
    except Exception as error:  # every kind of network and cache failure of two libraries
        raise EncoderError(
            f"the weights of {card.name!r} are not in the cache and cannot be downloaded: {error}. Download them "
            f"elsewhere and type open_clip:{card.model}/FILE.safetensors"
        ) from error
    if file.suffix != ".safetensors":
        raise EncoderError(
            f"encoder {card.name!r}: only pickled weights are published ({file.name}), which are never loaded. "
            f"Convert them and type open_clip:{card.model}/FILE.safetensors"
        )
    return file
