"""Decoding other than a card says: the sampler of a video, the scaling of an image, the window of a sound.

Sizes stay as they are, because the network's positions were learned for them.
"""

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

from pipeline.encoders.cards.base import EncoderCard
from pipeline.encoders.errors import EncoderError

_FIXED = ("size", "frames", "sampling_rate", "seconds")


def with_media(card: EncoderCard, changes: Mapping[str, Any]) -> EncoderCard:
    """The same encoder with media decoded as a recipe's `media` says, e.g. `{sampler: stride}`.

    Raises:
        EncoderError: a field is unknown, is fixed by the network, or has a value it cannot have.
    """
    if not changes:
        return card
    if card.media is None:
        raise EncoderError(f"media: encoder {card.name!r} takes texts, which are not decoded; leave it out")
    free = [field.name for field in fields(card.media) if field.name not in _FIXED]
    for name in changes:
        if name not in free:
            why = "is fixed by the network" if name in _FIXED else "is unknown"
            raise EncoderError(f"media.{name} of encoder {card.name!r} {why}; what can be set is {', '.join(free)}")
    try:
        media = TypeAdapter(type(card.media)).validate_python({**asdict(card.media), **changes})
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        raise EncoderError(
            f"media.{name} of encoder {card.name!r}: {first['msg']} (found: {changes[name]!r})"
        ) from None
    return replace(card, media=media)
