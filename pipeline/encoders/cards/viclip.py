"""Cards of ViCLIPs: the two published models, their checkpoints as files or folders, or a folder as the miniature's.

The published files are all the same thing in different wrapping: the authors' `.pth` (`ViCLIP-B_InternVid-FLT-10M.pth`,
`ViClip-InternVid-10M-FLT.pth`, ...) and the folders of the hub, whose `config.json` says the size as one letter.
"""

from pathlib import Path

from pipeline.encoders.cards.base import CardMakers, EncoderCard, read_json, require_weights_file
from pipeline.encoders.digests import digest_files, digest_folder, digest_name
from pipeline.encoders.errors import EncoderError
from pipeline.encoders.templates import VICLIP_TEMPLATES
from pipeline.encoders.viclip.config import VICLIP_B16, VICLIP_L14, ViCLIPConfig
from pipeline.media import VideoSpec

SIZES = {"viclip-b16": VICLIP_B16, "viclip-l14": VICLIP_L14}
"""Architectures by the name that cards have for them."""

_HUB = {"viclip-b16": "OpenGVLab/ViCLIP-B-16-hf", "viclip-l14": "OpenGVLab/ViCLIP-L-14-hf"}
_LETTERS = {"b": "viclip-b16", "l": "viclip-l14"}


def _folder(name: str, folder: str) -> EncoderCard:
    """Describe a folder: one of the hub, or one with all sizes in its configuration."""
    if folder in _HUB.values() and not Path(folder).is_dir():
        return _hub(name, folder)
    values = read_json(name, Path(folder), "config.json")
    if "size" in values:
        return _file_of(name, _size(name, values["size"]), Path(folder) / "model.safetensors")
    if "model_cfg" not in values:
        raise EncoderError(
            f"encoder {name!r}: {Path(folder) / 'config.json'} says neither 'size' (a folder of the hub) nor "
            "'model_cfg' (all sizes, as the miniature's). For a checkpoint alone type viclip-b16:FILE or viclip-l14:FILE"
        )
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
        context=config.context_length,
    )


def _file(name: str, file: str) -> EncoderCard:
    require_weights_file(name, file)
    return _file_of(name, name.partition(":")[0], Path(file))


def _hub(name: str, hub_id: str) -> EncoderCard:
    """Describe a published model, whose files may not be there yet."""
    size = next(size for size, known in _HUB.items() if known == hub_id)
    return _published(name, size, hub_id, digest_name(f"hub:{hub_id}"))


def _file_of(name: str, size: str, file: Path) -> EncoderCard:
    require_weights_file(name, str(file))
    return _published(name, size, str(file), digest_name(f"{size}:{digest_files(file)}"))


def _published(name: str, size: str, weights: str, digest: str) -> EncoderCard:
    config = SIZES[size]
    return EncoderCard(
        name=name,
        modality="video",
        family="viclip",
        dim=config.embed_dim,
        weights=weights,
        model=size,
        digest=digest,
        media=VideoSpec(frames=config.frames, size=config.image_size),
        templates=VICLIP_TEMPLATES,
        context=config.context_length,
    )


def _size(name: str, letter: object) -> str:
    size = _LETTERS.get(str(letter).lower())
    if size is None:
        raise EncoderError(
            f"encoder {name!r}: its config.json has size {letter!r}; ViCLIP was published as 'b' (B/16) and 'l' (L/14)"
        )
    return size


CARDS = CardMakers(
    named={size: lambda name: _hub(name, _HUB[name]) for size in SIZES},
    generic={"viclip": _folder, **dict.fromkeys(SIZES, _file)},
    forms=("viclip:FOLDER", *[f"{size}:FILE" for size in SIZES]),
)
