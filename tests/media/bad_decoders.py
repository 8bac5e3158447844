"""Decoders that misbehave on files whose names say so; the others give their size."""

import os
import signal
import sys
import time

import numpy as np

from pipeline.media import MediaError


def decode(path, spec):
    name = os.path.basename(path)
    if "endless" in name:
        time.sleep(600)
    if "segfault" in name:
        os.kill(os.getpid(), signal.SIGSEGV)
    if "exit" in name:
        os._exit(3)
    if "memory" in name:
        raise MemoryError
    if "hog" in name:
        return np.ones(1 << 29)  # 4 GiB
    if "bug" in name:
        raise ValueError("a bug of the decoder")
    if "bad" in name:
        raise MediaError("truncated")
    return np.array([os.path.getsize(path)])


def pid_then_sleep(path, spec):
    with open(path, "w") as file:
        file.write(str(os.getpid()))
    time.sleep(600)


def loaded_modules(path, spec):
    return np.array([name in sys.modules for name in ("torch", "transformers", "open_clip", "prefect")])


def forty_mebibytes(path, spec):
    return np.ones(40 << 17)[:1]


def complain(path, spec):
    os.write(2, b"libsomething: cannot read next header")
    return np.zeros(1)


def large(path, spec):
    """Four megabytes, more than a pipe takes."""
    time.sleep(0.05)
    return np.full(1 << 20, int(path), np.float32)


def half_a_second(path, spec):
    time.sleep(0.5)
    return np.zeros(1)


def unpackable(path, spec):
    """An array of a size that can be decoded, but for which no second one has room."""
    return np.ones(40 << 17)


def raise_by_name(path, spec):
    """What goes wrong is the file's name: of the system, of FFmpeg with a number of the system, or nothing."""
    import errno

    import av.error

    match os.path.basename(path).split("-")[-1]:
        case "EMFILE":
            raise OSError(errno.EMFILE, "Too many open files", "/usr/lib/libsomething.so")
        case "wrapped":
            try:
                raise OSError(errno.ESTALE, "Stale file handle")
            except OSError:
                raise RuntimeError("a library's own words")  # noqa: B904 - as libraries do
        case "ffmpeg":
            av.error.err_check(-errno.EIO)
        case "EACCES":
            raise PermissionError(errno.EACCES, "Permission denied")
    return np.zeros(1)


def sleep(path, spec):
    time.sleep(600)
