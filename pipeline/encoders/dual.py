"""Dual encoders of transformers: what has `get_image_features` and `get_text_features`, cut at `output` alone.

Dims: b batch, s tokens, d width, p patches.
"""

import re
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import AutoConfig, AutoModel

from pipeline.encoders.cards import EncoderCard
from pipeline.encoders.cards.dual import WEIGHTS_NAMES, pictures_of
from pipeline.encoders.cards.dual_kinds import kind_of
from pipeline.encoders.encoder import Encoder
from pipeline.encoders.errors import EncoderError
from pipeline.encoders.folder_weights import read_folder
from pipeline.encoders.hf_tokenizer import HfTokenizer, hf_tokenizer
from pipeline.encoders.pixels import normalise_pixels
from pipeline.encoders.tower import Activations, StagedTower
from pipeline.encoders.weights import made_to_fit

_DERIVED = ("position_ids", "token_type_ids", "logit_scale", "logit_bias")


def load_dual(card: EncoderCard, device: torch.device, dtype: torch.dtype) -> Encoder:
    """Build the model of a card and load its weights.

    Raises:
        EncoderError: weights and sizes do not fit together, or the files cannot be had.
    """
    folder = Path(card.weights)
    folder = folder if folder.is_dir() else _download(card)
    config: Any = AutoConfig.from_pretrained(folder, local_files_only=True)
    kind = kind_of(card)
    state = read_folder(card.name, folder)
    if kind.renamed:
        state = {re.sub(*kind.renamed, name): x for name, x in state.items()}
    model = made_to_fit(card.name, config.to_dict(), lambda: AutoModel.from_config(config), state, _DERIVED)
    model = model.to(device, dtype).eval().requires_grad_(False)
    tokenizer = hf_tokenizer(card.name, folder, card.context)
    words = config.text_config.vocab_size
    if tokenizer.size > words:
        raise EncoderError(f"encoder {card.name!r}: the tokenizer has {tokenizer.size} tokens and the model {words}")
    return Encoder(
        card=card,
        text=text_tower(model, tokenizer if kind.masks else None, device, dtype),
        media=image_tower(model, pictures_of(card.name, folder), device, dtype),
        tokenizer=tokenizer.tokenize,
        pad_id=tokenizer.pad_id,
        context_length=card.context,
        pads_left=card.padding == "context" and tokenizer.pads_left,
    )


def text_tower(model: Any, told: HfTokenizer | None, device: torch.device, dtype: torch.dtype) -> StagedTower:
    """The text tower; inputs are token ids (b, s), padded as the card says.

    A causal tower does not see what follows the end of a text, and SigLIP was trained to read its padding: neither is told what
    is padding, others are by their tokenizer's padding id.
    """

    def read(acts: Activations) -> Activations:
        ids = acts["activations"]
        mask = {"attention_mask": told.mask(ids)} if told else {}
        return {"vectors": _vectors(model.get_text_features(input_ids=ids, **mask))}

    return StagedTower(("tokens", "output"), (read,), device, dtype)


def image_tower(model: Any, pictures: dict[str, Any], device: torch.device, dtype: torch.dtype) -> StagedTower:
    """The image tower; inputs are uint8 (b, h, w, 3)."""
    mean, std = pictures.get("image_mean") or [0.5] * 3, pictures.get("image_std") or [0.5] * 3
    if not pictures.get("do_normalize", True):
        mean, std = [0.0] * 3, [1.0] * 3
    patches = model.config.model_type == "siglip2"

    def see(acts: Activations) -> Activations:
        pixels = normalise_pixels(acts["activations"], mean, std, dtype)
        given = _patches(pixels, model.config.vision_config.patch_size) if patches else {"pixel_values": pixels}
        return {"vectors": _vectors(model.get_image_features(**given))}

    return StagedTower(("pixels", "output"), (see,), device, dtype)


def _patches(pixels: Tensor, side: int) -> dict[str, Tensor]:
    """Square pictures (b, 3, h, w) as rows of patches (b, p, side * side * 3), which is what SigLIP2 with free shapes takes."""
    b, c, h, w = pixels.shape
    grid = (h // side, w // side)
    rows = (
        pixels.reshape(b, c, grid[0], side, grid[1], side).permute(0, 2, 4, 3, 5, 1).reshape(b, grid[0] * grid[1], -1)
    )
    return {
        "pixel_values": rows,
        "pixel_attention_mask": torch.ones(b, rows.shape[1], dtype=torch.int32, device=pixels.device),
        "spatial_shapes": torch.tensor([grid] * b, device=pixels.device),
    }


def _vectors(found: Any) -> Tensor:
    """What such a method answers: the features (b, d), or an output that has them pooled."""
    vectors: Tensor = found if isinstance(found, Tensor) else found.pooler_output
    return vectors


def _download(card: EncoderCard) -> Path:
    from huggingface_hub import snapshot_download

    hub_id, _, revision = card.weights.rpartition("@")
    try:
        for weights in (WEIGHTS_NAMES[0], "model*.safetensors", WEIGHTS_NAMES[2]):
            wanted = ["*.json", "*.txt", "*.model", weights]
            folder = Path(snapshot_download(hub_id, revision=revision, allow_patterns=wanted))
            if any(folder.glob(weights)):
                return folder
    except Exception as error:  # every kind of network and cache failure
        raise EncoderError(
            f"the weights of {card.name!r} are not in the cache and cannot be downloaded: {error}. Fetch them by: hf download "
            f"{hub_id} {WEIGHTS_NAMES[0]}, or elsewhere, and type transformers:FOLDER"
        ) from error
    raise EncoderError(f"encoder {card.name!r}: {hub_id!r} has no weights of PyTorch")
