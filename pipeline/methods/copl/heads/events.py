"""The head of audio-visual events: what happens in each second (LAVISH's head on CoPL's tokens).

Dims: B clips, T segments, L tokens, C width, K classes and one more, background, which is the last.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pipeline.methods.copl.heads.config import EventsHeadOptions
from pipeline.methods.copl.towered import Towered


class EventsHead(nn.Module):
    """logits = W_2 (W_1 [mean of Z_v, mean of Z_a] + b_1) + b_2; there is nothing between both maps."""

    def __init__(self, options: EventsHeadOptions, visual: int, audio: int, classes: int):
        """Draw the maps as `nn.Linear` does.

        Args:
            options: of the head.
            visual: width of the visual tokens.
            audio: of the audio tokens.
            classes: K + 1.
        """
        super().__init__()
        self._options = options
        width = {"both": visual + audio, "visual": visual, "audio": audio}[options.use]
        self.hidden = nn.Linear(width, options.hidden) if options.hidden else nn.Identity()
        self.answer = nn.Linear(options.hidden or width, classes)

    def forward(self, towered: Towered) -> Tensor:
        """Logits (B, T, K + 1)."""
        sides = {"visual": [towered.visual], "audio": [towered.audio], "both": [towered.visual, towered.audio]}
        pooled = [tokens.mean(2) for tokens in sides[self._options.use]]
        return self.answer(self.hidden(torch.cat(pooled, -1).to(self.answer.weight.dtype)))

    def loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The task's loss, a mean: over all segments and classes of `bce`, over all segments of `ce`.

        Args:
            logits: (B, T, K + 1).
            labels: int64 (B, T).
        """
        if self._options.loss == "ce":
            return F.cross_entropy(logits.flatten(0, 1), labels.flatten())
        wanted = F.one_hot(labels, logits.shape[-1]).to(logits.dtype)
        return F.binary_cross_entropy(logits.softmax(-1), wanted)
