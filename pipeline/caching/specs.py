"""What names a feature artifact, free of torch.

In the fields is all that can change the bytes of a row: weights, cut, stored type, preprocessing and our code. Batch
size, workers and device are not in them; a test bounds the rounding that they may cause.
"""

from dataclasses import asdict
from typing import Literal

from pipeline.encoders.cards import EncoderCard
from stores import ArtifactSpec

StoredType = Literal["float16", "float32"]

CODE_VERSION = 1
"""Raise it when a change of decoding or of a tower changes the bytes of features."""


def text_features_spec(card: EncoderCard, cut: str = "output", dtype: StoredType = "float16") -> ArtifactSpec:
    """Describe the text features of an encoder at a cut."""
    fields = {**_common(card, cut, dtype), "tower": "text"}
    return ArtifactSpec(kind="features", fields=fields, backend="hdf5")


def media_features_spec(card: EncoderCard, cut: str = "output", dtype: StoredType = "float16") -> ArtifactSpec:
    """Describe the media features of an encoder at a cut."""
    media = {"kind": card.modality, **asdict(card.media)}
    fields = {**_common(card, cut, dtype), "tower": "media", "media": media}
    return ArtifactSpec(kind="features", fields=fields, backend="hdf5")


def _common(card: EncoderCard, cut: str, dtype: StoredType) -> dict[str, object]:
    # The card's name is not in: two names of the same weights give the same features.
    return {"family": card.family, "weights": card.digest, "cut": cut, "dtype": dtype, "code": CODE_VERSION}
