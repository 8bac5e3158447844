"""ViCLIP's text tower: CLIP's causal transformer with 32 positions.

Dims: b batch, s tokens, c channels, d output.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pipeline.encoders.viclip.config import ViCLIPConfig
from pipeline.encoders.viclip.transformer import Transformer


class TextEncoder(nn.Module):
    """Token ids to one vector: `head(transformer(embed(ids)), ids)`."""

    def __init__(self, config: ViCLIPConfig) -> None:
        """Make the tower with fresh weights."""
        super().__init__()
        width = config.text_width
        self.token_embedding = nn.Embedding(config.vocab_size, width)
        self.positional_embedding = nn.Parameter(0.01 * torch.randn(config.context_length, width))
        self.transformer = Transformer(width, config.text_layers, config.text_heads, causal=True)
        self.ln_final = nn.LayerNorm(width)
        self.text_projection = nn.Parameter(width**-0.5 * torch.randn(width, config.embed_dim))
        nn.init.normal_(self.token_embedding.weight, std=0.02)

    def forward(self, ids: Tensor) -> Tensor:
        """Map token ids (b, s), zero-padded to any s up to the context, to embeddings (b, d), not normalised."""
        return self.head(self.transformer(self.embed(ids)), ids)

    def embed(self, ids: Tensor) -> Tensor:
        """Map token ids (b, s) to the tokens (b, s, c) that enter the first block."""
        return self.token_embedding(ids) + self.positional_embedding[: ids.shape[1]]

    def head(self, tokens: Tensor, ids: Tensor) -> Tensor:
        """Read the last block's tokens (b, s, c) at each text's end-of-text, which has the highest id."""
        ends = tokens[torch.arange(len(tokens), device=tokens.device), ids.argmax(dim=-1)]
        return self.ln_final(ends) @ self.text_projection
