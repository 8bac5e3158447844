"""The program of the process that reads PyTorch files first, see `pickles`: a path a line in, a verdict a line out."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

from pipeline.encoders.plain_tensors import odd_tensor
from pipeline.encoders.torch_files import read_content, refusal_of
from stores.machine import error_number, machine_error

_SPARE = 1 << 30
"""Bytes of memory beyond twice a file's size."""
_DEEPEST = 4


def verdict(file: Path) -> dict[str, Any]:
    """What is to be told of a file: nothing, why it is refused, or what the machine said."""
    limit_memory(2 * file.stat().st_size + _SPARE)
    try:
        content = read_content(file)
        told = next((told for value in _tensors(content) if (told := odd_tensor(value)) is not None), None)
    except MemoryError:
        return {
            "refused": f"asks for more memory than a file of {file.stat().st_size:,} bytes needs, and is not loaded"
        }
    except Exception as error:  # a damaged file fails in a dozen ways: EOFError, KeyError, BadZipFile, ...
        fault = machine_error(error)
        if isinstance(fault, OSError):
            return {"errno": error_number(fault)}
        return {"refused": refusal_of(error)}
    return {} if told is None else {"refused": f"holds {told}, and is not loaded"}


def limit_memory(more: int) -> None:
    """Let this process take so many bytes more than it has."""
    try:
        import resource

        status = Path("/proc/self/status").read_text()
    except (ImportError, OSError):  # a system without such limits
        return
    has = 1024 * int(next(line for line in status.splitlines() if line.startswith("VmData")).split()[1])
    resource.setrlimit(resource.RLIMIT_DATA, (has + more, resource.getrlimit(resource.RLIMIT_DATA)[1]))


def _tensors(content: Any, depth: int = 0) -> Iterator[torch.Tensor]:
    if isinstance(content, torch.Tensor):
        yield content
    elif depth < _DEEPEST:
        inner = (
            content.values() if isinstance(content, Mapping) else content if isinstance(content, list | tuple) else ()
        )
        for value in inner:
            yield from _tensors(value, depth + 1)


def _serve() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints is no answer
    for line in sys.stdin:
        answers.write(json.dumps(verdict(Path(json.loads(line)))) + "\n")
        answers.flush()


if __name__ == "__main__":
    _serve()
