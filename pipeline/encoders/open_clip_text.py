"""Text towers of open_clip's models that have one of their own in them: CLIP's, CoCa's, and those of transformers.

Cuts: tokens, block00, ..., output where the blocks of a tower are alike; else tokens and output. open_clip's modules do the work;
tests hold the result equal to `encode_text`.
"""

from types import SimpleNamespace
from typing import Any

import torch
from open_clip.hf_model import HFTextEncoder, MeanPooler
from torch import Tensor

from pipeline.encoders.clip import text_tower
from pipeline.encoders.masked_text import masked_text_tower
from pipeline.encoders.tower import Activations, StagedTower

_ALIKE = ("bert", "roberta", "xlm-roberta")


def any_text_tower(model: Any, device: torch.device, dtype: torch.dtype) -> StagedTower:
    """Cut the text tower of a model where it can be cut; inputs are token ids (b, s), padded as the card says."""
    text = getattr(model, "text", None)
    if text is None:
        return text_tower(model, device, dtype)
    if isinstance(text, HFTextEncoder):
        mean = text.config.model_type in _ALIKE and isinstance(text.pooler, MeanPooler)
        return _masked(text, device, dtype) if mean else _whole(text, device, dtype)
    if text.cls_emb is not None:  # its last token is put behind the padding
        return _whole(text, device, dtype)
    return text_tower(_as_in_clip(text), device, dtype)


def _masked(text: Any, device: torch.device, dtype: torch.dtype) -> StagedTower:
    pad_id = text.config.pad_token_id

    def pool(x: Tensor, ids: Tensor) -> Tensor:
        vectors: Tensor = text.proj(text.pooler(SimpleNamespace(last_hidden_state=x), ids.ne(pad_id).to(x.dtype)))
        return vectors

    return masked_text_tower(text.transformer, pad_id, pool, device, dtype)


def _whole(text: Any, device: torch.device, dtype: torch.dtype) -> StagedTower:
    def read(acts: Activations) -> Activations:
        found = text(acts["activations"])
        return {"vectors": found[0] if isinstance(found, tuple) else found}

    return StagedTower(("tokens", "output"), (read,), device, dtype)


def _as_in_clip(text: Any) -> Any:
    """The parts of a tower under the names that they have in a CLIP that holds them itself."""
    return SimpleNamespace(
        transformer=text.transformer,
        token_embedding=text.token_embedding,
        positional_embedding=text.positional_embedding,
        ln_final=text.ln_final,
        text_projection=text.text_projection,
        text_pool_type=text.pool_type,
        text_eos_id=text.eos_id,
        attn_mask=text.attn_mask,
    )
