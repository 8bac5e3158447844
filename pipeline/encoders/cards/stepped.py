"""Cards of towers that are run block by block, with prompts inside: Swin-V2, HTS-AT and ViT. None has a text tower.

swin-v2-large-192, vit-l16    timm's files of the hub
swin-v2:FILE                  Microsoft's `swinv2_large_patch4_window12_192_22k.pth`, or timm's file
hts-at:FILE                   `HTSAT_AudioSet_Saved_1.ckpt`, or a checkpoint of laion-clap with HTSAT-tiny
vit-l16:FILE                  timm's file
swin-v2:FOLDER                config.json with the arguments of timm's class, and weights, as the miniature's
hts-at:FOLDER                 a `ClapAudioModel` of transformers, as the miniature's, or a whole CLAP, whose audio half is taken
"""

from pathlib import Path

from pipeline.encoders.cards.base import WEIGHTS_SUFFIXES, CardMakers, EncoderCard, read_json, require_weights_file
from pipeline.encoders.cards.tensor_names import names_tensor
from pipeline.encoders.digests import digest_files, digest_folder, digest_name
from pipeline.encoders.errors import EncoderError
from pipeline.encoders.stepped.known import HTS_AT, SWIN_V2_LARGE_192, VIT_LARGE_16
from pipeline.encoders.stepped.shape import TowerShape
from pipeline.encoders.stepped.sizes import CLAP_MEL, Mel, read_sizes
from pipeline.media import AudioSpec, ImageSpec, MediaSpec

FAMILIES = ("swin-v2", "hts-at", "vit")
KNOWN = {shape.name: shape for shape in (SWIN_V2_LARGE_192, HTS_AT, VIT_LARGE_16)}
"""Towers of published weights; HTS-AT is that of AudioSet and, but for its spectrograms, CLAP's tiny one."""

_HUB = {
    SWIN_V2_LARGE_192.name: ("timm/swinv2_large_window12_192.ms_in22k", SWIN_V2_LARGE_192, "MIT"),
    VIT_LARGE_16.name: ("timm/vit_large_patch16_224.augreg_in21k", VIT_LARGE_16, "Apache-2.0"),
}
_FILES = {"swin-v2": SWIN_V2_LARGE_192, "hts-at": HTS_AT, "vit-l16": VIT_LARGE_16}
_CHECKPOINTS = (*WEIGHTS_SUFFIXES, ".ckpt")
_UNTOLD = AudioSpec(16_000, 1.0)
"""Of an HTS-AT that was trained with other spectrograms than CLAP's, as the miniature's was: it reads stored ones."""
_LAION_NAME = "audio_branch.patch_embed.proj.weight"


def read_folder(name: str, folder: Path) -> tuple[TowerShape, Mel | None]:
    """The sizes of the tower in a folder, and the spectrograms of one that hears.

    Raises:
        EncoderError: its configurations are not there, or say other or too little.
    """
    config = read_json(name, folder, "config.json")
    told = (folder / "preprocessor_config.json").is_file()
    preprocessor = read_json(name, folder, "preprocessor_config.json") if told else {}
    return read_sizes(name, config, preprocessor)


def _hub(name: str) -> EncoderCard:
    """Describe a published model, whose files may not be there yet."""
    hub_id, shape, licence = _HUB[name]
    return _card(name, shape, hub_id, digest_name(f"hub:{hub_id}"), shape.name, _pictures(shape), licence)


def _given(name: str, place: str) -> EncoderCard:
    """Describe what lies in a file or a folder."""
    kind = name.partition(":")[0]
    if Path(place).is_dir():
        return _folder(name, kind, Path(place))
    shape = _FILES[kind]
    require_weights_file(name, place, _CHECKPOINTS if kind == "hts-at" else WEIGHTS_SUFFIXES)
    media: MediaSpec = _pictures(shape)
    if kind == "hts-at":
        media = _sounds(CLAP_MEL if names_tensor(place, _LAION_NAME) else Mel())
    digest = digest_name(f"{shape.name}:{digest_files(Path(place))}")
    return _card(name, shape, place, digest, shape.name, media)


def _folder(name: str, kind: str, folder: Path) -> EncoderCard:
    shape, mel = read_folder(name, folder)
    if shape.kind != kind:
        raise EncoderError(f"encoder {name!r}: {folder} holds a {shape.kind}; type {shape.kind}:{folder}")
    media: MediaSpec = _UNTOLD if kind == "hts-at" else _pictures(shape)
    media = media if mel is None else _sounds(mel)
    return _card(name, shape, str(folder), digest_folder(folder), "", media)


def _card(
    name: str, shape: TowerShape, weights: str, digest: str, model: str, media: MediaSpec, licence: str = ""
) -> EncoderCard:
    return EncoderCard(
        name=name,
        modality="audio" if shape.kind == "hts-at" else "image",
        family=shape.kind,
        dim=shape.width,
        weights=weights,
        model=model,
        digest=digest,
        media=media,
        templates=(),
        texts="none",
        licence=licence,
    )


def _pictures(shape: TowerShape) -> ImageSpec:
    return ImageSpec(size=shape.input[0], resize="squash", interpolation="bicubic")


def _sounds(mel: Mel) -> AudioSpec:
    return AudioSpec(mel.sampling_rate, float(mel.seconds))


CARDS = CardMakers(
    named=dict.fromkeys(_HUB, _hub),
    generic=dict.fromkeys(_FILES, _given),
    forms=("swin-v2:FILE", "swin-v2:FOLDER", "hts-at:FILE", "hts-at:FOLDER", "vit-l16:FILE"),
)
