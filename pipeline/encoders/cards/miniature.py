"""Cards of the encoders whose weights ship with the package."""

from dataclasses import replace
from pathlib import Path

from pipeline.encoders.cards import clap, clip, viclip
from pipeline.encoders.cards.base import CardMakers, EncoderCard
from pipeline.encoders.errors import EncoderError

MINIATURE_WEIGHTS = Path(__file__).parents[2] / "miniature" / "weights"

_GENERIC = {**clip.CARDS.generic, **clap.CARDS.generic, **viclip.CARDS.generic}


def _miniature(name: str) -> EncoderCard:
    family = name.removeprefix("miniature-")
    folder = MINIATURE_WEIGHTS / family
    if not (folder / "model.safetensors").is_file():
        raise EncoderError(
            f"the weights of {name!r} are not in {folder}. They ship with the package; "
            "make them again by: mmpt-pipeline miniature build"
        )
    return replace(_GENERIC[family](name, str(folder)), licence="Apache-2.0")


CARDS = CardMakers({f"miniature-{family}": _miniature for family in ("clip", "clap", "viclip")}, {}, ())
