"""The maps of stages that the head of masks reads, of what is run and of what is stored.

Dims: B clips, T segments, L tokens, C width.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from pipeline.encoders.stepped.base import SteppedTower, run
from pipeline.encoders.stepped.shape import BlockShape
from pipeline.methods.copl.errors import CoplError
from pipeline.methods.copl.masks.config import MasksOptions
from pipeline.methods.copl.masks.pyramid import below, ends, mask_reads, stages_read
from pipeline.methods.copl.model import Copl
from pipeline.methods.copl.parallel import Parallel
from pipeline.methods.copl.task_learner import Rows
from pipeline.methods.copl.towered import Towered


class Maps:
    """Runs a method, and finds the map of every level.

    Args:
        options: of the method.
        visual: frozen.
        audio: frozen.
        prompts: the method.

    Raises:
        CoplError: the options do not fit the towers.
    """

    def __init__(self, options: MasksOptions, visual: SteppedTower, audio: SteppedTower, prompts: Copl | Parallel):
        self._tower, self._prompts = visual, prompts
        self._stages, self._ends = stages_read(options, visual.shape), ends(visual.shape)
        self._below = below(options, visual.shape, audio.shape)
        self._cuts = mask_reads(options, visual.shape, audio.shape)[0]

    @property
    def blocks(self) -> tuple[BlockShape, ...]:
        """Of every level the block that leaves its map."""
        return tuple(self._tower.shape.blocks[self._ends[stage]] for stage in self._stages)

    def made(self, visual: Rows, audio: Rows, start: int) -> tuple[Towered, tuple[Tensor, ...]]:
        """Tokens of both sides, and the map (B, T, L, C) of every level.

        Args:
            visual: see `MaskBatch`.
            audio: likewise.
            start: the step with which a run of what is stored begins.

        Raises:
            CoplError: something else is given than the method reads.
        """
        run_it = self._beside if isinstance(self._prompts, Parallel) else self._through
        towered, stages = run_it(visual, audio, start)
        return towered, tuple(stages[stage] for stage in self._stages)

    def _through(self, visual: Rows, audio: Rows, start: int) -> tuple[Towered, Mapping[int, Tensor]]:
        """The variants that run blocks: stages that are run, and below them those that are stored."""
        given = [visual] if isinstance(visual, Tensor) else list(visual)
        whole = _is_rows(given[0], self._tower)
        stored = {} if whole else self._stored(given[1:], self._below, given)
        heard = audio if isinstance(audio, Tensor) else audio[0]
        wanted = len({*self._stages}) > 1
        towered = self._prompts(given[0], heard, 0 if whole else start, maps=wanted)
        first = len(self._ends) - len(towered.stages)
        made = {self._ends.index(block): each for block, each in stored.items()}
        return towered, made | dict(enumerate(towered.stages, first))

    def _beside(self, visual: Rows, audio: Rows, start: int) -> tuple[Towered, Mapping[int, Tensor]]:
        """The variants that run none: all stages but the last are as they were stored."""
        read = tuple(mine for mine, _ in self._prompts.places.pairs)
        wanted = (*read, *self._below)
        known = self._frozen(visual, wanted) if isinstance(visual, Tensor) else self._stored(visual, wanted, visual)
        towered = self._prompts([known[block] for block in read], audio)
        made = {stage: known[block] for stage, block in enumerate(self._ends) if block in known}
        return towered, made | {len(self._ends) - 1: towered.visual}

    def _stored(self, found: Sequence[Tensor], blocks: Sequence[int], given: Sequence[Tensor]) -> dict[int, Tensor]:
        """Block -> its output, of outputs in that order."""
        shapes = [(self._tower.shape.blocks[block].tokens, self._tower.shape.blocks[block].width) for block in blocks]
        if [tuple(each.shape[2:]) for each in found] != shapes:
            raise CoplError(
                f"copl: masks read {', '.join(self._cuts)} of '{self._tower.shape.name}', maps of blocks {list(blocks)} with "
                f"(tokens, width) {shapes} among them; given were {[tuple(each.shape) for each in given]}"
            )
        return {block: each.to(self._tower.dtype) for block, each in zip(blocks, found, strict=True)}

    @torch.no_grad()
    def _frozen(self, rows: Tensor, blocks: Sequence[int]) -> dict[int, Tensor]:
        """Block -> what it leaves of rows (B, T, ...) without prompts."""
        tower, made, begun = self._tower, dict[int, Tensor](), 0
        tokens = tower.enter(rows.flatten(0, 1))
        for block in sorted(blocks):
            tokens = run(tower, tower.between(begun, tokens), begun, block + 1)
            made[block], begun = tokens.unflatten(0, rows.shape[:2]), block + 1
        return made


def _is_rows(given: Tensor, tower: SteppedTower) -> bool:
    """Whether these are rows as the tower enters them, and no tokens."""
    return tuple(given.shape[2:]) in (tower.shape.input, tower.shape.input[:2])
