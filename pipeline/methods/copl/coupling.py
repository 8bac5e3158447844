"""Prompt bank-based mutual coupling, PMC: what one side's input says to the other side's next block (Eq. 5 to 9).

Dims: n rows, L tokens, d width of a side, b latents, q entries, L_I prompts of an entry, r bottleneck.
"""

import torch
from torch import Tensor, nn

from pipeline.methods.copl.config import PromptOptions
from pipeline.methods.copl.counts import is_one
from pipeline.methods.copl.prompts import drawn

BOTH, VISUAL, AUDIO = "both", "visual", "audio"
SIDES = (VISUAL, AUDIO)


class Coupling(nn.Module):
    """One layer's interaction prompts.

        Z'  = L + softmax(L Z^T) Z                       Eq. 5
        e_i = softmax_i <mean_b Z', mean_{L_I} P_bi>     Eq. 6
        P   = sum_i e_i P_bi                             Eq. 7
        P'  = F(P), F = Linear(ReLU(Linear(.)))          Eq. 8
        I_v = [P_v, P'_a], I_a = [P_a, P'_v]             Eq. 9

    Z is what the block is about to read. Without a bank (rung `interaction`) P_v and P_a are learned tensors, the same for all
    inputs, so that nothing of an input reaches the other side.
    """

    def __init__(self, options: PromptOptions, visual: int, audio: int, alike: bool):
        """Draw everything.

        Args:
            options: of the method.
            visual: d_v.
            audio: d_a.
            alike: whether both towers have the same blocks, which decides where the options say "auto".
        """
        super().__init__()
        self._options = options
        widths, std, entry = {VISUAL: visual, AUDIO: audio}, options.init_std, options.interaction_prompts
        banks = {BOTH: visual} if is_one(options.banks, alike) else widths
        self.bank = nn.ParameterDict(
            {s: drawn(std, options.bank, entry, d) for s, d in banks.items() if options.has_bank}
        )
        self.latents = nn.ParameterDict(
            {s: drawn(std, options.latents, d) for s, d in widths.items() if options.has_bank}
        )
        self.plain = nn.ParameterDict({s: drawn(std, entry, d) for s, d in widths.items() if not options.has_bank})
        directions = {VISUAL: (visual, audio), AUDIO: (audio, visual)}
        if is_one(options.exchanges, alike):
            directions = {BOTH: (visual, audio)}
        self.exchange = nn.ModuleDict(
            {
                side: bottleneck(into, options.bottleneck, out, options.exchange_biases)
                for side, (into, out) in directions.items()
            }
        )

    def forward(self, visual: Tensor, audio: Tensor) -> tuple[Tensor, Tensor]:
        """I_v (n, 2 L_I, d_v) and I_a (n, 2 L_I, d_a) from Z_v (n, L_v, d_v) and Z_a (n, L_a, d_a)."""
        own = {VISUAL: self._prompts(VISUAL, visual), AUDIO: self._prompts(AUDIO, audio)}
        sent = {side: _of(self.exchange, side)(prompts) for side, prompts in own.items()}
        rows = len(visual)
        return (
            torch.cat([own[VISUAL], sent[AUDIO]], 1).expand(rows, -1, -1),
            torch.cat([own[AUDIO], sent[VISUAL]], 1).expand(rows, -1, -1),
        )

    def weights(self, side: str, tokens: Tensor) -> Tensor:
        """How much of each entry an input takes: e (n, q), Eq. 5 and 6.

        Args:
            side: "visual" or "audio".
            tokens: Z of that side.
        """
        width = tokens.shape[-1]
        latents, bank = self.latents[side], _of(self.bank, side)
        scores = latents @ tokens.mT
        scores = scores * width**-0.5 if self._options.scale_reading else scores
        read = latents + scores.softmax(-1) @ tokens
        similarity = read.mean(1) @ bank.mean(1).T
        return (similarity * width**-0.5 if self._options.scale_similarity else similarity).softmax(-1)

    def _prompts(self, side: str, tokens: Tensor) -> Tensor:
        """P (n, L_I, d), or (1, L_I, d) without a bank."""
        if side in self.plain:
            return self.plain[side][None]
        return torch.einsum("nq,qld->nld", self.weights(side, tokens), _of(self.bank, side))


def _of(parts: nn.ParameterDict | nn.ModuleDict, side: str):  # type: ignore[no-untyped-def]
    return parts[side if side in parts else BOTH]


def bottleneck(into: int, hidden: int, out: int, biases: bool) -> nn.Sequential:
    """F of Eq. 8, drawn as `nn.Linear` draws."""
    return nn.Sequential(nn.Linear(into, hidden, bias=biases), nn.ReLU(), nn.Linear(hidden, out, bias=biases))
