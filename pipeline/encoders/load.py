"""Loading of a card's encoder: evaluation mode, no gradients, nothing of a weights file is run."""

from collections.abc import Callable
from importlib import import_module
from typing import TypeVar

import torch

from pipeline.encoders.cards import EncoderCard
from pipeline.encoders.encoder import Encoder
from pipeline.encoders.errors import EncoderError
from pipeline.printable import cut
from pipeline.reading import machine_fault
from stores.errors import MmptError
from stores.machine import is_machine_error

Loader = Callable[[EncoderCard, torch.device, torch.dtype], Encoder]
_DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}
_MADE = TypeVar("_MADE")
# By name, so that loading a CLIP does not import transformers, nor a CLAP open_clip.
_LOADERS = {
    "clip": ("pipeline.encoders.clip", "load_clip"),
    "open-clip": ("pipeline.encoders.open_clip_any", "load_open_clip"),
    "transformers": ("pipeline.encoders.dual", "load_dual"),
    "frames": ("pipeline.encoders.frames", "load_frames"),
    "clap": ("pipeline.encoders.clap", "load_clap"),
    "viclip": ("pipeline.encoders.viclip.load", "load_viclip"),
    "sentence": ("pipeline.encoders.sentence", "load_sentence"),
    **dict.fromkeys(("swin-v2", "hts-at", "vit"), ("pipeline.encoders.stepped.load", "load_stepped_encoder")),
}


def load_encoder(card: EncoderCard, device: str = "auto", dtype: str = "float32") -> Encoder:
    """Load an encoder.

    Args:
        card: what to load, from `pipeline.encoders.cards.card`.
        device: "cpu", "cuda", "cuda:1", ... or "auto", which takes a GPU where there is one.
        dtype: what to compute in: "float32", "float16" or "bfloat16". Weights stored in half precision are converted.

    Raises:
        EncoderError: device or dtype is unknown, or weights and configuration cannot be used.
        MachineFault: the machine kept them from being read.
    """
    compute = resolve_dtype(dtype)
    load, where = _loader(card), resolve_device(device)
    found = guarded(card, lambda: load(card, where, compute))
    if not isinstance(found, Encoder):  # of another package, for which no type checker has looked
        raise EncoderError(f"{_whose(card)}: its loader makes a {type(found).__name__}, and has to make an Encoder")
    return found


def guarded(card: EncoderCard, make: Callable[[], _MADE]) -> _MADE:
    """What `make` makes of a card's files, or an error that says whose files were at fault.

    Raises:
        EncoderError: nothing can be made of them.
        MachineFault: the machine kept them from being read.
    """
    try:
        return make()
    except MmptError:
        raise
    except Exception as error:  # libraries meet whatever somebody wrote into a configuration or a tokenizer
        if is_machine_error(error):
            raise machine_fault(error, card.weights) from error
        raise EncoderError(
            f"{_whose(card)}: no model can be made of its files ({type(error).__name__}: "
            f"{cut(' '.join(str(error).split()), 300)}). Compare its configuration with that of whoever published the weights, "
            "or download both again"
        ) from error


def resolve_dtype(dtype: str) -> torch.dtype:
    """Turn the name of a type into the type.

    Raises:
        EncoderError: no encoder computes in it.
    """
    if dtype not in _DTYPES:
        raise EncoderError(f"unknown dtype {dtype!r}; an encoder computes in {', '.join(_DTYPES)}")
    return _DTYPES[dtype]


def _loader(card: EncoderCard) -> Loader:
    if card.origin is None:
        module, function = _LOADERS[card.family]
        ours: Loader = getattr(import_module(module), function)
        return ours
    module, _, function = card.origin.loader.partition(":")
    try:
        theirs: Loader = getattr(import_module(module), function)
    except Exception as error:  # whatever a module of others does when it is imported
        raise EncoderError(
            f"{_whose(card)} cannot be loaded: importing {card.origin.loader} failed ({type(error).__name__}: {error}). "
            f"Workers need the package as well: pip install {card.origin.package}"
        ) from error
    return theirs


def _whose(card: EncoderCard) -> str:
    return f"encoder {card.name!r}" + (f" of the package {card.origin.package!r}" if card.origin else "")


def resolve_device(device: str) -> torch.device:
    """Turn a device's name into the device.

    Raises:
        EncoderError: there is no such device here.
    """
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        resolved = torch.device(device)
    except RuntimeError:
        raise EncoderError(f"unknown device {device!r}; type cpu, cuda, cuda:N or auto") from None
    if resolved.type == "cuda" and not torch.cuda.is_available():
        raise EncoderError(f"device {device!r}: no CUDA GPU is visible here; type cpu or auto")
    return resolved
