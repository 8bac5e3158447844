"""What must be known of CLIP weights besides their numbers, and the refusal of what contradicts it.

Weights of the wrong activation or normalisation load without a murmur and answer a little wrongly, so each needs a source:

    a pretrained tag              open_clip's table says both
    a folder or hub id            its open_clip_config.json says both
    a file, `MODEL/FILE`          the name says the activation (`ViT-B-16` GELU, `ViT-B-16-quickgelu` QuickGELU) and stands
                                  for the preprocessing of its kind, OpenAI's mostly; an open_clip_config.json beside the
                                  file must agree
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.encoders.cards.base import read_json
from pipeline.encoders.cards.open_clip_tags import EXCEPTIONS, GELU_TAGS, QUICK_GELU_TAGS, usual_preprocessing
from pipeline.encoders.errors import EncoderError
from pipeline.media.specs import Interpolation, ResizeMode

OPEN_CLIP_CONFIG = "open_clip_config.json"
QUICK = "-quickgelu"
Colour = tuple[float, float, float]

_ALWAYS_QUICK = ("roberta-ViT-B-32",)
"""Models that have QuickGELU in open_clip's own configuration, without saying so by their name."""

_RESIZES: dict[str, ResizeMode] = {"shortest": "shortest_edge", "squash": "squash"}
_INTERPOLATIONS: dict[str, Interpolation] = {"bicubic": "bicubic", "bilinear": "bilinear"}


@dataclass(frozen=True)
class ClipFacts:
    """How a CLIP was trained.

    Attributes:
        quick_gelu: whether its activation is x sigmoid(1.702 x), as OpenAI's, not GELU.
        stated: whether somebody said so of these very weights, which a model's name alone does not.
        mean: of red, green, blue, where white is 1.
        std: deviation, likewise.
        resize: how pictures become square.
        interpolation: filter of the resizing.
    """

    quick_gelu: bool
    stated: bool = True
    mean: Colour = (0.48145466, 0.4578275, 0.40821073)
    std: Colour = (0.26862954, 0.26130258, 0.27577711)
    resize: ResizeMode = "shortest_edge"
    interpolation: Interpolation = "bicubic"


def tag_facts(name: str, model: str, tag: str) -> ClipFacts:
    """Facts of a pretrained tag. The tag decides on the activation; a name that claims another is refused.

    Raises:
        EncoderError: open_clip has no such tag for the model, or it was trained with another activation than the name says.
    """
    base = model.removesuffix(QUICK)
    quick, plain = QUICK_GELU_TAGS.get(base, []), GELU_TAGS.get(base, [])
    if tag in quick or (tag in plain and model == base):
        return ClipFacts(quick_gelu=tag in quick, **EXCEPTIONS.get((base, tag), usual_preprocessing(base)))
    if tag in plain:
        raise EncoderError(
            f"encoder {name!r}: {tag!r} was trained with GELU, and {model} has QuickGELU; type open_clip:{base}/{tag}"
        )
    known = ", ".join(quick if model != base else [*quick, *plain]) or "none"
    raise EncoderError(f"encoder {name!r}: open_clip has no weights {tag!r} for {model}; it has {known}")


def file_facts(name: str, model: str, file: Path) -> ClipFacts:
    """Facts of a weights file, from the model's name and from a configuration beside the file, which must agree.

    Raises:
        EncoderError: they do not agree, or the configuration is no good.
    """
    quick = model.endswith(QUICK) or model in _ALWAYS_QUICK
    claimed = ClipFacts(quick_gelu=quick, stated=quick, **usual_preprocessing(model))
    if not (file.parent / OPEN_CLIP_CONFIG).is_file():
        return claimed
    beside = config_facts(name, read_json(name, file.parent, OPEN_CLIP_CONFIG))
    if beside.quick_gelu != claimed.quick_gelu:
        kinds = {True: "QuickGELU", False: "GELU"}
        raise EncoderError(
            f"encoder {name!r}: {model} has {kinds[claimed.quick_gelu]}, and the {OPEN_CLIP_CONFIG} beside "
            f"{file.name!r} says {kinds[beside.quick_gelu]}; type open_clip:{file.parent}"
        )
    if replace(beside, stated=claimed.stated) != claimed:
        whose = f"that of {model}" if usual_preprocessing(model) else "OpenAI's"
        raise EncoderError(
            f"encoder {name!r}: the {OPEN_CLIP_CONFIG} beside {file.name!r} asks for another preprocessing than "
            f"{whose}, which MODEL/FILE stands for; type open_clip:{file.parent}"
        )
    return beside


def config_facts(name: str, config: Mapping[str, Any]) -> ClipFacts:
    """Facts of an `open_clip_config.json`.

    Raises:
        EncoderError: normalisation is missing or not that of pixels from 0 to 1, or the preprocessing is of a kind that
            is not known here.
    """
    given = config.get("preprocess_cfg", {})
    resize, interpolation = given.get("resize_mode", "shortest"), given.get("interpolation", "bicubic")
    if resize not in _RESIZES or interpolation not in _INTERPOLATIONS:
        raise EncoderError(
            f"encoder {name!r}: preprocess_cfg of its {OPEN_CLIP_CONFIG} has resize_mode {resize!r} and interpolation "
            f"{interpolation!r}; known are {', '.join(_RESIZES)} and {', '.join(_INTERPOLATIONS)}"
        )
    _require_size(name, config["model_cfg"]["vision_cfg"].get("image_size", 224), given.get("size"))
    return ClipFacts(
        quick_gelu=bool(config["model_cfg"].get("quick_gelu", False)),
        stated="quick_gelu" in config["model_cfg"],
        mean=_colour(name, "mean", given.get("mean"), 0.0),
        std=_colour(name, "std", given.get("std"), 1e-3),
        resize=_RESIZES[resize],
        interpolation=_INTERPOLATIONS[interpolation],
    )


def _require_size(name: str, model: Any, pictures: Any) -> None:
    sides = pictures if isinstance(pictures, Sequence) else [pictures]
    if pictures is not None and any(side != model for side in sides):
        raise EncoderError(
            f"encoder {name!r}: its {OPEN_CLIP_CONFIG} has pictures of {pictures} pixels for a model of {model}"
        )


def _colour(name: str, field: str, values: Any, least: float) -> Colour:
    numbers = [v for v in values if isinstance(v, int | float)] if isinstance(values, list) else []
    if len(numbers) != 3 or not all(math.isfinite(v) and least <= v <= 1 for v in numbers):
        raise EncoderError(
            f"encoder {name!r}: preprocess_cfg.{field} of its {OPEN_CLIP_CONFIG} must be three numbers for red, green "
            f"and blue where white is 1, such as {list(getattr(ClipFacts(False), field))}; found {values!r}"
        )
    return (numbers[0], numbers[1], numbers[2])
