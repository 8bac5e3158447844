"""What is known of an encoder without loading it: names, sizes, preprocessing and weights, free of torch.

Names that `card` knows:

    miniature-clip, miniature-clap, miniature-viclip    the weights that ship with the package
    clip-vit-b32-laion2b, clap-htsat-unfused            published checkpoints
    open_clip:MODEL/PRETRAINED                          any `open_clip.CLIP`, by pretrained tag or safetensors file
    clap:FOLDER-OR-HUB-ID                               any unfused transformers CLAP
    viclip-b16:FILE, viclip-l14:FILE                    a ViCLIP checkpoint as safetensors
    clip:FOLDER, viclip:FOLDER                          a folder laid out as the miniature weights are
"""

import difflib
import importlib.util
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pipeline.encoders.digests import digest_files, digest_folder, digest_name
from pipeline.encoders.errors import EncoderError
from pipeline.encoders.templates import CLAP_TEMPLATES, CLIP_TEMPLATES, VICLIP_TEMPLATES
from pipeline.encoders.viclip.config import VICLIP_B16, VICLIP_L14, ViCLIPConfig
from pipeline.media import AudioSpec, ImageSpec, MediaSpec, VideoSpec

Modality = Literal["image", "audio", "video"]
Family = Literal["clip", "clap", "viclip"]

MINIATURE_WEIGHTS = Path(__file__).parents[1] / "miniature" / "weights"
_CLAP_HUB_ID = "laion/clap-htsat-unfused"
_VICLIP_SIZES = {"viclip-b16": VICLIP_B16, "viclip-l14": VICLIP_L14}


@dataclass(frozen=True)
class EncoderCard:
    """An encoder as recipes, plans and fingerprints know it.

    Attributes:
        name: the name it was asked for by.
        modality: what its media tower takes.
        family: which wrapper runs it.
        dim: dimension of its output space.
        weights: local folder or file, pretrained tag, or hub id.
        model: name of the architecture where the weights do not say it (`ViT-B-32`, `viclip-b16`); else empty.
        digest: identity of weights, sizes and tokenizer, hex.
        media: how its media are decoded.
        templates: zero-shot sentences with `{}` for the class name; the first is the single template.
    """

    name: str
    modality: Modality
    family: Family
    dim: int
    weights: str
    model: str
    digest: str
    media: MediaSpec
    templates: tuple[str, ...]


def card(name: str) -> EncoderCard:
    """Look an encoder up.

    Raises:
        EncoderError: the name is unknown, or its weights or configuration are not there.
    """
    if name in _NAMED:
        return _NAMED[name](name)
    kind, _, argument = name.partition(":")
    if kind in _GENERIC and argument:
        return _GENERIC[kind](name, argument)
    raise EncoderError(_unknown(name))


def card_names() -> list[str]:
    """Names that need no argument, as recipes list them."""
    return list(_NAMED)


def _unknown(name: str) -> str:
    forms = ["open_clip:MODEL/PRETRAINED", "clip:FOLDER", "clap:FOLDER", "viclip:FOLDER", *_viclip_forms()]
    known = [*_NAMED, *forms]
    nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0]
    return f"unknown encoder {name!r}; the nearest known one is {nearest!r}. Known: {', '.join(known)}"


def _viclip_forms() -> list[str]:
    return [f"{size}:FILE" for size in _VICLIP_SIZES]


def _miniature(name: str) -> EncoderCard:
    family = name.removeprefix("miniature-")
    folder = MINIATURE_WEIGHTS / family
    if not (folder / "model.safetensors").is_file():
        raise EncoderError(
            f"the weights of {name!r} are not in {folder}. They ship with the package; "
            "make them again by: mmpt-pipeline miniature build"
        )
    return _GENERIC[family](name, str(folder))


def _clip_folder(name: str, folder: str) -> EncoderCard:
    values = _read_config(name, Path(folder), "config.json")
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


def _viclip_folder(name: str, folder: str) -> EncoderCard:
    values = _read_config(name, Path(folder), "config.json")
    config = ViCLIPConfig.from_dict(values["model_cfg"])
    return EncoderCard(
        name=name,
        modality="video",
        family="viclip",
        dim=config.embed_dim,
        weights=folder,
        model="",
        digest=digest_folder(Path(folder)),
        media=VideoSpec(frames=config.frames, size=config.image_size),
        templates=tuple(values["templates"]),
    )


def _clap(name: str, folder: str) -> EncoderCard:
    """Describe a CLAP in a local folder, or a published one, whose files may not be there yet."""
    if not Path(folder).is_dir():
        if folder.startswith((".", "/", "~")) or folder.count("/") != 1:
            raise EncoderError(f"encoder {name!r}: there is no folder {folder!r}, and it is no hub id OWNER/NAME")
        digest = digest_name(f"hub:{folder}")
        return EncoderCard(name, "audio", "clap", 512, folder, "", digest, AudioSpec(), CLAP_TEMPLATES)
    mel = _read_config(name, Path(folder), "preprocessor_config.json")
    templates = Path(folder) / "templates.json"
    return EncoderCard(
        name=name,
        modality="audio",
        family="clap",
        dim=_read_config(name, Path(folder), "config.json")["projection_dim"],
        weights=folder,
        model="",
        digest=digest_folder(Path(folder)),
        media=AudioSpec(sampling_rate=mel["sampling_rate"], seconds=float(mel["max_length_s"])),
        templates=tuple(json.loads(templates.read_text())) if templates.is_file() else CLAP_TEMPLATES,
    )


def _viclip_file(name: str, file: str) -> EncoderCard:
    size = name.partition(":")[0]
    config = _VICLIP_SIZES[size]
    _require_safetensors(name, file)
    return EncoderCard(
        name=name,
        modality="video",
        family="viclip",
        dim=config.embed_dim,
        weights=file,
        model=size,
        digest=digest_name(f"{size}:{digest_files(Path(file))}"),
        media=VideoSpec(frames=config.frames, size=config.image_size),
        templates=VICLIP_TEMPLATES,
    )


def _open_clip(name: str, argument: str) -> EncoderCard:
    model, _, pretrained = argument.partition("/")
    if not pretrained:
        raise EncoderError(f"encoder {name!r} names no weights; type open_clip:{model}/TAG or open_clip:{model}/FILE")
    values = _open_clip_sizes(name, model)
    if pretrained.endswith((".safetensors", ".pt", ".pth", ".bin")):
        _require_safetensors(name, pretrained)
        digest = digest_name(f"open_clip:{model}:{digest_files(Path(pretrained))}")
    else:
        digest = digest_name(f"open_clip:{model}:{pretrained}")
    return EncoderCard(
        name=name,
        modality="image",
        family="clip",
        dim=values["embed_dim"],
        weights=pretrained,
        model=model,
        digest=digest,
        media=ImageSpec(size=values["vision_cfg"]["image_size"]),
        templates=CLIP_TEMPLATES,
    )


def _open_clip_sizes(name: str, model: str) -> dict[str, Any]:
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
    # ResNets have a list of depths, towers of other libraries their names.
    foreign = "hf_model_name" in values["text_cfg"] or "timm_model_name" in values["vision_cfg"]
    if foreign or isinstance(values["vision_cfg"]["layers"], list) or values.get("custom_text"):
        raise EncoderError(
            f"encoder {name!r}: {model} is not of CLIP's own transformers, which alone have named cuts here"
        )
    return values


def _require_safetensors(name: str, file: str) -> None:
    if not file.endswith(".safetensors"):
        raise EncoderError(
            f"encoder {name!r}: {file!r} is not a safetensors file, and pickled weights are never loaded because "
            "they can run code. Convert it once where you trust it: read it with torch.load(FILE, weights_only=True) "
            "and write the state dict with safetensors.torch.save_file"
        )
    if not Path(file).is_file():
        raise EncoderError(f"encoder {name!r}: there is no file {file!r}")


def _read_config(name: str, folder: Path, file: str) -> dict[str, Any]:
    try:
        values: dict[str, Any] = json.loads((folder / file).read_text())
    except FileNotFoundError:
        raise EncoderError(f"encoder {name!r}: there is no {file} in {str(folder)!r}") from None
    except ValueError as error:
        raise EncoderError(f"encoder {name!r}: {folder / file} is not JSON: {error}") from None
    return values


_GENERIC: dict[str, Callable[[str, str], EncoderCard]] = {
    "open_clip": _open_clip,
    "clip": _clip_folder,
    "clap": _clap,
    "viclip": _viclip_folder,
    "viclip-b16": _viclip_file,
    "viclip-l14": _viclip_file,
}
_NAMED: dict[str, Callable[[str], EncoderCard]] = {
    "miniature-clip": _miniature,
    "miniature-clap": _miniature,
    "miniature-viclip": _miniature,
    "clip-vit-b32-laion2b": lambda name: _open_clip(name, "ViT-B-32/laion2b_s34b_b79k"),
    "clap-htsat-unfused": lambda name: _clap(name, _CLAP_HUB_ID),
}
