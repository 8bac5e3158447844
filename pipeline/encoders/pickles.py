"""PyTorch's own files, read by a process that may die before this one reads them.

A pickle is a program for a small machine, and reading one has led out of bounds before, with `weights_only=True`, too. So another
process reads it first, with little memory beyond the file's own size and little time. Only what it came through, and what held
nothing but plain tensors, is read here. The process lingers for some seconds, for whoever reads several files.
"""

import atexit
import json
import os
import select
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from pipeline.encoders.errors import EncoderError
from pipeline.reading import machine_fault

_LINGERS_S = 5.0
_LEAST_TIME_S = 120.0
_BYTES_A_SECOND = 5_000_000
_LONGEST_ANSWER = 1 << 20


class PickleRefused(EncoderError):
    """A file is not read; the message is what is to be said of it behind its name."""


def require_harmless(file: Path) -> None:
    """Have another process read a PyTorch file.

    Raises:
        PickleRefused: it does not come through it, or finds more than plain tensors and plain data.
        MachineFault: the machine kept it from being read.
    """
    limit_s = _LEAST_TIME_S + file.stat().st_size / _BYTES_A_SECOND
    with _taking_turns:
        answer = _reader.ask(str(file.absolute()), limit_s)
    if answer.get("errno"):
        error = OSError(answer["errno"], os.strerror(answer["errno"]), str(file))
        raise machine_fault(error, file) from error
    if answer.get("refused"):
        raise PickleRefused(str(answer["refused"]))


class _Reader:
    """The process that reads, while it is there."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._end: threading.Timer | None = None

    def ask(self, file: str, limit_s: float) -> dict[str, Any]:
        """What it says of a file; it is ended where it says nothing in time."""
        if self._end is not None:
            self._end.cancel()
        if self._process is not None and self._process.poll() is not None:
            self.stop()
        if self._process is None:
            self._process = _started()
        answer = self._answer(self._process, file, limit_s)
        if answer is None:
            self.stop()
            told = f"is not read: the process that reads it first died, or took more than {limit_s:.0f} s"
            return {"refused": f"{told}. Use the same weights as safetensors"}
        self._end = threading.Timer(_LINGERS_S, self._stop_idle)
        self._end.daemon = True
        self._end.start()
        return answer

    def _answer(self, process: "subprocess.Popen[bytes]", file: str, limit_s: float) -> dict[str, Any] | None:
        assert process.stdin is not None and process.stdout is not None
        until, said = time.monotonic() + limit_s, b""
        with suppress(BrokenPipeError):
            process.stdin.write(json.dumps(file).encode() + b"\n")
            process.stdin.flush()
        while not said.endswith(b"\n"):
            ready, _, _ = select.select([process.stdout], [], [], max(until - time.monotonic(), 0))
            piece = os.read(process.stdout.fileno(), 1 << 16) if ready else b""
            if not piece or len(said) > _LONGEST_ANSWER:
                return None
            said += piece
        with suppress(ValueError):
            found = json.loads(said)
            return found if isinstance(found, dict) else None
        return None

    def _stop_idle(self) -> None:
        with _taking_turns:
            self.stop()

    def stop(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with suppress(BrokenPipeError):
                        pipe.close()


_taking_turns = threading.RLock()
_reader = _Reader()
atexit.register(_reader.stop)


def _started() -> "subprocess.Popen[bytes]":
    root = str(Path(__file__).resolve().parents[2])
    paths = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))
    quiet = {"PYTHONPATH": paths, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "", "PYTHONWARNINGS": "ignore"}
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "pipeline.encoders.pickles_read"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, **quiet},
    )  # fmt: skip
