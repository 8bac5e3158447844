"""What names a feature artifact, free of torch.

In the fields is all that can change the bytes of a row: weights, cut, stored type, preprocessing and our code. Batch
size, workers and device are not in them; a test bounds the rounding that they may cause.
"""

from collections.abc import Mapping
from typing import Literal

from pipeline.encoders.cards import EncoderCard, text_card
from pipeline.media.specs import spec_fields
from stores import ArtifactSpec

StoredType = Literal["float16", "float32"]
ComputeType = Literal["float32", "float16", "bfloat16"]

CODE_VERSION = 2
"""Raise it when a change of decoding or of a tower changes the bytes of features."""


def text_features_spec(
    card: EncoderCard, cut: str = "output", dtype: StoredType = "float16", compute: ComputeType = "float32"
) -> ArtifactSpec:
    """Describe the text features of an encoder at a cut: stored as `dtype`, computed in `compute`.

    They are named after the text tower that makes them, which may be another encoder's.

    Raises:
        EncoderError: it has no text tower, and names no other.
    """
    reader = text_card(card)
    fields = {**_common(reader, cut, dtype, compute), "tower": "text"}
    fields |= {"padding": reader.padding} if reader.padding != "longest" else {}
    fields |= {"cleaning": reader.cleaning} if reader.cleaning != "none" else {}
    return ArtifactSpec(kind="features", fields=fields, backend="hdf5")


def media_features_spec(
    card: EncoderCard, cut: str = "output", dtype: StoredType = "float16", compute: ComputeType = "float32"
) -> ArtifactSpec:
    """Describe the media features of an encoder at a cut.

    Of a text-only encoder these are its text features: a text is encoded once, whether it is learned from or judged.
    """
    if card.media is None:
        return text_features_spec(card, cut, dtype, compute)
    media = {"kind": card.modality, **spec_fields(card.media)}
    fields = {**_common(card, cut, dtype, compute), "tower": "media", "media": media}
    return ArtifactSpec(kind="features", fields=fields, backend="hdf5")


def source_features_spec(
    card: EncoderCard,
    source: str,
    cut: str,
    dtype: StoredType,
    compute: ComputeType = "float32",
    reads: Mapping[str, object] | None = None,
) -> ArtifactSpec:
    """Describe what the media tower makes of a stored source, named by its fingerprint, up to a cut; `reads` says how it does."""
    fields = {**_common(card, cut, dtype, compute), "tower": "media", **({"reads": dict(reads)} if reads else {})}
    return ArtifactSpec(kind="features", fields=fields, parents=(source,), backend="hdf5")


def _common(card: EncoderCard, cut: str, dtype: StoredType, compute: ComputeType) -> dict[str, object]:
    # The card's name is not in: two names of the same weights give the same features.
    fields: dict[str, object] = {
        "family": card.family, "weights": card.digest, "cut": cut, "dtype": dtype, "code": CODE_VERSION
    }  # fmt: skip
    if card.origin is not None:  # two packages may call their families alike
        fields |= {"package": card.origin.package, "package_code": card.origin.version}
    # What is computed in float32 keeps the name that it had when nothing else could be chosen.
    return fields if compute == "float32" else {**fields, "compute": compute}
