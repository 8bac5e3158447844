"""What one encoder is, and what the makers of cards share."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pipeline.encoders.errors import EncoderError
from pipeline.media import MediaSpec
from pipeline.printable import cut

Modality = Literal["image", "audio", "video", "text"]
Family = Literal["clip", "clap", "viclip", "sentence"]

WEIGHTS_SUFFIXES = (".safetensors", ".pt", ".pth", ".bin")
"""Endings of weights files; what they promise is checked when the file is read."""


_LONGEST_JSON = 8 << 20


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
        media: how its media are decoded; None for texts, which are not.
        templates: zero-shot sentences with `{}` for the class name; the first is the single template.
    """

    name: str
    modality: Modality
    family: Family
    dim: int
    weights: str
    model: str
    digest: str
    media: MediaSpec | None
    templates: tuple[str, ...]


@dataclass(frozen=True)
class CardMakers:
    """What a family of encoders adds to the names that `card` knows.

    Attributes:
        named: makers of the names that need no argument; each is given the name.
        generic: makers by what stands before the colon; each is given the whole name and what stands behind it.
        forms: the generic names as error messages list them.
    """

    named: Mapping[str, Callable[[str], EncoderCard]]
    generic: Mapping[str, Callable[[str, str], EncoderCard]]
    forms: tuple[str, ...]


def require_weights_file(name: str, file: str) -> None:
    """Refuse what is not there or cannot be a weights file; its content is looked at when it is loaded.

    Raises:
        EncoderError: the ending is not one of `WEIGHTS_SUFFIXES`, or there is no such file.
    """
    if not file.endswith(WEIGHTS_SUFFIXES):
        raise EncoderError(f"encoder {name!r}: {file!r} is no weights file; they end in {', '.join(WEIGHTS_SUFFIXES)}")
    if not Path(file).is_file():
        raise EncoderError(f"encoder {name!r}: there is no file {file!r}")


def read_json(name: str, folder: Path, file: str) -> dict[str, Any]:
    """Read one of the JSON files of an encoder's folder.

    Raises:
        EncoderError: there is no such file, or it is not JSON, or too long for a configuration.
    """
    try:
        with (folder / file).open("rb") as content:
            text = content.read(_LONGEST_JSON + 1)
        if len(text) > _LONGEST_JSON:
            raise EncoderError(
                f"encoder {name!r}: {folder / file} is longer than {_LONGEST_JSON:,} bytes, which no configuration is. Download "
                "it again"
            )
        values: dict[str, Any] = json.loads(text.decode())
    except FileNotFoundError:
        raise EncoderError(f"encoder {name!r}: there is no {file} in {str(folder)!r}") from None
    except (ValueError, RecursionError) as error:
        raise EncoderError(f"encoder {name!r}: {folder / file} is not JSON: {cut(str(error), 200)}") from None
    return values
