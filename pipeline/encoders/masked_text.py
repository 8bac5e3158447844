"""A BERT or RoBERTa of transformers as a tower with named cuts: tokens, block00, ..., output.

Dims: b batch, s tokens, c channels, d width of the vectors.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from transformers.masking_utils import create_bidirectional_mask

from pipeline.encoders.tower import Activations, StagedTower, Step, block_names

Pool = Callable[[Tensor, Tensor], Tensor]
"""(activations (b, s, c), token ids (b, s)) -> vectors (b, d)."""


def masked_text_tower(model: Any, pad_id: int, pool: Pool, device: torch.device, dtype: torch.dtype) -> StagedTower:
    """Cut a text model into its blocks; inputs are token ids (b, s), padded with the padding id, which is masked."""
    first, *blocks = model.encoder.layer

    def masked(block: nn.Module, x: Tensor, ids: Tensor) -> Tensor:
        mask = create_bidirectional_mask(config=model.config, inputs_embeds=x, attention_mask=ids.ne(pad_id))
        return block(x, mask)

    def block_step(block: nn.Module) -> Step:
        return lambda acts: {**acts, "activations": masked(block, acts["activations"], acts["ids"])}

    def embed(acts: Activations) -> Activations:
        ids = acts["activations"]
        return {"activations": masked(first, model.embeddings(input_ids=ids), ids), "ids": ids}

    def head(acts: Activations) -> Activations:
        return {"vectors": pool(acts["activations"], acts["ids"])}

    steps = (embed, *[block_step(block) for block in blocks], head)
    return StagedTower(("tokens", *block_names(len(blocks) + 1), "output"), steps, device, dtype)
