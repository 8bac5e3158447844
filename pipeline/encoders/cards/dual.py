"""Cards of dual encoders as transformers saves them: CLIP, SigLIP, SigLIP2, MetaCLIP 2, AltCLIP and others; CLAP goes to its own.

transformers:FOLDER          config.json, preprocessor_config.json, tokenizer, model.safetensors
transformers:OWNER/NAME      the same in the cache of the Hugging Face hub
"""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.encoders.cards import clap
from pipeline.encoders.cards.base import CardMakers, EncoderCard, read_json
from pipeline.encoders.cards.dual_kinds import KINDS, NEAREST, DualKind, at
from pipeline.encoders.cards.hub_files import cached_hub_file, digest_tokenizer, first_of, is_hub_id, tokenizer_folder
from pipeline.encoders.cards.scalars import read_score
from pipeline.encoders.digests import digest_files, digest_name
from pipeline.encoders.errors import EncoderError
from pipeline.encoders.templates import CLIP_TEMPLATES
from pipeline.media import ImageSpec
from pipeline.media.specs import Interpolation, ResizeMode

WEIGHTS_NAMES = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin")
PREPROCESSORS = ("preprocessor_config.json", "processor_config.json")
_FILTERS: dict[Any, Interpolation] = {2: "bilinear", 3: "bicubic"}


def dual_card(name: str, argument: str) -> EncoderCard:
    """Describe what transformers has saved.

    Raises:
        EncoderError: it is not there, or does something that this does not.
    """
    folder, hub_id = Path(argument), ""
    if not folder.is_dir():
        folder, hub_id = _cached(name, argument), argument
    config = read_json(name, folder, "config.json")
    kind = str(config.get("model_type"))
    if kind == "clap":
        return clap.CARDS.generic["clap"](name, argument)
    if kind not in KINDS:
        why = NEAREST.get(
            kind, f"known are {', '.join(KINDS)} and clap; docs/writing-an-encoder.md tells how to add one"
        )
        raise EncoderError(f"encoder {name!r} is a {kind!r} of transformers: {why}")
    known = KINDS[kind]
    weights = first_of(folder, WEIGHTS_NAMES)
    if weights is None and not hub_id:
        raise EncoderError(f"encoder {name!r}: {argument!r} has none of {', '.join(WEIGHTS_NAMES)}")
    pictures = pictures_of(name, folder)
    tokens = tokenizer_folder(name, hub_id, folder)
    revision = folder.name
    return EncoderCard(
        name=name,
        modality="image",
        family="transformers",
        dim=at(config, *known.dim),
        weights=f"{hub_id}@{revision}" if hub_id else argument,
        model=kind,
        digest=digest_name(f"{hub_id}@{revision}") if hub_id else _digest(folder, weights),
        media=_spec(name, kind, config, pictures),
        templates=CLIP_TEMPLATES,
        padding=known.padding,
        cleaning=known.cleaning,
        context=_context(name, known, config, tokens),
        score=read_score(weights, known.score),
    )


def pictures_of(name: str, folder: Path) -> dict[str, Any]:
    """Its preprocessing, as the two layouts of transformers have it.

    Raises:
        EncoderError: there is none.
    """
    file = first_of(folder, PREPROCESSORS)
    if file is None:
        raise EncoderError(
            f"encoder {name!r}: there is no {PREPROCESSORS[0]} in {str(folder)!r}, which says mean and size"
        )
    values = read_json(name, folder, file.name)
    inner = values.get("image_processor")
    return dict(inner) if isinstance(inner, Mapping) else values


def _cached(name: str, argument: str) -> Path:
    if not is_hub_id(argument):
        raise EncoderError(f"encoder {name!r}: there is no folder {argument!r}, and it is no hub id OWNER/NAME")
    file = cached_hub_file(argument, "config.json")
    if file is None:
        raise EncoderError(
            f"encoder {name!r}: the config.json of {argument!r} is not in the cache of the hub. Fetch it once by: hf download "
            f"{argument} config.json preprocessor_config.json tokenizer.json tokenizer_config.json {WEIGHTS_NAMES[0]}"
        )
    return file.parent


def _digest(folder: Path, weights: Path | None) -> str:
    shards = sorted(folder.glob("model-*.safetensors")) if weights and weights.suffix == ".json" else []
    files = [folder / "config.json", first_of(folder, PREPROCESSORS), weights, *shards]
    return digest_name(f"{digest_files(*[file for file in files if file])}:{digest_tokenizer(folder)}")


def _context(name: str, known: DualKind, config: Mapping[str, Any], tokens: Path) -> int:
    positions = at(config, "text_config.max_position_embeddings", known.context) - known.unused
    file = first_of(tokens, ("tokenizer_config.json",))
    most = read_json(name, tokens, file.name).get("model_max_length", positions) if file else positions
    return int(min(positions, most)) if isinstance(most, int | float) and most > 0 else int(positions)


def _spec(name: str, kind: str, config: Mapping[str, Any], pictures: Mapping[str, Any]) -> ImageSpec:
    """How pictures become squares; transformers makes them RGB first."""
    filter_ = _FILTERS.get(pictures.get("resample", 3 if kind == "clip" else 2))
    if filter_ is None:
        raise EncoderError(
            f"encoder {name!r}: its pictures are scaled by filter {pictures['resample']!r}; known are 2 and 3"
        )
    if kind == "siglip2":  # whose pictures keep their shape elsewhere: here they fill its square grid
        patches = pictures.get("max_num_patches", at(config, "vision_config.num_patches", 256))
        return ImageSpec(
            math.isqrt(patches) * at(config, "vision_config.patch_size", 16), "squash", filter_, rgb="first"
        )
    size = at(config, "vision_config.image_size", KINDS[kind].size)
    return ImageSpec(size, _resize(name, pictures, size), filter_, rgb="first")


def _resize(name: str, pictures: Mapping[str, Any], size: int) -> ResizeMode:
    asked = pictures.get("size", {"shortest_edge": size})
    asked = {"shortest_edge": asked} if isinstance(asked, int) else dict(asked)
    crop = pictures.get("crop_size", size) if pictures.get("do_center_crop", "shortest_edge" in asked) else size
    cropped = set(crop.values()) if isinstance(crop, Mapping) else {crop}
    if {key: value for key, value in asked.items() if value is not None} == {"shortest_edge": size} and cropped == {
        size
    }:
        return "shortest_edge"
    if asked.get("height") == asked.get("width") == size and cropped == {size}:
        return "squash"
    raise EncoderError(
        f"encoder {name!r}: its pictures are scaled to {json.dumps(asked)} and cropped to {json.dumps(crop)} for a model of "
        f"here both are {size}, by the shorter side or both. Take another encoder, or add one: docs/writing-an-encoder.md"
    )


CARDS = CardMakers(
    named={}, generic={"transformers": dual_card}, forms=("transformers:FOLDER", "transformers:OWNER/NAME")
)
