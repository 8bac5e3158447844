"""What is seen, where it sounds; and whether picture and sound belong together.

Dims: V videos, T seconds, L tokens of a frame, d width.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Grounding(nn.Module):
    """v = W tanh([mean of tokens, what the sound attends to of them]) + b.

    The sound's weights are a softmax over the frame's tokens of cosines, and what is weighed are the L2-normalised tokens, as
    published. Without sound all tokens weigh alike.
    """

    def __init__(self, width: int):
        """Draw the map as `nn.Linear` does."""
        super().__init__()
        self.out = nn.Linear(2 * width, width)

    def forward(self, tokens: Tensor, sound: Tensor | None) -> Tensor:
        """(V, T, d) of frames (V, T, L, d) and of what is heard in their seconds (V, T, d)."""
        normed = F.normalize(tokens, dim=-1)
        weights = None if sound is None else self.weights(normed, sound)
        heard = normed.mean(2) if weights is None else (weights.unsqueeze(-2) @ normed).squeeze(-2)
        return self.out(torch.cat([tokens.mean(2), heard], -1).tanh())

    def weights(self, normed: Tensor, sound: Tensor) -> Tensor:
        """(V, T, L) of L2-normalised tokens (V, T, L, d) and a sound (V, T, d); they sum to 1 over a frame."""
        return (normed @ F.normalize(sound, dim=-1).unsqueeze(-1)).squeeze(-1).softmax(-1)


class Matching(nn.Sequential):
    """Two logits a second, no and yes, of [sound, grounded frame] (V, T, 2 d): an MLP of four maps."""

    def __init__(self, width: int):
        """2 d -> d -> d / 2 -> d / 4 -> 2."""
        super().__init__(
            nn.Linear(2 * width, width), nn.ReLU(),
            nn.Linear(width, width // 2), nn.ReLU(),
            nn.Linear(width // 2, width // 4), nn.ReLU(),
            nn.Linear(width // 4, 2),
        )  # fmt: skip


def matching_losses(logits: Tensor, belongs: bool) -> Tensor:
    """-log p (V, T) of the truth, which is the same in all seconds; logits (V, T, 2)."""
    return -logits.log_softmax(-1)[..., int(belongs)]
