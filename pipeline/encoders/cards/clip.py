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
from pipeline.encoders.digests import digest_files, digest_folder, digest_name
from pipeline.encoders.errors import EncoderError
from pipeline.encoders.templates import CLIP_TEMPLATES
from pipeline.media import ImageSpec

HUB = "hf-hub:"
WEIGHTS_NAMES = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")

_LICENCES = {"openai": "MIT", "laion2b_s34b_b79k": "MIT"}
"""Of the weights of a tag, where it was looked up."""
_USUAL = ("clean", "lower")
"""The one setting of CLIP's tokenizer that says what it does anyway."""
_PRESETS = {
    "clip-vit-b32-laion2b": "ViT-B-32/laion2b_s34b_b79k",
    "clip-vit-b16-openai": "ViT-B-16/openai",
    "clip-vit-l14-openai": "ViT-L-14/openai",
}


def cached_hub_file(hub_id: str, file: str, revision: str | None = None) -> Path | None:
    """Path of a file of a hub id in the local cache, None if it is not there; contacts nobody."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(hub_id, file, revision=revision)
    return Path(found) if isinstance(found, str) else None


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
    )


def _open_clip(name: str, argument: str) -> EncoderCard:
    if argument.startswith(HUB):
        return _hub(name, argument)
    if Path(argument).is_dir():
        return _open_clip_folder(name, argument)
    model, _, pretrained = argument.partition("/")
    if not pretrained or not model:
        raise EncoderError(
            f"encoder {name!r} names no weights; type open_clip:{model or 'MODEL'}/TAG or "
            f"open_clip:{model or 'MODEL'}/FILE, or the path of a folder that has an {OPEN_CLIP_CONFIG}"
        )
    sizes = _sizes(name, model)
    if pretrained.endswith(WEIGHTS_SUFFIXES):
        require_weights_file(name, pretrained)
        identity = digest_files(Path(pretrained))
        facts = file_facts(name, model, Path(pretrained))
    else:
        identity, facts = pretrained, tag_facts(name, model, pretrained)
    return _described(name, sizes, facts, pretrained, model, digest_name(f"open_clip:{model}:{identity}"))


def _open_clip_folder(name: str, folder: str) -> EncoderCard:
    config = read_json(name, Path(folder), OPEN_CLIP_CONFIG)
    facts = _checked(name, config)
    weights = next((Path(folder) / file for file in WEIGHTS_NAMES if (Path(folder) / file).is_file()), None)
    if weights is None:
        raise EncoderError(f"encoder {name!r}: {folder!r} has none of {', '.join(WEIGHTS_NAMES)}")
    digest = digest_name(json.dumps([config, digest_files(weights)], sort_keys=True))
    return _described(name, config["model_cfg"], facts, folder, "", digest)


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
    return _described(name, config["model_cfg"], facts, f"{argument}@{revision}", "", digest)


def _described(
    name: str, sizes: dict[str, Any], facts: ClipFacts, weights: str, model: str, digest: str
) -> EncoderCard:
    media = ImageSpec(sizes["vision_cfg"]["image_size"], facts.resize, facts.interpolation)
    padding: Padding = "longest" if _ends_texts(sizes["text_cfg"]) else "context"
    return EncoderCard(
        name, "image", "clip", sizes["embed_dim"], weights, model, digest, media, CLIP_TEMPLATES,
        padding=padding, licence=_LICENCES.get(weights, ""),
    )  # fmt: skip


def _ends_texts(text: dict[str, Any]) -> bool:
    """Whether a text tower sees nothing behind the end of a text, as CLIP's: it is causal, and its end token is what is read."""
    return not text.get("no_causal_mask") and text.get("pool_type", "argmax") in ("argmax", "eos")


def _checked(name: str, config: dict[str, Any]) -> ClipFacts:
    """Facts of an open_clip_config.json whose model is one that can be cut here."""
    sizes = config.get("model_cfg")
    if not isinstance(sizes, dict) or not {"embed_dim", "vision_cfg", "text_cfg"} <= sizes.keys():
        raise EncoderError(f"encoder {name!r}: its {OPEN_CLIP_CONFIG} has no model_cfg with the sizes of a CLIP")
    _require_own_transformers(name, "its model", sizes)
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
        nearest = ", ".join(difflib.get_close_matches(model, known, n=3, cutoff=0.0))
        raise EncoderError(f"encoder {name!r}: open_clip has no model {model!r}; the nearest are {nearest}")
    values: dict[str, Any] = json.loads(file.read_text())
    _require_own_transformers(name, model, values)
    return values


def _require_own_transformers(name: str, model: str, sizes: dict[str, Any]) -> None:
    """Refuse what has no named cuts here. ResNets have a list of depths, towers of other libraries their names."""
    text, vision = sizes["text_cfg"], sizes["vision_cfg"]
    foreign = "hf_model_name" in text or "timm_model_name" in vision
    if foreign or not isinstance(vision.get("layers"), int) or sizes.get("custom_text"):
        raise EncoderError(
            f"encoder {name!r}: {model} is not of CLIP's own transformers, which alone have named cuts here"
        )
    if text.get("hf_tokenizer_name"):
        raise EncoderError(
            f"encoder {name!r}: {model} reads the tokens of {text['hf_tokenizer_name']!r}; only CLIP's own tokenizer "
            "is known here"
        )
    settings = {key: value for key, value in (text.get("tokenizer_kwargs") or {}).items() if (key, value) != _USUAL}
    if settings:
        shown = ", ".join(f"{key}: {value}" for key, value in settings.items())
        raise EncoderError(
            f"encoder {name!r}: {model} sets its tokenizer otherwise ({shown}); only CLIP's own as it is is known here"
        )


CARDS = CardMakers(
    named={preset: lambda name: _open_clip(name, _PRESETS[name]) for preset in _PRESETS},
    generic={"open_clip": _open_clip, "clip": _folder},
    forms=("open_clip:MODEL/PRETRAINED", "open_clip:FOLDER", f"open_clip:{HUB}OWNER/NAME", "clip:FOLDER"),
)
