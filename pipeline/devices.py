"""Which device to compute on."""

import re

from stores.errors import MmptError


class DeviceError(MmptError):
    """The device asked for is not there."""


def check_device_name(device: str) -> None:
    """Refuse a name that no device can have; needs no torch.

    Raises:
        DeviceError: the name is unknown.
    """
    if not re.fullmatch(r"auto|cpu|cuda(:\d+)?", device):
        raise DeviceError(f"--device '{device}' is unknown; allowed are auto, cpu, cuda, cuda:0, cuda:1, …")


def resolve_device(device: str) -> str:
    """`auto` becomes `cuda` where there is a GPU, else `cpu`.

    Raises:
        DeviceError: `cuda` was asked for and there is none, or the name is unknown.
    """
    check_device_name(device)
    import torch

    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise DeviceError(f"--device {device}: torch sees no CUDA device here. Use --device cpu, or auto.")
    return device
