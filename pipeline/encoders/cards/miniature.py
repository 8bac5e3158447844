"""Cards of the encoders whose weights ship with the package."""

from dataclasses import replace
from pathlib import Path

from pipeline.encoders.cards import clap, clip, stepped, viclip
from pipeline.encoders.cards.base import CardMakers, EncoderCard
from pipeline.encoders.errors import EncoderError

MINIATURE_WEIGHTS = Path(__file__).parents[2] / "miniature" / "weights"

_GENERIC = {**clip.CARDS.generic, **clap.CARDS.generic, **viclip.CARDS.generic, **stepped.CARDS.generic}
_KINDS = {"swin": "swin-v2"}
"""What the family of a miniature is called where it has another name."""


def _miniature(name: str) -> EncoderCard:
    family = name.removeprefix("miniature-")
    folder = MINIATURE_WEIGHTS / family
    if not (folder / "model.safetensors").is_file():
        raise EncoderError(
            f"the weights of {name!r} are not in {folder}. They ship with the package; "
            "make them again by: mmpt-pipeline miniature build"
        )
    kind = _KINDS.get(family, family)
    return replace(_GENERIC[kind](f"{kind}:{folder}", str(folder)), name=name, licence="Apache-2.0")


CARDS = CardMakers({f"miniature-{family}": _miniature for family in ("clip", "clap", "viclip")}, {}, ())
STEPPED = CardMakers({f"miniature-{family}": _miniature for family in ("swin", "hts-at")}, {}, ())
"""They stand behind all encoders that read texts, too."""
