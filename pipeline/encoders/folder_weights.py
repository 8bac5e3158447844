"""All tensors of a folder of transformers, in one file or in several that an index lists."""

from pathlib import Path

from torch import Tensor

from pipeline.encoders.cards.base import read_json
from pipeline.encoders.errors import EncoderError
from pipeline.encoders.weights import plain_names, read_weights

_INDEX = "model.safetensors.index.json"


def read_folder(encoder: str, folder: Path) -> dict[str, Tensor]:
    """Read the weights of a folder.

    Raises:
        EncoderError: there are none, or a file of them is missing or damaged.
    """
    if not (folder / "model.safetensors").is_file() and (folder / _INDEX).is_file():
        return plain_names(_sharded(encoder, folder))
    for name in ("model.safetensors", "pytorch_model.bin"):
        if (folder / name).is_file():
            return plain_names(read_weights(encoder, folder / name, inside=("state_dict",)))
    raise EncoderError(f"encoder {encoder!r}: {str(folder)!r} has neither model.safetensors nor pytorch_model.bin")


def _sharded(encoder: str, folder: Path) -> dict[str, Tensor]:
    listed = read_json(encoder, folder, _INDEX).get("weight_map")
    if not isinstance(listed, dict) or not all(
        isinstance(file, str) and Path(file).name == file for file in listed.values()
    ):
        raise EncoderError(f"encoder {encoder!r}: {_INDEX} of {str(folder)!r} has no weight_map of files beside it")
    state: dict[str, Tensor] = {}
    for file in sorted(set(listed.values())):
        state |= read_weights(encoder, folder / file)
    return state
