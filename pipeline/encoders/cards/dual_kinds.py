"""What is known of the kinds of dual encoders of transformers: how wide, how padded, how scored.

Configurations leave out what has its default, so defaults stand here. Kinds that are not listed are refused: nobody has looked
how their texts are padded, and a wrong padding answers almost rightly.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.encoders.cards.base import Cleaning, EncoderCard, Padding, Score


@dataclass(frozen=True)
class DualKind:
    """One kind, `model_type` in config.json.

    Attributes:
        dim: where its width stands, and its default.
        context: default of `text_config.max_position_embeddings`.
        size: default of `vision_config.image_size`.
        padding: see `EncoderCard`.
        cleaning: see `EncoderCard`.
        sigmoid: whether it was trained with one; else with a softmax.
        masks: whether its text tower is told what is padding.
        renamed: pattern of names in published files, and what transformers puts in its place.
        unused: positions that are never used, as RoBERTa's, which count from the padding id.
    """

    dim: tuple[str, int] = ("projection_dim", 512)
    context: int = 77
    size: int = 224
    padding: Padding = "longest"
    cleaning: Cleaning = "none"
    sigmoid: bool = False
    masks: bool = False
    unused: int = 0
    renamed: tuple[str, str] | None = None

    @property
    def score(self) -> Score:
        """Of weights that do not say it: from where training starts."""
        return Score("sigmoid", 10.0, -10.0) if self.sigmoid else Score()


_SIGLIP = DualKind(("vision_config.hidden_size", 768), 64, padding="context", cleaning="canonical", sigmoid=True)
KINDS: dict[str, DualKind] = {
    "clip": DualKind(),
    "metaclip_2": DualKind(),
    "clipseg": DualKind(),
    "groupvit": DualKind(("projection_dim", 256)),
    "altclip": DualKind(
        ("projection_dim", 768),
        514,
        masks=True,
        unused=2,
        renamed=(r"\.layer\.", ".layers."),
    ),
    "chinese_clip": DualKind(context=512, masks=True),
    "siglip": _SIGLIP,
    "siglip2": _SIGLIP,
}
NEAREST = {
    "aimv2": "transformers reads a text alone otherwise than beside a longer one; the nearest is the folder of a SigLIP2",
    "align": "it crops less than it scales, which is not done here; the nearest is transformers:FOLDER of a SigLIP2",
    "flava": "its features are of every token; the nearest is transformers:FOLDER of a CLIP",
    "blip": "its texts are matched inside the network; the nearest is transformers:FOLDER of a CLIP",
    "blip-2": "its texts are matched inside the network; the nearest is transformers:FOLDER of a CLIP",
    "xclip": "its texts depend on the video; the nearest is frames:transformers:FOLDER of a CLIP, or viclip-b16",
    "pe_audio": "its sounds are codes of another network; the nearest is clap:FOLDER",
    "pe_audio_video": "its spaces are pairwise; the nearest are frames:open_clip:PE-Core-B-16/meta and clap:FOLDER",
    "pe_video": "it takes whole videos of any length; the nearest is frames:open_clip:PE-Core-B-16/meta",
    "videoprism": "it takes whole videos; the nearest is frames:open_clip:PE-Core-B-16/meta, or viclip-b16",
    "clip_vision_model": "it has no text tower, so no names; take the folder of the whole CLIP",
    "siglip_vision_model": "it has no text tower, so no names; take the folder of the whole SigLIP",
    **dict.fromkeys(
        ("bert", "roberta", "xlm-roberta", "mpnet", "distilbert", "modernbert", "qwen3"),
        "it reads texts alone; type sentence:FOLDER",
    ),
}
"""Why a kind is not taken, and what is nearest to it."""


def at(config: Mapping[str, Any], path: str, default: Any) -> Any:
    """A value of a nested configuration; the default where it or what it lies in is left out."""
    *outer, last = path.split(".")
    for key in outer:
        inner = config.get(key)
        config = inner if isinstance(inner, Mapping) else {}
    value = config.get(last)
    return default if value is None else value


def kind_of(card: EncoderCard) -> DualKind:
    """The kind of a card of this family, which holds it as its model."""
    return KINDS[card.model]
