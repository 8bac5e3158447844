"""How many numbers CoPL learns, by formula; free of torch. The paper's figures beside (COPL_MOV C1 says what of them holds).

C_l width of a block, T segments, L_g and L_I prompts, q entries, b latents, r bottleneck, d_v and d_a widths of a pair that
interacts. Each side learns (L_g + T) C_l in each of its blocks; each pair b (d_v + d_a), and alike q L_I d and one F.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pipeline.methods.copl.config import PromptOptions
from pipeline.methods.copl.heads.config import EventsHeadOptions
from pipeline.methods.copl.places import alike, places_of

if TYPE_CHECKING:
    from pipeline.encoders.stepped.shape import TowerShape

PAPER: Mapping[str, Mapping[str, float]] = {
    "events": {"shared": 1.7e6, "swin-v2 and hts-at": 0.7e6, "vit": 5.0e6},
    "masks": {"shared": 2.8e6, "swin-v2 and hts-at": 1.8e6},
    "questions": {"shared": 1.8e6},
}
"""Numbers learned beside the head, as the paper's tables print them. Its totals imply 1.94 M for events shared, where M and bank
alone are 1.697 M; 0.7 M are M of the paired blocks and one bank as wide as the narrower tower; the others cannot be rebuilt."""


def learned(options: PromptOptions, visual: "TowerShape", audio: "TowerShape", segments: int) -> dict[str, int]:
    """Part -> how many numbers, the head left out; parts that are not there are left out, too.

    Swin-V2-L on both sides, T = 10 and the defaults: global 721,920, frame 360,960, bank 614,400, exchange 199,744, latents
    12,288.

    Args:
        options: of the method.
        visual: sizes of the visual tower.
        audio: of the audio tower; equal to `visual` where both sides share one.
        segments: T.
    """
    if options.rung == "none":
        return {}
    places = places_of(options, visual, audio)
    pairs = [(visual.blocks[mine].width, audio.blocks[other].width) for mine, other in places.pairs]
    if options.variant == "parallel":
        side = (options.side_width, options.side_width)
        widths, coupled = list(side), [side] * len(pairs)
    else:
        widths = [visual.blocks[s.visual].width for s in places.steps if s.prompts and s.visual is not None]
        widths += [audio.blocks[s.audio].width for s in places.steps if s.prompts and s.audio is not None]
        coupled = pairs
    same = alike(visual, audio)
    pooled = options.has_consistency and is_pooled(options, same)
    parts = {
        "global": options.global_prompts * sum(widths),
        "frame": segments * sum(widths) if options.has_frame_prompts else 0,
        **(_interaction(options, coupled, same) if options.has_interaction else {}),
        "alignment": visual.width * (audio.width + 1) if pooled else 0,
        "side network": _side(options, pairs) if options.variant == "parallel" else 0,
    }
    return {name: count for name, count in parts.items() if count}


def head_numbers(head: EventsHeadOptions, visual_width: int, audio_width: int, classes: int) -> int:
    """Numbers of the events head; 1,588,253 of Swin-V2-L on both sides, 28 classes and background.

    Args:
        head: its options.
        visual_width: of the visual tower's last tokens.
        audio_width: of the audio tower's.
        classes: answers, background among them.
    """
    width = {"both": visual_width + audio_width, "visual": visual_width, "audio": audio_width}[head.use]
    if not head.hidden:
        return (width + 1) * classes
    return (width + 1) * head.hidden + (head.hidden + 1) * classes


def exchange_numbers(into: int, out: int, bottleneck: int, biases: bool) -> int:
    """Numbers of one F: into -> bottleneck -> out (Eq. 8)."""
    return bottleneck * (into + out) + biases * (bottleneck + out)


def is_one(choice: str, alike: bool) -> bool:
    """Whether both sides share a bank, or an F."""
    return choice == "one" or choice == "auto" and alike


def is_pooled(options: PromptOptions, alike: bool) -> bool:
    """Whether Eq. 10 is of means, one of them mapped to the other's width."""
    return options.consistency_of == "pooled" or options.consistency_of == "auto" and not alike


def _interaction(options: PromptOptions, pairs: Sequence[tuple[int, int]], alike: bool) -> dict[str, int]:
    entry, rank, biases = options.interaction_prompts, options.bottleneck, options.exchange_biases
    parts = dict.fromkeys(("bank", "plain", "exchange", "latents"), 0)
    for mine, other in pairs:
        if options.has_bank:
            parts["bank"] += options.bank * entry * (mine if is_one(options.banks, alike) else mine + other)
            parts["latents"] += options.latents * (mine + other)
        else:
            parts["plain"] += entry * (mine + other)
        directions = [(mine, other)] if is_one(options.exchanges, alike) else [(mine, other), (other, mine)]
        parts["exchange"] += sum(exchange_numbers(*widths, rank, biases) for widths in directions)
    return parts


def _side(options: PromptOptions, pairs: Sequence[tuple[int, int]]) -> int:
    """Of every pair two maps into w and two bottlenecks w -> r -> w; at the end two maps back to the towers' widths."""
    width, rank = options.side_width, options.bottleneck
    layers = sum((mine + other + 2) * width + 2 * exchange_numbers(width, width, rank, True) for mine, other in pairs)
    return layers + sum((width + 1) * tower for tower in pairs[-1])
