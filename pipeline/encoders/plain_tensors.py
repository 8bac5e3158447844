"""What a weights file may hold: strided tensors of real numbers of known kinds, in the machine's memory, under plain names.

Sparse, quantised, nested and meta tensors, and views that pretend to be larger than the file, pass PyTorch's own check of a
pickle. Some of them read out of bounds when they are used, others ask for any amount of memory. They are refused before anybody
computes with them.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from pipeline.encoders.errors import EncoderError
from pipeline.printable import cut

_KINDS = (
    *(torch.float16, torch.bfloat16, torch.float32, torch.float64),
    *(torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64),
)
_LONGEST_NAME = 300
_MOST = 200_000
_ALLOWED = f"Allowed are strided tensors of {', '.join(str(kind).removeprefix('torch.') for kind in _KINDS)}"


def require_plain(encoder: str, file: Path, state: Mapping[Any, Any]) -> None:
    """Refuse a state dict in which anything is no plain tensor.

    Raises:
        EncoderError: naming the first, what it is, and what is allowed.
    """
    if (told := oddity(state)) is not None:
        raise EncoderError(
            f"encoder {encoder!r}: {str(file)!r} holds {told}. {_ALLOWED}; save the weights as such, best as safetensors"
        )


def oddity(state: Mapping[Any, Any]) -> str | None:
    """What is no plain tensor under a plain name; None if everything is."""
    if len(state) > _MOST:
        return f"{len(state):,} tensors, and a model has at most {_MOST:,}"
    for name, value in state.items():
        if not isinstance(name, str) or len(name) > _LONGEST_NAME or not name.isprintable():
            return f"a tensor under the name {cut(repr(name), 100)}, which no parameter has"
        if (told := odd_tensor(value)) is not None:
            return f"{told} under {name!r}"
    return None


def odd_tensor(value: Any) -> str | None:
    """What it is, where it is no plain tensor; otherwise None."""
    if type(value) not in (Tensor, nn.Parameter):
        return f"a {type(value).__name__}"
    if value.is_nested:
        return "a nested tensor"
    if value.layout != torch.strided:
        return f"a sparse tensor ({str(value.layout).removeprefix('torch.')})"
    if value.is_quantized:
        return f"a quantised tensor ({str(value.dtype).removeprefix('torch.')})"
    if value.device.type != "cpu":
        return f"a tensor on the device {value.device.type!r}, which has no numbers here"
    if value.dtype not in _KINDS:
        return f"a tensor of {str(value.dtype).removeprefix('torch.')}"
    held = value.untyped_storage().nbytes()
    if value.numel() * value.element_size() > held:
        return f"a tensor of the shape {tuple(value.shape)} over {held:,} bytes"
    return None
