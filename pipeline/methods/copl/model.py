"""CoPL: two frozen towers, block by block and side by side, with learned prompts inside (Eq. 1 to 10).

Dims: B clips, T segments, n = B T rows clip by clip, L tokens of a block, C its width.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from pipeline.encoders.stepped.base import SteppedTower
from pipeline.encoders.stepped.shape import TowerShape
from pipeline.methods.copl.config import PromptOptions
from pipeline.methods.copl.coupling import Coupling
from pipeline.methods.copl.errors import CoplError
from pipeline.methods.copl.places import Step, alike, places_of
from pipeline.methods.copl.prompts import ModalPrompts
from pipeline.methods.copl.towered import Consistency, Towered

Pair = tuple[Tensor, Tensor]


class Copl(nn.Module):
    """The variants `paper` and `late`.

    At every step the prompts of both sides read what both blocks are about to read; the blocks take them as further keys and
    values, so that what becomes of a prompt is never computed. Where both sides share a tower, frames and spectrograms run as one
    batch. The towers are not among the module's parts.
    """

    def __init__(self, options: PromptOptions, visual: SteppedTower, audio: SteppedTower, segments: int, seed: int):
        """Draw the start values; equal seeds make equal ones.

        Args:
            options: of the method.
            visual: frozen.
            audio: frozen; the same object where one tower serves both sides.
            segments: T.
            seed: of what is drawn.

        Raises:
            CoplError: the options do not fit the towers.
        """
        super().__init__()
        self._options, self._towers, self.segments = options, (visual, audio), segments
        self.places = places_of(options, visual.shape, audio.shape)
        same, steps = alike(visual.shape, audio.shape), self.places.steps
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.visual = ModalPrompts(options, _widths(visual.shape, [s.visual for s in steps if s.prompts]), segments)
            self.audio = ModalPrompts(options, _widths(audio.shape, [s.audio for s in steps if s.prompts]), segments)
            self.couplings = nn.ModuleDict()
            for mine, other in self.places.pairs:
                widths = visual.shape.blocks[mine].width, audio.shape.blocks[other].width
                self.couplings[str(mine)] = Coupling(options, *widths, same)
            self.compared = Consistency(options, visual.shape.width, audio.shape.width, same)
        self.to(visual.device)

    def forward(self, visual: Tensor, audio: Tensor, start: int = 0, maps: bool = True) -> Towered:
        """Run both towers from a step on.

        Args:
            visual: rows (B, T, ...) as the tower enters them, where `start` is 0; or tokens (B, T, L, C), either of the map that
                the first block to run reads, or of the one that the block before it made.
            audio: likewise.
            start: number of the first step (`Places.steps`; of equal towers, of the block). No prompt may stand below it.
            maps: whether the last maps of earlier stages are wanted, which takes memory.

        Raises:
            CoplError: the rows do not fit the towers, or prompts stand below.
        """
        clips, segments = self._require_fitting(visual, audio, start)
        first = self.places.starts(start)
        tokens = (_entered(self._towers[0], visual, first[0]), _entered(self._towers[1], audio, first[1]))
        stages: list[Tensor] = []
        for number, step in enumerate(self.places.steps[start:], start):
            run = self._stepping(step, clips, segments, first)
            if self._options.checkpointing and number >= self.places.first and torch.is_grad_enabled():
                tokens = checkpoint(run, *tokens, use_reentrant=False, preserve_rng_state=False)
            else:
                tokens = run(*tokens)
            if maps and _ends_stage(self._towers[0].shape, step.visual):
                stages.append(tokens[0])
        left = self._leave(tokens)
        stages[-1:] = left[:1]
        shaped = [each.unflatten(0, (clips, segments)) for each in (*left, *stages)]
        return Towered(shaped[0], shaped[1], tuple(shaped[2:]), self.compared(*left))

    def _stepping(
        self, step: Step, clips: int, segments: int, first: tuple[int, int]
    ) -> Callable[[Tensor, Tensor], Pair]:
        """One step: (Z_v, Z_a) -> (Z_v, Z_a) of the next.

        Args:
            step: which.
            clips: B.
            segments: T.
            first: the block of each tower that reads its tokens as they are; others may have to merge them.
        """

        def run(visual: Tensor, audio: Tensor) -> Pair:
            towers, blocks = self._towers, (step.visual, step.audio)
            tokens = [visual, audio]
            prompts: list[Tensor | None] = [None, None]
            for side, (block, own) in enumerate(zip(blocks, (self.visual, self.audio), strict=True)):
                if block is not None:
                    if block != first[side]:
                        tokens[side] = towers[side].between(block, tokens[side])
                    prompts[side] = own(block, clips, segments)
            if step.interacts:
                interaction = self.couplings[str(step.visual)](*(each.to(self._dtype) for each in tokens))
                prompts = [_behind(mine, more) for mine, more in zip(prompts, interaction, strict=True)]
            return self._blocks(blocks, tokens, prompts)

        return run

    def _blocks(
        self, blocks: tuple[int | None, int | None], tokens: Sequence[Tensor], prompts: Sequence[Tensor | None]
    ) -> Pair:
        (mine, other), towers = blocks, self._towers
        if towers[0] is towers[1] and mine is not None and mine == other:
            both = None if prompts[0] is None or prompts[1] is None else torch.cat([prompts[0], prompts[1]])
            visual, audio = _block(towers[0], mine, torch.cat(list(tokens)), both).chunk(2)
            return visual, audio
        made = [
            z if block is None else _block(tower, block, z, p)
            for tower, block, z, p in zip(towers, blocks, tokens, prompts, strict=True)
        ]
        return made[0], made[1]

    def _leave(self, tokens: Pair) -> Pair:
        visual, audio = (tower.leave(each).to(self._dtype) for tower, each in zip(self._towers, tokens, strict=True))
        return visual, audio

    @property
    def _dtype(self) -> torch.dtype:
        """What is learned is kept and compared in it, whatever the towers compute in."""
        return next(self.parameters()).dtype

    def _require_fitting(self, visual: Tensor, audio: Tensor, start: int) -> tuple[int, int]:
        clips, segments = visual.shape[:2]
        if audio.shape[:2] != (clips, segments) or segments != self.segments:
            raise CoplError(
                f"copl: pictures of (clips, segments) {(clips, segments)} and sounds of {tuple(audio.shape[:2])} were given; "
                f"both must have {self.segments} segments, of as many clips. Cut or pad the clips to {self.segments} segments"
            )
        if start > self.places.first or start < 0:
            raise CoplError(
                f"copl: asked to start at step {start}, but prompts stand from step {self.places.first} on: what lies below "
                f"would not be learned. Start at {self.places.first} or lower"
            )
        return clips, segments


def _widths(shape: TowerShape, blocks: Sequence[int | None]) -> dict[int, int]:
    return {block: shape.blocks[block].width for block in blocks if block is not None}


def _entered(tower: SteppedTower, rows: Tensor, block: int) -> Tensor:
    """What a block reads (n, L, C), of rows (B, T, ...) as the tower enters them or of tokens before or behind merging."""
    flat, shapes = rows.flatten(0, 1), tower.shape.blocks
    is_row = rows.shape[2:4] == tower.shape.input[:2]
    if rows.shape[2:] == (shapes[block].tokens, shapes[block].width) and not (block == 0 and is_row):
        return flat.to(tower.dtype)
    if block == 0:
        return tower.enter(flat)
    before = shapes[block - 1]
    if rows.shape[2:] == (before.tokens, before.width):
        return tower.between(block, flat.to(tower.dtype))
    raise CoplError(
        f"copl: block {block} of '{tower.shape.name}' reads ({shapes[block].tokens}, {shapes[block].width}) tokens a row, or "
        f"({before.tokens}, {before.width}) before they are merged; {tuple(rows.shape[2:])} was given"
    )


def _block(tower: SteppedTower, block: int, tokens: Tensor, prompts: Tensor | None) -> Tensor:
    return tower.block(block, tokens, None if prompts is None else prompts.to(tower.dtype))


def _behind(prompts: Tensor | None, more: Tensor) -> Tensor:
    return more if prompts is None else torch.cat([prompts, more], 1)


def _ends_stage(shape: TowerShape, block: int | None) -> bool:
    """Whether a block is the last of its stage."""
    if block is None:
        return False
    return block == len(shape.blocks) - 1 or shape.blocks[block + 1].stage != shape.blocks[block].stage
