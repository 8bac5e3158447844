"""How two towers go side by side, and where prompts stand in them (Eq. 3 and 4); free of torch.

A step runs one block of each tower, or of one alone. Towers of equal depth go block by block. Of a stage with more blocks in one
tower than in the other, block i of the fewer goes with the block that ends the i-th part of the more: HTS-AT's 6 and Swin-V2's
18 of stage 3 pair as i and 3i + 2.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from pipeline.methods.copl.config import PromptOptions
from pipeline.methods.copl.errors import CoplError

if TYPE_CHECKING:
    from pipeline.encoders.stepped.shape import TowerShape


@dataclass(frozen=True)
class Step:
    """Blocks that are run side by side.

    Attributes:
        visual: number of the visual tower's block; None where it waits.
        audio: of the audio tower's.
        prompts: whether M stands there.
        interacts: whether I stands there; then both are run.
    """

    visual: int | None
    audio: int | None
    prompts: bool = False
    interacts: bool = False

    @property
    def paired(self) -> bool:
        """Whether both towers have a block here."""
        return self.visual is not None and self.audio is not None


@dataclass(frozen=True)
class Places:
    """All steps of two towers.

    Attributes:
        steps: from the first block to the last.
        first: number of the step at which prompts begin; what lies below is not learned.
        pairs: (visual, audio) blocks that get interaction prompts; of `parallel`, those whose outputs are read; without a prompt
            anywhere the last.
    """

    steps: tuple[Step, ...]
    first: int
    pairs: tuple[tuple[int, int], ...]

    def starts(self, number: int) -> tuple[int, int]:
        """The first block of each tower that steps from `number` on run."""
        visual = next((s.visual for s in self.steps[number:] if s.visual is not None), None)
        audio = next((s.audio for s in self.steps[number:] if s.audio is not None), None)
        assert visual is not None and audio is not None, "the last step is a pair"
        return visual, audio


def alike(visual: "TowerShape", audio: "TowerShape") -> bool:
    """Whether both towers have the same blocks, so that one bank, one F and Eq. 10 token by token fit both."""
    return visual.blocks == audio.blocks


def places_of(options: PromptOptions, visual: "TowerShape", audio: "TowerShape") -> Places:
    """Where the options put prompts.

    Raises:
        EncoderError: `start` is no cut of the visual tower.
        CoplError: no block lies behind it, fewer pairs are left than `layers` or `last` asks for, or both sides are to
            share what towers of two widths cannot.
    """
    _require_shareable(options, visual, audio)
    bare = tuple(_steps(visual, audio))
    first = _first(options, visual, bare)
    pairs = [number for number, step in enumerate(bare) if step.paired and number >= first]
    name, asked = ("last", options.last) if options.variant == "parallel" else ("layers", options.layers)
    if asked > len(pairs) and (options.has_interaction or name == "last"):
        where = f" from '{options.start or f'stage{visual.stages}'}' on" if first else ""
        raise CoplError(
            f"copl: {name} asks for {asked} pairs of blocks; '{visual.name}' and '{audio.name}' have {len(pairs)}{where}. "
            f"Write {name}: {len(pairs)} or less"
        )
    if options.variant == "parallel" or options.rung == "none":
        read = pairs[-options.last :] if options.rung != "none" else pairs[-1:]
        return Places(bare, read[0], _blocks(bare, read))
    chosen = pairs[-options.layers :] if options.has_interaction else []
    steps = tuple(
        Step(s.visual, s.audio, _has_prompts(options, s, n >= first), n in chosen) for n, s in enumerate(bare)
    )
    return Places(steps, first, _blocks(bare, chosen))


def prompts_of(options: PromptOptions, places: Places, segments: int) -> tuple[dict[int, int], dict[int, int]]:
    """Of each tower: number of a block -> prompts p that a row has there; blocks without any are left out.

    Args:
        options: of the method.
        places: where they stand.
        segments: T.
    """
    frame = 0 if not options.has_frame_prompts else segments if options.frame_prompts == "all" else 1
    found: tuple[dict[int, int], dict[int, int]] = ({}, {})
    for step in places.steps:
        count = step.prompts * (options.global_prompts + frame) + step.interacts * 2 * options.interaction_prompts
        for own, block in zip(found, (step.visual, step.audio), strict=True):
            if block is not None and count:
                own[block] = count
    return found


def _require_shareable(options: PromptOptions, visual: "TowerShape", audio: "TowerShape") -> None:
    both = f"'{visual.name}' and '{audio.name}'"
    same_widths = options.variant == "parallel" or alike(visual, audio)
    for name, choice in (("banks", options.banks), ("exchanges", options.exchanges)):
        if options.has_interaction and choice == "one" and not same_widths:
            raise CoplError(f"copl: {name} is 'one' for both sides; {both} are not alike. Write {name}: each, or auto")
    if options.has_consistency and options.consistency_of == "tokens":
        mine, other = ((shape.tokens, shape.width) for shape in (visual, audio))
        if mine != other:
            raise CoplError(
                f"copl: consistency_of is 'tokens', which pairs them place by place; {both} end with {mine} and {other} "
                "(tokens, width). Write consistency_of: pooled, or auto"
            )


def reads(options: PromptOptions, visual: "TowerShape", audio: "TowerShape") -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The cuts at which each tower's activations are wanted: one of each, or of `parallel` one a block."""
    places = places_of(options, visual, audio)
    if options.variant == "parallel" or options.rung == "none":
        return tuple(f"block{mine:02}" for mine, _ in places.pairs), tuple(
            f"block{other:02}" for _, other in places.pairs
        )
    if options.variant == "paper":
        return ("pixels",), ("pixels",)
    first, second = places.starts(places.first)
    return (_cut(visual, first),), (_cut(audio, second),)


def _blocks(steps: Sequence[Step], numbers: Sequence[int]) -> tuple[tuple[int, int], ...]:
    chosen = (steps[number] for number in numbers)
    return tuple((s.visual, s.audio) for s in chosen if s.visual is not None and s.audio is not None)


def _has_prompts(options: PromptOptions, step: Step, above: bool) -> bool:
    return above and options.rung != "none" and (step.paired or options.unpaired == "prompted")


def _cut(shape: "TowerShape", block: int) -> str:
    """The cut that a block reads: at the start of a stage the merged map, which is the smaller one."""
    if block == 0:
        return "patches"
    return f"stage{shape.blocks[block].stage}" if block in shape.starts else f"block{block - 1:02}"


def _first(options: PromptOptions, visual: "TowerShape", steps: Sequence[Step]) -> int:
    if options.variant != "late":
        return 0
    if options.start is None and visual.stages == 1:
        raise CoplError(
            f"copl: variant: late begins at the last stage, and '{visual.name}' has one only. Write start: "
            f"block{len(visual.blocks) // 2:02}, or another of its cuts"
        )
    block = visual.start(options.start or f"stage{visual.stages}")
    found = [number for number, step in enumerate(steps) if step.visual is not None and step.visual >= block]
    if not found:
        raise CoplError(f"copl: behind '{options.start}' '{visual.name}' has no block. Write an earlier start")
    return found[0]


def _steps(visual: "TowerShape", audio: "TowerShape") -> Iterator[Step]:
    mine, others = _runs(visual), _runs(audio)
    if len(mine) != len(others):  # a tower without stages beside one with them: all of a tower is one stage
        mine, others = [range(len(visual.blocks))], [range(len(audio.blocks))]
    for ours, theirs in zip(mine, others, strict=True):
        yield from _stage(ours, theirs)


def _runs(shape: "TowerShape") -> list[range]:
    """The numbers of the blocks of every stage."""
    return [range(*bounds) for bounds in pairwise((*shape.starts, len(shape.blocks)))]


def _stage(visual: Sequence[int], audio: Sequence[int]) -> Iterator[Step]:
    fewer, more = sorted((visual, audio), key=len)
    partners = {((i + 1) * len(more)) // len(fewer) - 1: block for i, block in enumerate(fewer)}
    for place, block in enumerate(more):
        partner = partners.get(place)
        yield Step(block, partner) if more is visual else Step(partner, block)
