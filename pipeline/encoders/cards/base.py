"""What one encoder is, and what the makers of cards share."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pipeline.encoders.errors import EncoderError
from pipeline.media import MediaSpec
from pipeline.printable import cut
from pipeline.reading.regular import read_bytes

Modality = Literal["image", "audio", "video", "text"]
Padding = Literal["longest", "context"]
Cleaning = Literal["none", "canonical", "repaired", "repaired canonical"]

WEIGHTS_SUFFIXES = (".safetensors", ".pt", ".pth", ".bin")
"""Endings of weights files; what they promise is checked when the file is read."""


_LONGEST_JSON = 8 << 20


@dataclass(frozen=True)
class Origin:
    """Where an encoder comes from that another package has added, see `pipeline.encoders.cards.added`.

    Attributes:
        package: name of the installed distribution.
        version: of its code, a number that it raises when the same files would get other features.
        loader: "package.module:function" of what makes the towers.
    """

    package: str
    version: int
    loader: str


@dataclass(frozen=True)
class Score:
    """How an encoder's cosines become probabilities, as it was trained. No feature depends on it.

    Attributes:
        kind: a "softmax" over the classes, or a "sigmoid" for each class by itself, whose probabilities need not add up to 1.
        scale: what cosines are multiplied by.
        bias: what is added to that; to a softmax it makes no difference.
    """

    kind: Literal["softmax", "sigmoid"] = "softmax"
    scale: float = 100.0
    bias: float = 0.0


@dataclass(frozen=True)
class EncoderCard:
    """An encoder as recipes, plans and fingerprints know it.

    Attributes:
        name: the name it was asked for by.
        modality: what its media tower takes.
        family: which wrapper runs it; of another package's encoder a word of its own.
        dim: dimension of its output space.
        weights: local folder or file, pretrained tag, or hub id.
        model: name of the architecture where the weights do not say it (`ViT-B-32`, `viclip-b16`); else empty.
        digest: identity of weights, sizes and tokenizer, hex.
        media: how its media are decoded; None for texts, which are not.
        templates: zero-shot sentences with `{}` for the class name; the first is the single template.
        texts: who encodes its texts: its "own" text tower, another encoder's into the same space, or "none".
        origin: where it comes from, if another package has added it.
        padding: how far texts are padded: to the "longest" of a batch, where padding changes no number (that is measured when
            an encoder is first used), or always to the "context", as SigLIP was trained.
        cleaning: what becomes of a text before it is cut into tokens besides what the tokenizer does itself, see `cleaning`.
        context: longest text that the text tower reads, tokens; 0 where only loading tells.
        score: how cosines become probabilities where nothing better is known.
        licence: of the weights, by its SPDX name where it has one; empty where it is not known.
    """

    name: str
    modality: Modality
    family: str
    dim: int
    weights: str
    model: str
    digest: str
    media: MediaSpec | None
    templates: tuple[str, ...]
    texts: "EncoderCard | Literal['own', 'none']" = "own"
    origin: Origin | None = None
    padding: Padding = "longest"
    cleaning: Cleaning = "none"
    context: int = 0
    score: Score = Score()
    licence: str = ""


def text_card(card: EncoderCard) -> EncoderCard:
    """The encoder whose text tower encodes this one's texts: itself, mostly.

    Raises:
        EncoderError: it has no text tower, and names no other.
    """
    if isinstance(card.texts, EncoderCard):
        return card.texts
    if card.texts == "none":
        raise EncoderError(
            f"encoder {card.name!r} has no text tower, and class names and sentences are texts that it cannot encode. "
            "Take an encoder with one: mmpt-pipeline encoders ls"
        )
    return card


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


def require_weights_file(name: str, file: str, suffixes: tuple[str, ...] = WEIGHTS_SUFFIXES) -> None:
    """Refuse what is not there or cannot be a weights file; its content is looked at when it is loaded.

    Args:
        name: of the encoder, for messages.
        file: its path.
        suffixes: endings that it may have.

    Raises:
        EncoderError: the ending is not one of them, or there is no such file.
    """
    if not file.endswith(suffixes):
        raise EncoderError(f"encoder {name!r}: {file!r} is no weights file; they end in {', '.join(suffixes)}")
    if not Path(file).is_file():
        raise EncoderError(f"encoder {name!r}: there is no file {file!r}")


def read_json(name: str, folder: Path, file: str) -> dict[str, Any]:
    """Read one of the JSON files of an encoder's folder.

    Raises:
        EncoderError: there is no such file, or it is not JSON, or too long for a configuration.
    """
    try:
        text = read_bytes(folder / file, _LONGEST_JSON)  # a pipe would be waited for
        if len(text) > _LONGEST_JSON:
            raise EncoderError(
                f"encoder {name!r}: {folder / file} is longer than {_LONGEST_JSON:,} bytes, which no configuration is. Download "
                "it again"
            )
        values: dict[str, Any] = json.loads(text.decode())
    except FileNotFoundError:
        raise EncoderError(f"encoder {name!r}: there is no {file} in {str(folder)!r}") from None
    except OSError as error:
        if error.errno is not None:
            raise
        raise EncoderError(f"encoder {name!r}: {folder / file} cannot be read: {error}. Download it again") from None
    except (ValueError, RecursionError) as error:
        raise EncoderError(f"encoder {name!r}: {folder / file} is not JSON: {cut(str(error), 200)}") from None
    return values
