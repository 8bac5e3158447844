"""A text-only encoder: a BERT or RoBERTa of transformers whose tokens are pooled into one vector a sentence.

Cuts: tokens, block00, ..., output. The modules of transformers do the work; tests hold the result equal to that of
sentence-transformers. The same tower serves as both halves of the encoder, since what is judged are texts too.

Dims: b batch, s tokens, d width.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from transformers import AutoConfig, AutoModel, AutoTokenizer

from pipeline.encoders.cards import EncoderCard
from pipeline.encoders.encoder import Encoder
from pipeline.encoders.errors import EncoderError
from pipeline.encoders.masked_text import masked_text_tower
from pipeline.encoders.packaged import packaged
from pipeline.encoders.sentence_layout import ALIKE, SentenceLayout, read_layout, weights_file
from pipeline.encoders.tower import Activations, StagedTower
from pipeline.encoders.weights import made_to_fit, plain_names, read_weights, without_prefix

_PREFIXES = {"xlm-roberta": "roberta", "camembert": "roberta", "modernbert": "model", "deberta-v2": "deberta"}
"""What stands before the names of a model that was saved with a head, where it is not the kind of transformer."""
_POOLERS = ("bert", "roberta", "xlm-roberta", "mpnet", "camembert", "albert")
"""Kinds that are made with a pooling layer of their own, unless they are told not to be."""
_NOT_USED = ("pooler.dense.weight", "pooler.dense.bias", "pooler.weight", "pooler.bias")
_DERIVED = ("position_ids", "token_type_ids")


def load_sentence(card: EncoderCard, device: torch.device, dtype: torch.dtype) -> Encoder:
    """Build the model of a card and load its weights.

    Raises:
        EncoderError: weights and sizes do not fit together, or the files cannot be had.
    """
    folder = packaged(card.name, card.weights)
    folder = folder if folder.is_dir() else _download(card)
    layout = read_layout(card.name, folder)
    if layout.dim != card.dim:
        raise EncoderError(f"encoder {card.name!r}: its files make vectors of {layout.dim}, its card says {card.dim}")
    model = _model(card.name, folder, layout).to(device, dtype).eval().requires_grad_(False)
    tokenizer: Any = AutoTokenizer.from_pretrained(folder / layout.transformer)
    if len(tokenizer) > model.config.vocab_size:
        raise EncoderError(
            f"encoder {card.name!r}: the tokenizer has {len(tokenizer)} tokens and the model {model.config.vocab_size}"
        )
    tower = sentence_tower(model, layout, tokenizer.pad_token_id, device, dtype)
    return Encoder(
        card=card,
        text=tower,
        media=tower,
        tokenizer=_tokenize(tokenizer, layout),
        pad_id=tokenizer.pad_token_id,
        context_length=layout.context_length,
    )


def sentence_tower(
    model: Any, layout: SentenceLayout, pad_id: int, device: torch.device, dtype: torch.dtype
) -> StagedTower:
    """Cut the model into its blocks where they can be cut; inputs are token ids (b, s), padded with the padding id."""

    def pool(x: Tensor, ids: Tensor) -> Tensor:
        pooled = _pool(x, ids.ne(pad_id), layout.pooling)
        return F.normalize(pooled, dim=-1) if layout.normalise else pooled

    if layout.model_type in ALIKE:
        return masked_text_tower(model, pad_id, pool, device, dtype)

    def read(acts: Activations) -> Activations:
        ids = acts["activations"]
        return {"vectors": pool(model(input_ids=ids, attention_mask=ids.ne(pad_id).long()).last_hidden_state, ids)}

    return StagedTower(("tokens", "output"), (read,), device, dtype)


def _pool(tokens: Tensor, present: Tensor, pooling: str) -> Tensor:
    """Map tokens (b, s, d) to vectors (b, d); `present` (b, s) is false for padding."""
    if pooling == "cls":
        return tokens[:, 0]
    if pooling == "max":
        return tokens.masked_fill(~present.unsqueeze(-1), -torch.inf).amax(dim=1)
    weights = present.to(tokens.dtype).unsqueeze(-1)
    return (tokens * weights).sum(dim=1) / weights.sum(dim=1)


def _model(name: str, folder: Path, layout: SentenceLayout) -> Any:
    config: Any = AutoConfig.from_pretrained(folder / layout.transformer)
    prefix = f"{_PREFIXES.get(layout.model_type, layout.model_type)}."
    state = without_prefix(plain_names(read_weights(name, weights_file(name, folder, layout))), prefix)
    state = {key: x for key, x in state.items() if key not in _NOT_USED}
    options = {"add_pooling_layer": False} if layout.model_type in _POOLERS else {}
    return made_to_fit(name, config.to_dict(), lambda: AutoModel.from_config(config, **options), state, _DERIVED)


def _tokenize(tokenizer: Any, layout: SentenceLayout) -> Callable[[Sequence[str]], list[list[int]]]:
    def tokenize(texts: Sequence[str]) -> list[list[int]]:
        clean = [text.lower() if layout.lower_case else text for text in texts]
        found: list[list[int]] = tokenizer(clean, truncation=True, max_length=layout.context_length)["input_ids"]
        return found

    return tokenize


def _download(card: EncoderCard) -> Path:
    from huggingface_hub import snapshot_download

    wanted = ["*.json", "*.txt", "*.model", "1_Pooling/*", "model.safetensors"]
    hub_id, _, revision = card.weights.partition("@")
    try:
        return Path(snapshot_download(hub_id, revision=revision or None, allow_patterns=wanted))
    except Exception as error:  # every kind of network and cache failure
        raise EncoderError(
            f"{card.weights!r} is not in the cache and cannot be downloaded: {error}. Download it elsewhere and "
            "type sentence:FOLDER"
        ) from error
