"""The variant `parallel`: a light network beside the towers, which reads what they stored (our own design).

CoPL's prompts stand inside the blocks, so every step runs all blocks and takes gradients through them. Here the frozen outputs of
the last n blocks are read, once stored, by a network of width w, after the idea of Mettle and MoLT: no backbone runs in the
loop. What is CoPL's stays: M^g and M^f of each side, the coupling of both sides by bank and exchange, the consistency.

For each side m, with H_m^l the stored output (L_l, C_l) of block l of the last n, and rms(x) = x / sqrt(mean x^2) by token:

    S_m     = [M_m^g, M_m^f[t]]                                  (p, w), the prompts; all of them, of Eq. 2's other reading
    X_m     = rms(H_m^l) D_m^l + d_m^l                           (L_l, w)
    S_m    <- S_m + softmax(S_m X_m^T / sqrt w) X_m              prompts read their own side
    I_v, I_a = PMC(S_v, S_a)                                     Eq. 5 to 9, of width w
    S_m    <- S_m + softmax(S_m I_m^T / sqrt w) I_m              and what the other side sends
    S_m    <- S_m + F_m^l(S_m)                                   w -> r -> w

and behind the last of them the tokens of both sides take it up: Z_m = leave(H_m) + (softmax(X_m S_m^T / sqrt w) S_m) U_m + u_m.
Learned are M, D, PMC, F, U and their biases. Of the rung `none` nothing is, and the tokens are leave(H_m) of the
last pair. Dims: B clips, T segments, n rows of all of them, L tokens, C width of a tower.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from pipeline.encoders.stepped.base import SteppedTower, run
from pipeline.methods.copl.config import PromptOptions
from pipeline.methods.copl.coupling import Coupling, bottleneck
from pipeline.methods.copl.errors import CoplError
from pipeline.methods.copl.places import alike, places_of
from pipeline.methods.copl.prompts import ModalPrompts
from pipeline.methods.copl.towered import Consistency, Towered

Outputs = Tensor | Sequence[Tensor]


class Side(nn.Module):
    """What one side learns, apart from the coupling."""

    def __init__(self, options: PromptOptions, widths: Sequence[int], segments: int):
        """Draw it.

        Args:
            options: of the method.
            widths: C of each block that is read.
            segments: T.
        """
        super().__init__()
        width = options.side_width
        self.prompts = ModalPrompts(options, {0: width}, segments)
        self.down = nn.ModuleList(nn.Linear(each, width) for each in widths)
        self.inner = nn.ModuleList(bottleneck(width, options.bottleneck, width, True) for _ in widths)
        self.up = nn.Linear(width, widths[-1])


class Parallel(nn.Module):
    """The light network of both sides. The towers are not among the module's parts, and no gradient enters them."""

    def __init__(self, options: PromptOptions, visual: SteppedTower, audio: SteppedTower, segments: int, seed: int):
        """Draw the start values; equal seeds make equal ones.

        Args:
            options: of the method.
            visual: frozen; of stored outputs only its final norm is used.
            audio: likewise.
            segments: T.
            seed: of what is drawn.

        Raises:
            CoplError: the options do not fit the towers.
        """
        super().__init__()
        self._options, self._towers, self.segments = options, (visual, audio), segments
        self.places = places_of(options, visual.shape, audio.shape)
        same, width = alike(visual.shape, audio.shape), options.side_width
        self._read = tuple(zip(*self.places.pairs, strict=True))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.sides = nn.ModuleList(
                Side(options, [tower.shape.blocks[n].width for n in read], segments)
                for tower, read in zip(self._towers, self._read, strict=True)
                if options.rung != "none"
            )
            coupled = range(len(self.places.pairs)) if options.has_interaction else ()
            self.couplings = nn.ModuleList(Coupling(options, width, width, same) for _ in coupled)
            self.compared = Consistency(options, visual.shape.width, audio.shape.width, same)
        self.to(visual.device)

    def forward(self, visual: Outputs, audio: Outputs, start: int = 0, maps: bool = True) -> Towered:
        """Read both sides' outputs.

        Args:
            visual: the outputs (B, T, L_l, C_l) of the blocks that `places.reads` names, first to last; or a tensor of rows
                (B, T, ...) as the tower enters them, whose outputs are then made here, without gradients.
            audio: likewise.
            start: not read, as `maps`; here nothing is stepped.
            maps: see `Copl.forward`.

        Returns:
            Tokens as of the paper's variant; of the stages there is the last one.

        Raises:
            CoplError: another number of outputs is given.
        """
        stored = [self._stored(side, given) for side, given in enumerate((visual, audio))]
        clips, segments = stored[0][0].shape[:2]
        flat = [[each.flatten(0, 1) for each in outputs] for outputs in stored]
        frozen = [tower.leave(outputs[-1]).to(self._dtype) for tower, outputs in zip(self._towers, flat, strict=True)]
        if self.sides:
            taken = self._taken(flat, clips, segments)
            frozen = [tokens + more for tokens, more in zip(frozen, taken, strict=True)]
        left, right = (tokens.unflatten(0, (clips, segments)) for tokens in frozen)
        return Towered(left, right, (left,), self.compared(left, right))

    def _taken(self, outputs: Sequence[Sequence[Tensor]], clips: int, segments: int) -> list[Tensor]:
        """What each side's tokens take up of the prompts (n, L, C)."""
        sides = [side for side in self.sides if isinstance(side, Side)]
        states = [side.prompts(0, clips, segments) for side in sides]
        seen = states
        for layer in range(len(self.places.pairs)):
            seen = [
                side.down[layer](_rms(own[layer].to(self._dtype))) for side, own in zip(sides, outputs, strict=True)
            ]
            states = [_reading(state, tokens) for state, tokens in zip(states, seen, strict=True)]
            if self.couplings:
                states = [_reading(s, sent) for s, sent in zip(states, self.couplings[layer](*states), strict=True)]
            states = [state + side.inner[layer](state) for side, state in zip(sides, states, strict=True)]
        attended = (_attended(tokens, state) for tokens, state in zip(seen, states, strict=True))
        return [side.up(each) for side, each in zip(sides, attended, strict=True)]

    @property
    def _dtype(self) -> torch.dtype:
        """What is learned is kept in it, whatever the towers compute in."""
        return next((parameter.dtype for parameter in self.parameters()), self._towers[0].dtype)

    def _stored(self, side: int, given: Outputs) -> list[Tensor]:
        tower, read = self._towers[side], self._read[side]
        if isinstance(given, Tensor):
            return self._made(side, given)
        wanted = [(tower.shape.blocks[n].tokens, tower.shape.blocks[n].width) for n in read]
        if [tuple(each.shape[2:]) for each in given] != wanted or {each.shape[1] for each in given} != {self.segments}:
            raise CoplError(
                f"copl: parallel reads blocks {', '.join(map(str, read))} of '{tower.shape.name}', of {self.segments} "
                f"segments and (tokens, width) {wanted}; given were {[tuple(each.shape) for each in given]}"
            )
        return [each.to(tower.dtype) for each in given]

    @torch.no_grad()
    def _made(self, side: int, rows: Tensor) -> list[Tensor]:
        tower, outputs, begun = self._towers[side], [], 0
        tokens = tower.enter(rows.flatten(0, 1))
        for number in self._read[side]:
            tokens = run(tower, tower.between(begun, tokens), begun, number + 1)
            outputs.append(tokens.unflatten(0, rows.shape[:2]))
            begun = number + 1
        return outputs


def _rms(tokens: Tensor) -> Tensor:
    return tokens * tokens.square().mean(-1, keepdim=True).add(1e-6).rsqrt()


def _attended(queries: Tensor, tokens: Tensor) -> Tensor:
    """softmax(Q X^T / sqrt w) X."""
    return (queries @ tokens.mT * queries.shape[-1] ** -0.5).softmax(-1) @ tokens


def _reading(state: Tensor, tokens: Tensor) -> Tensor:
    return state + _attended(state, tokens)
