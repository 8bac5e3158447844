"""Reading of weights files without running any code of theirs, and a strict check of names and shapes.

Safetensors hold numbers only. PyTorch's own files are pickles, which `pickles` has another process read first. What they hold is
compared with what a configuration asks for before a model of its sizes is made.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from pipeline.encoders.errors import EncoderError
from pipeline.encoders.pickles import PickleRefused, require_harmless
from pipeline.encoders.plain_tensors import require_plain
from pipeline.encoders.torch_files import read_content, refusal_of
from pipeline.reading import machine_fault
from stores.errors import MmptError
from stores.machine import is_machine_error

_WRAPPINGS = ("module.", "_orig_mod.", "model.")
_FREE_LAYERS = 1000
"""So many cost nothing without numbers; what is wrong with them shows in the names."""


def read_weights(encoder: str, file: Path, inside: tuple[str, ...] = ()) -> dict[str, Tensor]:
    """Read the tensors of a weights file.

    Args:
        encoder: name for messages.
        file: safetensors, or a PyTorch checkpoint.
        inside: keys of a PyTorch checkpoint under one of which its publisher keeps the tensors ("state_dict", "model").
            Without any of them the tensors must lie on top.

    Raises:
        EncoderError: there is no such file, it is damaged, it is of another format, or it holds more than data.
    """
    if not file.is_file():
        raise EncoderError(f"encoder {encoder!r}: there is no weights file {str(file)!r}")
    if file.suffix == ".safetensors":
        state = _read_safetensors(encoder, file)
        require_plain(encoder, file, state)
        return state
    content = _read_pickle(encoder, file)
    holder = next((key for key in inside if isinstance(content, Mapping) and key in content), None)
    state = content[holder] if holder else content
    if not isinstance(state, Mapping) or not state or not all(isinstance(value, Tensor) for value in state.values()):
        places = " or ".join(repr(key) for key in inside)
        raise EncoderError(
            f"encoder {encoder!r}: {str(file)!r} holds {_outline(content)}, not tensors by name"
            + (f", on top or under {places}" if inside else "")
        )
    require_plain(encoder, file, state)
    return dict(state)


def without_prefix(state: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Take a prefix off every name if all have it, such as the `module.` that distributed training leaves."""
    if not all(name.startswith(prefix) for name in state):
        return dict(state)
    return {name.removeprefix(prefix): value for name, value in state.items()}


def plain_names(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Take off what training leaves before all names: `module.` (distributed), `_orig_mod.` (compiled), `model.` (wrapped)."""
    bare = dict(state)
    while prefix := next((p for p in _WRAPPINGS if bare and all(name.startswith(p) for name in bare)), ""):
        bare = without_prefix(bare, prefix)
    return bare


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
    given = _not_derived(state, derived)
    require_fit(encoder, model, given, derived)
    model.load_state_dict(given, strict=False)  # what is derived stays the model's own


def made_to_fit(
    encoder: str,
    sizes: Mapping[str, Any],
    build: Callable[[], nn.Module],
    state: Mapping[str, Tensor],
    derived: tuple[str, ...] = (),
) -> Any:
    """Make a model of a configuration and copy weights into it; one that does not fit them is never made.

    Args:
        encoder: name for messages.
        sizes: the configuration, whose numbers of layers are compared with the number of tensors.
        build: makes the model.
        state: tensors by name.
        derived: as for `load_strictly`.

    Raises:
        EncoderError: sizes, names or shapes do not fit the weights.
    """
    require_layers(encoder, sizes, len(state))
    with torch.device("meta"):  # shapes without numbers
        require_fit(encoder, build(), _not_derived(state, derived), derived)
    model = build()
    load_strictly(encoder, model, state, derived)
    return model


def require_layers(encoder: str, sizes: Mapping[str, Any], tensors: int) -> None:
    """Refuse a configuration of more layers than there are tensors: even without numbers, each would take memory.

    Raises:
        EncoderError: naming the key.
    """
    for key, value in _numbers(sizes):
        if ("layer" in key or "depth" in key) and value > max(tensors, _FREE_LAYERS):
            raise EncoderError(
                f"encoder {encoder!r}: its configuration asks for {value:,} under {key!r}, and its weights hold {tensors:,} "
                "tensors. Take configuration and weights of the same model"
            )


def require_fit(encoder: str, model: nn.Module, given: Mapping[str, Tensor], derived: tuple[str, ...] = ()) -> None:
    """Compare names and shapes of weights with a model's.

    Raises:
        EncoderError: names are missing or left over, or shapes differ.
    """
    own = _not_derived(model.state_dict(), derived)
    faults = [
        *_listing("missing", sorted(own.keys() - given.keys())),
        *_listing("unexpected", sorted(given.keys() - own.keys())),
        *_listing("of another shape", _other_shapes(own, given)),
    ]
    if faults:
        raise EncoderError(f"encoder {encoder!r}: the weights do not fit the model: {'; '.join(faults)}")


def _not_derived(state: Mapping[str, Tensor], derived: tuple[str, ...]) -> dict[str, Tensor]:
    return {name: value for name, value in state.items() if not name.endswith(derived or "\0")}


def _numbers(sizes: Any, key: str = "") -> Iterator[tuple[str, int]]:
    """Every whole number of a configuration with its key; those of a list are added up."""
    if isinstance(sizes, Mapping):
        for name, value in sizes.items():
            yield from _numbers(value, str(name))
    elif isinstance(sizes, list | tuple):
        yield key, sum(value for value in sizes if isinstance(value, int))
    elif isinstance(sizes, int):
        yield key, sizes


def _read_safetensors(encoder: str, file: Path) -> dict[str, Tensor]:
    try:
        return load_file(file)
    except SafetensorError as error:
        raise EncoderError(f"encoder {encoder!r}: {str(file)!r} is no safetensors file: {error}") from None


def _read_pickle(encoder: str, file: Path) -> Any:
    try:
        require_harmless(file)
        return read_content(file)
    except PickleRefused as error:
        raise EncoderError(f"encoder {encoder!r}: {str(file)!r} {error}") from None
    except MmptError:
        raise
    except Exception as error:  # it was replaced meanwhile
        if is_machine_error(error):
            raise machine_fault(error, file) from error
        raise EncoderError(f"encoder {encoder!r}: {str(file)!r} {refusal_of(error)}") from None


def _outline(content: Any) -> str:
    if isinstance(content, Mapping):
        return f"the keys {', '.join(repr(key) for key in list(content)[:5])}" if content else "nothing"
    return f"a {type(content).__name__}"


def _other_shapes(own: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> list[str]:
    shared = sorted(own.keys() & given.keys())
    pairs = [(name, tuple(given[name].shape), tuple(own[name].shape)) for name in shared]
    return [f"{name} {found} for {wanted}" for name, found, wanted in pairs if found != wanted]


def _listing(word: str, names: list[str], most: int = 5) -> list[str]:
    if not names:
        return []
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return [f"{len(names)} {word}: {', '.join(names[:most])}{rest}"]
