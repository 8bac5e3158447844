"""Cards of CLAPs, plain and fused.

    clap:FOLDER            in transformers' layout
    clap:OWNER/NAME        a hub id of one
    clap:FILE              a checkpoint of the laion-clap package, such as 630k-audioset-best.pt

Of a clip longer than the window the centre is heard, by a fused model all of it: `AudioSpec`, which names the features, says
which, and a recipe may say otherwise.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.encoders.cards.base import WEIGHTS_SUFFIXES, CardMakers, EncoderCard, read_json, require_weights_file
from pipeline.encoders.cards.hub_files import cached_hub_file
from pipeline.encoders.cards.tensor_names import names_tensor
from pipeline.encoders.digests import digest_files, digest_folder, digest_name
from pipeline.encoders.errors import EncoderError
from pipeline.encoders.templates import CLAP_TEMPLATES
from pipeline.media import AudioSpec

TOKENIZER_FILES = ("tokenizer.json", "vocab.json", "merges.txt")

_PRESETS = {
    "clap-htsat-unfused": "laion/clap-htsat-unfused",
    "clap-htsat-fused": "laion/clap-htsat-fused",
    "clap-larger-general": "laion/larger_clap_general",
    "clap-larger-music": "laion/larger_clap_music",
    "clap-larger-music-speech": "laion/larger_clap_music_and_speech",
}
_FUSED = ("laion/clap-htsat-fused",)
"""Of another hub id nothing is known before its files are there: a recipe says `media: {window: fusion}`."""
_DIM, CONTEXT = 512, 77
"""Of LAION's models: the width of their space, and how many tokens of a text they were trained on."""
_FUSED_NAME = "audio_branch.patch_embed.mel_conv2d.weight"


def _clap(name: str, folder: str) -> EncoderCard:
    """Describe a CLAP in a local folder or file, or a published one, whose files may not be there yet."""
    if folder.endswith(WEIGHTS_SUFFIXES):
        return _laion_checkpoint(name, folder)
    if not Path(folder).is_dir():
        if folder.startswith((".", "/", "~")) or folder.count("/") != 1:
            raise EncoderError(f"encoder {name!r}: there is no folder {folder!r}, and it is no hub id OWNER/NAME")
        return _published(name, folder)
    config = read_json(name, Path(folder), "config.json")
    fused = config.get("audio_config", {}).get("enable_fusion", False)
    mel = read_json(name, Path(folder), "preprocessor_config.json")
    templates = Path(folder) / "templates.json"
    return EncoderCard(
        name=name,
        modality="audio",
        family="clap",
        dim=config["projection_dim"],
        weights=folder,
        model="",
        digest=digest_folder(Path(folder)),
        media=AudioSpec(mel["sampling_rate"], float(mel["max_length_s"]), "fusion" if fused else "centre"),
        templates=tuple(json.loads(templates.read_text())) if templates.is_file() else CLAP_TEMPLATES,
        context=_context(config),
    )


def _published(name: str, hub_id: str) -> EncoderCard:
    """Describe a hub id: LAION's from here, others from their configuration in the hub's cache."""
    licence, dim, context = "Apache-2.0", _DIM, CONTEXT
    if hub_id not in _PRESETS.values():
        file = cached_hub_file(hub_id, "config.json")
        if file is None:
            raise EncoderError(
                f"encoder {name!r}: the config.json of {hub_id!r} is not in the cache of the hub. Fetch it once by: hf download "
                f"{hub_id} config.json preprocessor_config.json tokenizer.json tokenizer_config.json model.safetensors"
            )
        config = read_json(name, file.parent, file.name)
        licence, dim, context = "", config.get("projection_dim", _DIM), _context(config)
    digest = digest_name(f"hub:{hub_id}")
    media = AudioSpec(window="fusion" if hub_id in _FUSED else "centre")
    return EncoderCard(
        name, "audio", "clap", dim, hub_id, "", digest, media, CLAP_TEMPLATES, licence=licence, context=context
    )


def _context(config: Mapping[str, Any]) -> int:
    """As many tokens as LAION trained on, or as the text tower has positions: RoBERTa counts them from the padding id + 1."""
    text = config.get("text_config") or {}
    return min(CONTEXT, int(text.get("max_position_embeddings", 514)) - int(text.get("pad_token_id", 1)) - 1)


def _laion_checkpoint(name: str, file: str) -> EncoderCard:
    require_weights_file(name, file)
    beside = [Path(file).parent / part for part in TOKENIZER_FILES]
    # Without a tokenizer beside the file it is roberta-base's, which has never changed.
    digest = digest_name(f"laion-clap:{digest_files(Path(file), *[part for part in beside if part.is_file()])}")
    media = AudioSpec(window="fusion" if names_tensor(file, _FUSED_NAME) else "centre")
    return EncoderCard(name, "audio", "clap", _DIM, file, "", digest, media, CLAP_TEMPLATES, context=CONTEXT)


CARDS = CardMakers(
    named={preset: lambda name: _clap(name, _PRESETS[name]) for preset in _PRESETS},
    generic={"clap": _clap},
    forms=("clap:FOLDER", "clap:FILE", "clap:OWNER/NAME"),
)
