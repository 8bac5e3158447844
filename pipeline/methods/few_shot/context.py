"""Where learned text prompts start."""

import torch
from torch import nn

from pipeline.encoders.prompted.text import PromptedText


def start_context(text: PromptedText, phrase: str, prompts: int, learned_start: bool = False) -> nn.Parameter:
    """Prompts (p, c) that start as the embeddings of a phrase, those before them drawn from N(0, 0.02^2).

    Args:
        text: knows the words.
        phrase: its words are the last prompts; of more words than prompts the first are taken. May be empty.
        prompts: p.
        learned_start: whether the first prompt is the start token.
    """
    words = text.words(phrase) if phrase else text.positions.new_zeros(0, text.width)
    start = text.start()[None] if learned_start else words[:0]
    kept = words[: prompts - len(start)]
    drawn = torch.empty(prompts - len(start) - len(kept), text.width).normal_(std=0.02)
    return nn.Parameter(torch.cat([start.float().cpu(), drawn, kept.float().cpu()]))
