"""Reading of safetensors weights with a strict check of their names and shapes."""

from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from pipeline.encoders.errors import EncoderError


def read_weights(encoder: str, file: Path) -> dict[str, Tensor]:
    """Read a safetensors file.

    Raises:
        EncoderError: there is no such file, or it is no safetensors file.
    """
    try:
        return load_file(file)
    except FileNotFoundError:
        raise EncoderError(f"encoder {encoder!r}: there is no weights file {str(file)!r}") from None
    except SafetensorError as error:
        raise EncoderError(f"encoder {encoder!r}: {str(file)!r} is no safetensors file: {error}") from None


def load_strictly(encoder: str, model: nn.Module, state: Mapping[str, Tensor], derived: tuple[str, ...] = ()) -> None:
    """Copy weights into a model, converting half precision to the model's.

    Args:
        encoder: name for messages.
        model: receives the weights.
        state: tensors by name.
        derived: endings of names whose values the model computes itself, so that a file may leave them out.

    Raises:
        EncoderError: names are missing or left over, or shapes differ.
    """
    own = {name: value for name, value in model.state_dict().items() if not name.endswith(derived or "\0")}
    given = {name: value for name, value in state.items() if not name.endswith(derived or "\0")}
    faults = [
        *_listing("missing", sorted(own.keys() - given.keys())),
        *_listing("unexpected", sorted(given.keys() - own.keys())),
        *_listing("of another shape", _other_shapes(own, given)),
    ]
    if faults:
        raise EncoderError(f"encoder {encoder!r}: the weights do not fit the model: {'; '.join(faults)}")
    model.load_state_dict(given, strict=False)  # what is derived stays the model's own


def _other_shapes(own: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> list[str]:
    shared = sorted(own.keys() & given.keys())
    pairs = [(name, tuple(given[name].shape), tuple(own[name].shape)) for name in shared]
    return [f"{name} {found} for {wanted}" for name, found, wanted in pairs if found != wanted]


def _listing(word: str, names: list[str], most: int = 5) -> list[str]:
    if not names:
        return []
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return [f"{len(names)} {word}: {', '.join(names[:most])}{rest}"]
