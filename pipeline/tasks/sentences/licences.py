"""The licences of what a run stands on: weights, language model, and data."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.encoders.cards import EncoderCard
from pipeline.licences import Licensed, licence_in, restricts, strictest
from pipeline.text.models import MINIATURE_LLAMA

_OWN = "Apache-2.0"
_ASKS = ("transformers", "vllm", "openai")
_DRAWN = "miniature"


def licences(recipe: Mapping[str, Any], cards: Mapping[str, EncoderCard]) -> list[Licensed]:
    """Of every part of a run, in order.

    Args:
        recipe: as a record keeps it.
        cards: modality -> encoder.
    """
    read = (card.texts for card in cards.values() if isinstance(card.texts, EncoderCard))
    encoders = {card.name: card for card in (*cards.values(), *read)}
    found = [Licensed(f"encoder {name}", card.licence) for name, card in encoders.items()]
    generate = recipe.get("generate", {})
    if generate.get("engine", _ASKS[0]) in _ASKS:
        found.append(Licensed(*_model(generate)))
    for modality, config in recipe.get("modalities", {}).items():
        data = config.get("data") or {}
        place = data.get("root") or data.get("file")
        if place and modality in cards and data.get("layout") != _DRAWN:
            folder = Path(place) if data.get("root") else Path(place).parent
            found.append(Licensed(f"{modality} data", licence_in(folder)))
    return found


def restriction(recipe: Mapping[str, Any], cards: Mapping[str, EncoderCard]) -> str:
    """The strictest licence where it asks for more than attribution; else empty."""
    found = strictest(licences(recipe, cards))
    return found.licence if found is not None and restricts(found.licence) else ""


def _model(generate: Mapping[str, Any]) -> tuple[str, str]:
    name = str(generate.get("model") or MINIATURE_LLAMA)
    what = f"language model {name}"
    if name == MINIATURE_LLAMA:
        return what, _OWN
    return what, "" if generate.get("engine") == "openai" else licence_in(Path(name))
