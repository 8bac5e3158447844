"""PyTorch's own files (`.pt`, `.pth`, `.bin`), which are pickles: what is read of them, and why one is refused.

`torch.load(weights_only=True)` knows tensors and plain containers and refuses all else. TorchScript archives, as OpenAI published
CLIP, are programs, for which there is no such reader: they are refused.
"""

import pickle
import warnings
import zipfile
from pathlib import Path
from typing import Any

import torch
from torch.serialization import safe_globals


class NotPlain(Exception):
    """An archive is not read; the message is what is to be said of it behind its name."""


class _PassedOver:
    """Stands for what no tensor is, such as a number of numpy's: the learning rate in the state of LAION's optimiser is one.

    Neither numpy nor any other package is called, and none of these can be among the tensors that are taken.
    """

    def __init__(self, *_: object) -> None:
        pass

    def __setstate__(self, _: object) -> None:
        pass


_PASSED_OVER: list[Any] = [
    (_PassedOver, name)
    for name in (
        "numpy.core.multiarray.scalar",
        "numpy._core.multiarray.scalar",
        "numpy.dtype",
        "pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint",
    )
]
"""Older versions of Lightning, with which HTS-AT was trained, file what a callback keeps under its class."""

_SIGNS_OF_CODE = ("GLOBAL", "Unsupported class", "call reduce", "Can only create", "Can only build")


def read_content(file: Path) -> Any:
    """All that a file holds, in the machine's memory.

    Raises:
        NotPlain: it is a program, or packed.
        Exception: it is damaged, which shows in a dozen ways, or holds more than data; `refusal_of` tells what to say.
    """
    zipped = zipfile.is_zipfile(file)
    if zipped:
        _require_plain_archive(file)
    with safe_globals(_PASSED_OVER), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of an unusual pickle protocol; what cannot be read is an error
        # Only the zip format can be mapped: pages of the optimiser's state that nobody wants stay on the disk.
        return torch.load(file, map_location="cpu", weights_only=True, mmap=zipped)


def _require_plain_archive(file: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
    if any(Path(entry.filename).name == "constants.pkl" for entry in entries):
        raise NotPlain(
            "is a TorchScript program, which is never loaded because it can run "
            "code. Use the same weights as safetensors: the pretrained tag or hub id of open_clip has them"
        )
    packed = next((entry.filename for entry in entries if entry.compress_type != zipfile.ZIP_STORED), None)
    if packed is not None:  # a small file may unfold to any size
        raise NotPlain(f"is packed ({packed}), which PyTorch never writes")


def refusal_of(error: Exception) -> str:
    """What to say of a file that was not read: a pickle that names code is told from a file that is damaged."""
    if isinstance(error, NotPlain):
        return str(error)
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
