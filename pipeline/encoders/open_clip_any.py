"""Any model that open_clip builds, as an encoder: SigLIP, PE-Core, EVA, MobileCLIP, CoCa, ConvNeXt, ResNet, multilingual ones."""

from pathlib import Path
from typing import Any

import torch

from pipeline.encoders.cards import EncoderCard
from pipeline.encoders.cards.open_clip_any import find_tokenizer
from pipeline.encoders.clip_source import INSIDE, SIZES_AS_TENSORS, find_source, require_activation
from pipeline.encoders.encoder import Encoder
from pipeline.encoders.errors import EncoderError
from pipeline.encoders.hf_tokenizer import hf_tokenizer
from pipeline.encoders.open_clip_image import any_image_tower
from pipeline.encoders.open_clip_model import make_model
from pipeline.encoders.open_clip_text import any_text_tower
from pipeline.encoders.tokenizers import clip_tokenizer
from pipeline.encoders.weights import plain_names, read_weights


def load_open_clip(card: EncoderCard, device: torch.device, dtype: torch.dtype) -> Encoder:
    """Build the model of a card and load its weights.

    Raises:
        EncoderError: weights, sizes and tokenizer do not fit together, or one of them cannot be had.
    """
    source = find_source(card)
    sizes = {**source.model_cfg, "quick_gelu": source.facts.quick_gelu}
    state = plain_names(read_weights(card.name, source.weights, inside=INSIDE))
    require_activation(card, source.facts, state)
    state = {name: x for name, x in state.items() if name not in SIZES_AS_TENSORS}
    model = make_model(card.name, sizes, state).to(device, dtype)
    text = sizes["text_cfg"]
    local = Path(card.weights)
    place = local if local.is_dir() else local.parent if local.is_file() else None
    folder = find_tokenizer(card.name, text, place)
    if folder is None:
        tokenize, size = clip_tokenizer(card.context)
        pad_id, left = 0, False
    else:
        found = hf_tokenizer(
            card.name, folder, card.context, bool((text.get("tokenizer_kwargs") or {}).get("strip_sep_token"))
        )
        tokenize, size, pad_id = found.tokenize, found.size, found.pad_id
        left = found.pads_left and card.padding == "context"
    words = _vocabulary(model)
    if size > words:
        raise EncoderError(f"encoder {card.name!r}: the tokenizer has {size} tokens and the model {words}")
    return Encoder(
        card=card,
        text=any_text_tower(model, device, dtype),
        media=any_image_tower(model, source.facts.mean, source.facts.std, device, dtype),
        tokenizer=tokenize,
        pad_id=pad_id,
        context_length=card.context,
        pads_left=left,
    )


def _vocabulary(model: torch.nn.Module) -> int:
    """How many tokens the text tower knows."""
    text: Any = getattr(model, "text", model)
    return int(text.vocab_size)
