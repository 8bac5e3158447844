"""Loading of a ViCLIP: from a folder as the miniature's, or the published weights in any of their wrappings.

The authors' `.pth` keeps the tensors under "model", beside what training left there; the files of the hub are the same
tensors as safetensors. Names are ours already (see `model.py`), so everything loads strictly.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from pipeline.encoders.cards import EncoderCard
from pipeline.encoders.cards.viclip import SIZES
from pipeline.encoders.encoder import Encoder
from pipeline.encoders.errors import EncoderError
from pipeline.encoders.tokenizers import clip_tokenizer
from pipeline.encoders.viclip.config import ViCLIPConfig
from pipeline.encoders.viclip.model import ViCLIP
from pipeline.encoders.viclip.towers import text_tower, video_tower
from pipeline.encoders.weights import load_strictly, plain_names, read_weights, require_fit, require_layers

_IMAGENET_MEAN = (0.485, 0.456, 0.406)
_IMAGENET_STD = (0.229, 0.224, 0.225)
"""The authors choose by the encoder's name ("vit_..."), and so normalise as for ImageNet and not as CLIP does."""


def load_viclip(card: EncoderCard, device: torch.device, dtype: torch.dtype) -> Encoder:
    """Build the model of a card and load its weights.

    Raises:
        EncoderError: weights, sizes and tokenizer do not fit together, or the weights cannot be had.
    """
    source = _published(card) if card.model else _folder(card)
    state = plain_names(read_weights(card.name, source.weights, inside=("model",)))
    _require_size(card, state)
    require_layers(card.name, source.config.to_dict(), len(state))
    require_fit(card.name, _shapes(source.config), state)
    model = _shapes(source.config).to(dtype).to_empty(device=device)
    load_strictly(card.name, model, state)
    model = model.eval().requires_grad_(False)
    tokenize, vocabulary = clip_tokenizer(source.config.context_length, source.merges)
    if vocabulary != source.config.vocab_size:
        raise EncoderError(
            f"encoder {card.name!r}: the tokenizer has {vocabulary} tokens and the model {source.config.vocab_size}"
        )
    return Encoder(
        card=card,
        text=text_tower(model, device, dtype),
        media=video_tower(model, source.mean, source.std, device, dtype),
        tokenizer=tokenize,
        pad_id=0,
        context_length=source.config.context_length,
    )


@dataclass(frozen=True)
class _Source:
    """Where a ViCLIP's parts come from."""

    config: ViCLIPConfig
    weights: Path
    merges: Path | None
    mean: tuple[float, ...]
    std: tuple[float, ...]


def _folder(card: EncoderCard) -> _Source:
    folder = Path(card.weights)
    values = json.loads((folder / "config.json").read_text())
    config = ViCLIPConfig.from_dict(values["model_cfg"])
    mean, std = tuple(values["mean"]), tuple(values["std"])
    return _Source(config, folder / "model.safetensors", folder / "bpe.txt.gz", mean, std)


def _published(card: EncoderCard) -> _Source:
    file = Path(card.weights)
    weights = file if file.is_file() else _download(card)
    return _Source(SIZES[card.model], weights, None, _IMAGENET_MEAN, _IMAGENET_STD)


def _shapes(config: ViCLIPConfig) -> ViCLIP:
    """The model without numbers, so that none are drawn: the strict check lets none of them stay undefined."""
    with torch.device("meta"):
        return ViCLIP(config)


def _require_size(card: EncoderCard, state: Mapping[str, Tensor]) -> None:
    """Name the model that the weights are of, where it is the other published one."""
    kernel = state.get("vision_encoder.conv1.weight")
    for size, config in SIZES.items():
        wanted = (config.width, 3, 1, config.patch_size, config.patch_size)
        if card.model and size != card.model and kernel is not None and tuple(kernel.shape) == wanted:
            raise EncoderError(
                f"encoder {card.name!r}: {card.weights!r} holds the weights of {size}, not of {card.model}. "
                f"Type {size}:{card.weights}"
            )


def _download(card: EncoderCard) -> Path:
    from huggingface_hub import hf_hub_download

    try:
        return Path(hf_hub_download(card.weights, "model.safetensors"))
    except Exception as error:  # every kind of network and cache failure
        raise EncoderError(
            f"{card.weights!r} is not in the cache and cannot be downloaded: {error}. Download it elsewhere and "
            f"type viclip:FOLDER, or {card.model}:FILE for a checkpoint of the authors"
        ) from error
