"""The licences of a run's encoders and data: what cards say, and what lies beside files."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pipeline.encoders.cards import EncoderCard
from pipeline.licences import Licensed, licence_in, told

LICENCES = "licences"
"""What the list of facts of a report calls them."""
_DRAWN = "miniature"
"""Layouts that begin so are drawn here."""


def encoder_licences(cards: Iterable[EncoderCard]) -> list[Licensed]:
    """Of every encoder once, those that read another one's texts among them."""
    given = list(cards)
    read = (card.texts for card in given if isinstance(card.texts, EncoderCard))
    return [Licensed(f"encoder {name}", card.licence) for name, card in {c.name: c for c in (*given, *read)}.items()]


def told_of(cards: Iterable[EncoderCard], places: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """A fact for a report: the strictest licence of encoders and data, and what is not known."""
    return {LICENCES: told([*encoder_licences(cards), *data_licences(places)]).removeprefix("Licences: ")}


def data_licences(places: Mapping[str, Mapping[str, Any]]) -> list[Licensed]:
    """Of data in folders and beside tables, as their README.md names it.

    Args:
        places: what it is called -> the `data` of a recipe, perhaps of parts; what is drawn here, or lies nowhere, is left out.
    """
    found = []
    inner = {f"{w}, {n}": part for w, data in places.items() for n, part in data.items() if isinstance(part, Mapping)}
    for what, data in {**places, **inner}.items():
        place = data.get("root") or data.get("file")
        if place and not str(data.get("layout", "")).startswith(_DRAWN):
            found.append(Licensed(what, licence_in(Path(place) if data.get("root") else Path(place).parent)))
    return found
