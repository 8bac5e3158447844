"""The licences of what a run stands on: weights, language model, and data."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.encoders.cards import EncoderCard
from pipeline.licences import Licensed, licence_in, restricts, strictest
from pipeline.runs.licences import data_licences, encoder_licences
from pipeline.text.models import MINIATURE_LLAMA

_OWN = "Apache-2.0"
_ASKS = ("transformers", "vllm", "openai")


def licences(recipe: Mapping[str, Any], cards: Mapping[str, EncoderCard]) -> list[Licensed]:
    """Of every part of a run, in order.

    Args:
        recipe: as a record keeps it.
        cards: modality -> encoder.
    """
    found = encoder_licences(cards.values())
    generate = recipe.get("generate", {})
    if generate.get("engine", _ASKS[0]) in _ASKS:
        found.append(Licensed(*_model(generate)))
    asked = recipe.get("modalities", {})
    return found + data_licences({f"{m} data": asked[m].get("data") or {} for m in asked if m in cards})


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
