"""Whether what a configuration says of an encoder can be so: sizes that are numbers of a size, templates that are sentences."""

from dataclasses import fields
from typing import Any

from pipeline.encoders.cards.base import EncoderCard
from pipeline.encoders.errors import EncoderError
from pipeline.printable import cut

_MOST = {"dim": 65_536, "context": 1 << 20, "size": 4096, "frames": 1024, "sampling_rate": 768_000, "seconds": 3600}
"""Of numbers, tokens and pixels, hertz and seconds; far beyond what there is, and little enough to be decoded."""
_MOST_TEMPLATES = 1000


def require_plausible(card: EncoderCard) -> EncoderCard:
    """The card.

    Raises:
        EncoderError: one of its sizes or templates cannot be.
    """
    sizes: dict[str, Any] = {"dim": card.dim} | ({"context": card.context} if card.context != 0 else {})
    if card.media is not None:
        sizes |= {each.name: getattr(card.media, each.name) for each in fields(card.media)}
    for name, value in sizes.items():
        whole = int if name != "seconds" else int | float
        if name in _MOST and not (
            isinstance(value, whole) and not isinstance(value, bool) and 0 < value <= _MOST[name]
        ):
            raise EncoderError(
                f"encoder {card.name!r}: its configuration gives {cut(repr(value), 100)} for {name!r}; it is a number from 1 to "
                f"{_MOST[name]:,}. Take configuration and weights as they were published"
            )
    if card.texts == "none" and not card.templates:  # nobody would read them
        return card
    wrong = next((each for each in card.templates if not isinstance(each, str) or each.count("{}") != 1), None)
    if wrong is not None or not 0 < len(card.templates) <= _MOST_TEMPLATES:
        found = "none" if not card.templates else f"{len(card.templates):,}" if wrong is None else cut(repr(wrong), 100)
        raise EncoderError(
            f"encoder {card.name!r}: its templates are sentences with {{}} once for the class name, at most {_MOST_TEMPLATES:,}; "
            f"found {found}"
        )
    return card
