"""Where the weights of a stepped tower lie: a file, a folder with `model.safetensors`, or a repository of the hub."""

from pathlib import Path

from pipeline.encoders.cards import EncoderCard
from pipeline.encoders.errors import EncoderError

WEIGHTS_NAMES = ("model.safetensors", "pytorch_model.bin")


def weights_file(card: EncoderCard) -> Path:
    """The file; one of the hub is fetched into its cache if it is not there.

    Raises:
        EncoderError: it cannot be had.
    """
    place = Path(card.weights)
    if place.is_dir():
        return next((place / name for name in WEIGHTS_NAMES if (place / name).is_file()), place / WEIGHTS_NAMES[0])
    return place if place.is_file() else _fetched(card)


def _fetched(card: EncoderCard) -> Path:
    from huggingface_hub import hf_hub_download

    try:
        return Path(hf_hub_download(card.weights, WEIGHTS_NAMES[0]))
    except Exception as error:  # every kind of network and cache failure
        raise EncoderError(
            f"the weights of {card.name!r} are not in the cache and cannot be downloaded: {error}. Fetch them elsewhere by: "
            f"hf download {card.weights} {WEIGHTS_NAMES[0]}, and type {card.family}:FILE"
        ) from error
