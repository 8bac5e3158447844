"""Cards of CLIPs: open_clip's models by tag, file, folder or hub id, or a folder as the miniature's.

open_clip:MODEL/TAG              open_clip:ViT-B-32/laion2b_s34b_b79k
open_clip:MODEL/FILE             open_clip:ViT-B-16-quickgelu/weights/mine.safetensors
open_clip:FOLDER                 with open_clip_config.json and open_clip_model.safetensors
open_clip:hf-hub:OWNER/NAME      the same two files in the cache of the Hugging Face hub
"""

import difflib
import importlib.util
import json
from pathlib import Path
from typing import Any

from pipeline.encoders.cards.base import (
    WEIGHTS_SUFFIXES,
    CardMakers,
    EncoderCard,
    Padding,
    read_json,
    require_weights_file,
)
from pipeline.encoders.cards.clip_facts import OPEN_CLIP_CONFIG, ClipFacts, config_facts, file_facts, tag_facts
from pipeline.encoders.cards.dual import dual_card
from pipeline.encoders.cards.hub_files import cached_hub_file, first_of
from pipeline.encoders.cards.open_clip_any import CONTEXT, any_card, ends_texts, image_size, is_plain_clip
from pipeline.encoders.cards.open_clip_tags import licence_of
from pipeline.encoders.digests import digest_files, digest_folder, digest_name
from pipeline.encoders.errors import EncoderError
from pipeline.encoders.templates import CLIP_TEMPLATES
from pipeline.media import ImageSpec

HUB = "hf-hub:"
WEIGHTS_NAMES = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")

_PRESETS = {
    "clip-vit-b32-laion2b": "ViT-B-32/laion2b_s34b_b79k",
    "clip-vit-b16-openai": "ViT-B-16/openai",
    "clip-vit-l14-openai": "ViT-L-14/openai",
}


def clip_sizes(card: EncoderCard) -> dict[str, Any]:
    """Sizes of a CLIP as open_clip calls them: `embed_dim`, and `width`, `layers` and more in `vision_cfg` and `text_cfg`."""
    if card.model:
        return _sizes(card.name, card.model)
    folder = Path(card.weights)
    if card.weights.startswith(HUB):
        hub_id, _, revision = card.weights.removeprefix(HUB).rpartition("@")
        file = cached_hub_file(hub_id, OPEN_CLIP_CONFIG, revision)
        assert file is not None, "the card was made from this file"
        folder = file.parent
    laid_out_as = OPEN_CLIP_CONFIG if (folder / OPEN_CLIP_CONFIG).is_file() else "config.json"
    return dict(read_json(card.name, folder, laid_out_as)["model_cfg"])


def _folder(name: str, folder: str) -> EncoderCard:
    values = read_json(name, Path(folder), "config.json")
    if "model_cfg" not in values and "model_type" in values:  # transformers has saved it
        return dual_card(name, folder)
    return EncoderCard(
        name=name,
        modality="image",
        family="clip",
        dim=values["model_cfg"]["embed_dim"],
        weights=folder,
        model="",
        digest=digest_folder(Path(folder)),
        media=ImageSpec(size=values["image_size"]),
        templates=tuple(values["templates"]),
        context=values["model_cfg"]["text_cfg"].get("context_length", CONTEXT),
    )


def _open_clip(name: str, argument: str) -> EncoderCard:
    if argument.startswith(HUB):
        return _hub(name, argument)
    if Path(argument).is_dir():
        return _open_clip_folder(name, argument)
    model, _, pretrained = argument.partition("/")
    if model and not pretrained:
        _sizes(name, model)  # a model that open_clip does not have is told first
    if not pretrained or not model:
        raise EncoderError(
            f"encoder {name!r} names no weights; type open_clip:{model or 'MODEL'}/TAG or "
            f"open_clip:{model or 'MODEL'}/FILE, or the path of a folder that has an {OPEN_CLIP_CONFIG}"
        )
    sizes = _sizes(name, model)
    if not pretrained.endswith(WEIGHTS_SUFFIXES):
        facts = tag_facts(name, model, pretrained)
        digest = digest_name(f"open_clip:{model}:{pretrained}")
        return _described(name, sizes, facts, pretrained, model, digest)
    require_weights_file(name, pretrained)
    file = Path(pretrained)
    facts = file_facts(name, model, file)
    digest = digest_name(f"open_clip:{model}:{digest_files(file)}")
    return _described(name, sizes, facts, pretrained, model, digest, file)


def _open_clip_folder(name: str, folder: str) -> EncoderCard:
    place = Path(folder)
    if (place / "config.json").is_file() and not (place / OPEN_CLIP_CONFIG).is_file():
        raise EncoderError(
            f"encoder {name!r}: {folder!r} has a config.json and no {OPEN_CLIP_CONFIG}, so transformers has saved it; type "
            f"transformers:{folder}"
        )
    config = read_json(name, place, OPEN_CLIP_CONFIG)
    facts = _checked(name, config)
    weights = first_of(place, WEIGHTS_NAMES)
    if weights is None:
        raise EncoderError(f"encoder {name!r}: {folder!r} has none of {', '.join(WEIGHTS_NAMES)}")
    digest = digest_name(json.dumps([config, digest_files(weights)], sort_keys=True))
    return _described(name, config["model_cfg"], facts, folder, "", digest, weights)


def _hub(name: str, argument: str) -> EncoderCard:
    """Describe a published model by its configuration, which must be in the hub's cache; its weights need not."""
    hub_id = argument.removeprefix(HUB)
    if hub_id.count("/") != 1 or not all(hub_id.split("/")):
        raise EncoderError(f"encoder {name!r}: {hub_id!r} is no hub id; type open_clip:{HUB}OWNER/NAME")
    file = cached_hub_file(hub_id, OPEN_CLIP_CONFIG)
    if file is None:
        raise EncoderError(
            f"encoder {name!r}: the {OPEN_CLIP_CONFIG} of {hub_id!r} is not in the cache of the hub. "
            f"Fetch it once by: hf download {hub_id} {OPEN_CLIP_CONFIG} {WEIGHTS_NAMES[0]}"
        )
    config = read_json(name, file.parent, file.name)
    facts = _checked(name, config)
    revision = file.parent.name
    digest = digest_name(f"{argument}@{revision}")
    weights = cached_hub_file(hub_id, WEIGHTS_NAMES[0], revision)
    return _described(name, config["model_cfg"], facts, f"{argument}@{revision}", "", digest, weights)


def _described(
    name: str, sizes: dict[str, Any], facts: ClipFacts, weights: str, model: str, digest: str, file: Path | None = None
) -> EncoderCard:
    licence = licence_of(weights)
    if not is_plain_clip(sizes):
        place = None if file is None or weights.startswith(HUB) else file.parent
        return any_card(name, sizes, facts, weights, model, digest, file, place, licence)
    text = sizes["text_cfg"]
    media = ImageSpec(image_size(name, sizes), facts.resize, facts.interpolation)
    padding: Padding = "longest" if ends_texts(text) else "context"
    return EncoderCard(
        name, "image", "clip", sizes["embed_dim"], weights, model, digest, media, CLIP_TEMPLATES,
        padding=padding, context=text.get("context_length", CONTEXT), licence=licence,
    )  # fmt: skip


def _checked(name: str, config: dict[str, Any]) -> ClipFacts:
    """Facts of an open_clip_config.json that has the sizes of a model."""
    sizes = config.get("model_cfg")
    if not isinstance(sizes, dict) or not {"embed_dim", "vision_cfg", "text_cfg"} <= sizes.keys():
        raise EncoderError(f"encoder {name!r}: its {OPEN_CLIP_CONFIG} has no model_cfg with the sizes of a CLIP")
    return config_facts(name, config)


def _sizes(name: str, model: str) -> dict[str, Any]:
    """Read the sizes that open_clip ships, from its folder: importing it would import torch."""
    package = importlib.util.find_spec("open_clip")
    if package is None or package.origin is None:
        raise EncoderError(f"encoder {name!r} needs open_clip; install it by: pip install open_clip_torch")
    folder = Path(package.origin).parent / "model_configs"
    file = folder / f"{model}.json"
    if not file.is_file():
        known = sorted(path.stem for path in folder.glob("*.json"))
        plain = {each.casefold(): each for each in known}
        nearest = [plain[each] for each in difflib.get_close_matches(model.casefold(), plain, n=3, cutoff=0.0)]
        before, _, tag = model.partition(":")
        hint = f"; type open_clip:{before}/{tag}" if tag and before in known else ""
        raise EncoderError(
            f"encoder {name!r}: open_clip has no model {model!r}; the nearest are {', '.join(nearest)}{hint}"
        )
    values: dict[str, Any] = json.loads(file.read_text())
    return values


CARDS = CardMakers(
    named={preset: lambda name: _open_clip(name, _PRESETS[name]) for preset in _PRESETS},
    generic={"open_clip": _open_clip, "clip": _folder},
    forms=("open_clip:MODEL/PRETRAINED", "open_clip:FOLDER", f"open_clip:{HUB}OWNER/NAME", "clip:FOLDER"),
)
