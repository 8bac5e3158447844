"""What a recipe asks of decoding, beyond what each encoder's card says."""

from collections.abc import Mapping
from typing import Any

from pipeline.encoders.cards import EncoderCard, card, with_media

_AUTHORS = ("paper", "code")
"""Presets of TaAM-CPT that repeat what its authors ran; their sounds went through librosa."""


def card_of(modality: str, encoder: str, media: Mapping[str, Any], preset: str | None) -> EncoderCard:
    """The encoder of a modality with its media decoded as the recipe says: by its own `media`, else as the preset stands for.

    Raises:
        EncoderError: the encoder cannot be used, or `media` asks for what it cannot have.
    """
    meant = {"length": "librosa"} if modality == "audio" and preset in _AUTHORS else {}
    return with_media(card(encoder), {**meant, **media})
