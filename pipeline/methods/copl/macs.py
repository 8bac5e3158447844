"""What a step costs, in multiplications and additions, by formula; free of torch.

Dims: L tokens, C width, p prompts of a block, w side width, T segments. A row is one second of one side; counted is one of both.
"""

from typing import TYPE_CHECKING

from pipeline.methods.copl.config import PromptOptions
from pipeline.methods.copl.places import places_of, prompts_of

if TYPE_CHECKING:
    from pipeline.encoders.stepped.shape import TowerShape


def forward_macs(options: PromptOptions, visual: "TowerShape", audio: "TowerShape", segments: int) -> dict[str, int]:
    """MACs of one second forward, in the training loop: of both towers, and of what is learned beside them.

    What is stored is not counted: `late` begins at its cut, and `parallel`, like the head alone, runs no block.

    Args:
        options: of the method.
        visual: sizes of the visual tower.
        audio: of the audio tower.
        segments: T.
    """
    places = places_of(options, visual, audio)
    if options.rung == "none":
        return {"towers": 0, "learned": 0}
    pairs = [(visual.blocks[mine], audio.blocks[other]) for mine, other in places.pairs]
    if options.variant == "parallel":
        own = options.global_prompts + _framed(options, segments)
        sides = sum(_side(options, own, b.tokens, b.width) for pair in pairs for b in pair)
        ends = sum(b.tokens * options.side_width * (2 * own + b.width) for b in pairs[-1])
        state = (own, options.side_width)
        coupled = sum(_coupling(options, state, state) for _ in pairs) if options.has_interaction else 0
        return {"towers": 0, "learned": sides + ends + coupled}
    starts = places.starts(places.first) if options.variant == "late" else (0, 0)
    counts = prompts_of(options, places, segments)
    towers = sum(
        shape.macs([own.get(n, 0) for n in range(len(shape.blocks))], start)
        for shape, own, start in zip((visual, audio), counts, starts, strict=True)
    )
    learned = sum(_coupling(options, *((b.tokens, b.width) for b in pair)) for pair in pairs)
    return {"towers": towers, "learned": learned}


def step_macs(options: PromptOptions, visual: "TowerShape", audio: "TowerShape", segments: int) -> int:
    """MACs of one second in a training step.

    Backward, a frozen map costs what it costs forward, for the gradient of its input; a learned one twice that. Blocks are
    taken as maps.
    """
    forward = forward_macs(options, visual, audio, segments)
    return 2 * forward["towers"] + 3 * forward["learned"]


def _framed(options: PromptOptions, segments: int) -> int:
    return 0 if not options.has_frame_prompts else segments if options.frame_prompts == "all" else 1


def _coupling(options: PromptOptions, visual: tuple[int, int], audio: tuple[int, int]) -> int:
    """Eq. 5 to 8 of a pair, whose sides have (tokens, width)."""
    entry, macs = options.interaction_prompts, 0
    for tokens, width in (visual, audio):
        if options.has_bank:
            macs += 2 * options.latents * tokens * width + options.bank * width * (1 + entry)
        macs += entry * options.bottleneck * (visual[1] + audio[1])
    return macs


def _side(options: PromptOptions, prompts: int, tokens: int, width: int) -> int:
    """One layer of one side of `parallel`."""
    own = options.side_width
    sent = 2 * options.interaction_prompts if options.has_interaction else 0
    return own * (tokens * width + 2 * prompts * (tokens + sent + options.bottleneck))
