"""Loading of a ViCLIP: from a folder as the miniature's, or from a published checkpoint as safetensors."""

import json
from pathlib import Path

import torch

from pipeline.encoders.base import Encoder
from pipeline.encoders.cards import EncoderCard
from pipeline.encoders.errors import EncoderError
from pipeline.encoders.tokenizers import clip_tokenizer
from pipeline.encoders.viclip.config import VICLIP_B16, VICLIP_L14, ViCLIPConfig
from pipeline.encoders.viclip.model import ViCLIP
from pipeline.encoders.viclip.towers import text_tower, video_tower
from pipeline.encoders.weights import load_strictly, read_weights

_SIZES = {"viclip-b16": VICLIP_B16, "viclip-l14": VICLIP_L14}
_IMAGENET_MEAN = (0.485, 0.456, 0.406)
_IMAGENET_STD = (0.229, 0.224, 0.225)


def load_viclip(card: EncoderCard, device: torch.device, dtype: torch.dtype) -> Encoder:
    """Build the model of a card and load its weights.

    Raises:
        EncoderError: weights, sizes and tokenizer do not fit together.
    """
    if card.model:
        config, mean, std, merges, weights = (
            _SIZES[card.model],
            _IMAGENET_MEAN,
            _IMAGENET_STD,
            None,
            Path(card.weights),
        )
    else:
        folder = Path(card.weights)
        values = json.loads((folder / "config.json").read_text())
        config, mean, std = ViCLIPConfig.from_dict(values["model_cfg"]), values["mean"], values["std"]
        merges, weights = folder / "bpe.txt.gz", folder / "model.safetensors"
    model = ViCLIP(config)
    load_strictly(card.name, model, read_weights(card.name, weights))
    model = model.to(device, dtype).eval().requires_grad_(False)
    tokenize, vocabulary = clip_tokenizer(config.context_length, merges)
    if vocabulary != config.vocab_size:
        raise EncoderError(
            f"encoder {card.name!r}: the tokenizer has {vocabulary} tokens and the model {config.vocab_size}"
        )
    return Encoder(
        card=card,
        text=text_tower(model, device, dtype),
        media=video_tower(model, mean, std, device, dtype),
        tokenizer=tokenize,
        pad_id=0,
        context_length=config.context_length,
    )
