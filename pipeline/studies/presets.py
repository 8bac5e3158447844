"""What `--preset` changes in the recipe of a row: the method's options, and for `code` how the authors' loaders decode, too."""

from collections.abc import Mapping
from typing import Any

from pipeline.studies.merge import merged

# Video: every (n // 8)-th frame from the first, OpenCV's resize. Images: both sides to 224, nothing cropped.
_AUTHORS_MEDIA: Mapping[str, Mapping[str, Any]] = {
    "video": {"sampler": "stride", "interpolation": "bilinear"},
    "image": {"resize": "squash"},
}
"""Modality -> decoding; what a recipe writes itself stands."""


def with_preset(content: Mapping[str, Any], preset: str) -> dict[str, Any]:
    """A recipe's content with a preset of TaAM-CPT instead of its own."""
    result = merged(content, {"train": {"preset": preset}})
    if preset != "code":
        return result
    decoded = {
        name: {"media": {**_AUTHORS_MEDIA[name], **(config.get("media") or {})}}
        for name, config in result["modalities"].items()
        if name in _AUTHORS_MEDIA
    }
    return merged(result, {"modalities": decoded})
