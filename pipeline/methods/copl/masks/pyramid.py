"""Which maps of the visual tower's stages the head of masks reads, and what has to be stored of them; free of torch.

A map of a stage is what its last block leaves. The paper's variant makes all of them as it goes; `late` none below its cut,
`parallel` and the head alone none but the last.
"""

from typing import TYPE_CHECKING

from pipeline.methods.copl.masks.config import LEVELS, MasksOptions
from pipeline.methods.copl.places import places_of, reads

if TYPE_CHECKING:
    from pipeline.encoders.stepped.shape import TowerShape

Cuts = tuple[str, ...]


def ends(shape: "TowerShape") -> tuple[int, ...]:
    """Number of the last block of every stage."""
    return (*(start - 1 for start in shape.starts[1:]), len(shape.blocks) - 1)


def stages_read(options: MasksOptions, shape: "TowerShape") -> tuple[int, ...]:
    """The stage (0-based) whose map every level of the head reads."""
    last = shape.stages - 1
    return (last,) * LEVELS if options.head.levels == "last" else tuple(min(level, last) for level in range(LEVELS))


def below(options: MasksOptions, visual: "TowerShape", audio: "TowerShape") -> tuple[int, ...]:
    """The blocks whose outputs a method is given beside what it reads anyway: ends of stages that it does not run itself.

    Raises:
        CoplError: the options do not fit the towers.
    """
    wanted = [ends(visual)[stage] for stage in sorted({*stages_read(options, visual)} - {visual.stages - 1})]
    places = places_of(options, visual, audio)
    if options.variant == "parallel" or options.rung == "none":
        known = {mine for mine, _ in places.pairs}
        return tuple(block for block in wanted if block not in known)
    first = places.starts(places.first)[0] if options.variant == "late" else 0
    return tuple(block for block in wanted if block < first)


def mask_reads(options: MasksOptions, visual: "TowerShape", audio: "TowerShape") -> tuple[Cuts, Cuts]:
    """The cuts at which each tower's activations are wanted: those of `places.reads`, and behind them the maps below.

    Raises:
        CoplError: the options do not fit the towers.
    """
    mine, others = reads(options, visual, audio)
    return (*mine, *(f"block{block:02}" for block in below(options, visual, audio))), others
