"""Reading of weights files without running any code of theirs, and a strict check of names and shapes.

Safetensors hold numbers only. PyTorch's own files (`.pt`, `.pth`, `.bin`) are pickles, which can run anything when they
are read; `torch.load(weights_only=True)` knows tensors and plain containers and refuses all else. TorchScript archives,
as OpenAI published CLIP, are programs, for which there is no such reader: they are refused.
"""

import pickle
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.serialization import safe_globals

from pipeline.encoders.errors import EncoderError
from pipeline.reading import machine_fault
from stores.machine import is_machine_error


class _PassedOver:
    """Stands for a number of numpy's: the learning rate in the optimiser's state of LAION's checkpoints is one.

    numpy itself is not called, and none of these can be among the tensors that are taken.
    """

    def __init__(self, *_: object) -> None:
        pass

    def __setstate__(self, _: object) -> None:
        pass


_PASSED_OVER: list[Any] = [
    (_PassedOver, name) for name in ("numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar", "numpy.dtype")
]

_SIGNS_OF_CODE = ("GLOBAL", "Unsupported class", "call reduce", "Can only create", "Can only build")


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
        return _read_safetensors(encoder, file)
    content = _read_pickle(encoder, file)
    holder = next((key for key in inside if isinstance(content, Mapping) and key in content), None)
    state = content[holder] if holder else content
    if not isinstance(state, Mapping) or not state or not all(isinstance(value, Tensor) for value in state.values()):
        places = " or ".join(repr(key) for key in inside)
        raise EncoderError(
            f"encoder {encoder!r}: {str(file)!r} holds {_outline(content)}, not tensors by name"
            + (f", on top or under {places}" if inside else "")
        )
    return dict(state)


def without_prefix(state: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Take a prefix off every name if all have it, such as the `module.` that distributed training leaves."""
    if not all(name.startswith(prefix) for name in state):
        return dict(state)
    return {name.removeprefix(prefix): value for name, value in state.items()}


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


def _read_safetensors(encoder: str, file: Path) -> dict[str, Tensor]:
    try:
        return load_file(file)
    except SafetensorError as error:
        raise EncoderError(f"encoder {encoder!r}: {str(file)!r} is no safetensors file: {error}") from None


def _read_pickle(encoder: str, file: Path) -> Any:
    try:
        zipped = zipfile.is_zipfile(file)
        if zipped:
            _require_plain_archive(encoder, file)
        with safe_globals(_PASSED_OVER), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of an unusual pickle protocol; what cannot be read is an error
            # Only the zip format can be mapped: pages of the optimiser's state that nobody wants stay on the disk.
            return torch.load(file, map_location="cpu", weights_only=True, mmap=zipped)
    except EncoderError:
        raise
    except Exception as error:  # a damaged file fails in a dozen ways: EOFError, KeyError, BadZipFile, ...
        if is_machine_error(error):
            raise machine_fault(error, file) from error
        raise EncoderError(f"encoder {encoder!r}: {str(file)!r} {_refusal(error)}") from None


def _require_plain_archive(encoder: str, file: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
    if any(Path(entry.filename).name == "constants.pkl" for entry in entries):
        raise EncoderError(
            f"encoder {encoder!r}: {str(file)!r} is a TorchScript program, which is never loaded because it can run "
            "code. Use the same weights as safetensors: the pretrained tag or hub id of open_clip has them"
        )
    packed = next((entry.filename for entry in entries if entry.compress_type != zipfile.ZIP_STORED), None)
    if packed is not None:  # a small file may unfold to any size
        raise EncoderError(f"encoder {encoder!r}: {str(file)!r} is packed ({packed}), which PyTorch never writes")


def _refusal(error: Exception) -> str:
    """Tell a pickle that names code from a file that is damaged."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    named = next((line for line in lines if any(sign in line for sign in _SIGNS_OF_CODE)), None)
    if isinstance(error, pickle.UnpicklingError) and named is not None:
        what = named.removeprefix("WeightsUnpickler error: ").partition(" was not an allowed")[0]
        return (
            f"holds more than tensors and is not loaded, because reading it could run code ({what}). "
            "Use weights as safetensors, or a checkpoint of tensors only"
        )
    unknown = next((line for line in lines if "error: " in line), lines[0] if lines else "no reason given")
    return f"is damaged or no PyTorch checkpoint ({type(error).__name__}: {unknown}). Download it again"


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
