"""Modal-specific prompts of one side: M^g and M^f (Eq. 2).

Dims: B clips, T segments, n = B T rows, C_l width of block l, L_g global prompts.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from pipeline.methods.copl.config import PromptOptions


class ModalPrompts(nn.Module):
    """M^l = [M^{g,l}, M^{f,l}] of every block that has prompts; both come from N(0, init_std^2)."""

    def __init__(self, options: PromptOptions, widths: Mapping[int, int], segments: int):
        """Draw them.

        Args:
            options: of the method.
            widths: number of a block -> C_l; those without prompts are left out.
            segments: T.
        """
        super().__init__()
        self._all = options.frame_prompts == "all"
        self.whole = nn.ParameterDict(
            {str(n): drawn(options.init_std, options.global_prompts, width) for n, width in widths.items()}
        )
        framed = widths if options.has_frame_prompts else {}
        self.frame = nn.ParameterDict({str(n): drawn(options.init_std, segments, width) for n, width in framed.items()})

    def forward(self, block: int, clips: int, segments: int) -> Tensor | None:
        """Prompts (n, p, C_l) of a block's rows, clip by clip; None where it has none.

        p = L_g, with frame prompts L_g + 1, or L_g + T where every frame has all.
        """
        name = str(block)
        if name not in self.whole:
            return None
        whole, rows = self.whole[name], clips * segments
        parts = [whole.expand(rows, -1, -1)]
        if name in self.frame:
            frame = self.frame[name]
            parts.append(frame.expand(rows, -1, -1) if self._all else frame[:, None].repeat(clips, 1, 1))
        return torch.cat(parts, 1)


def drawn(std: float, *shape: int) -> nn.Parameter:
    """A learned tensor from N(0, std^2)."""
    return nn.Parameter(torch.empty(shape).normal_(std=std))
