"""Decoding in worker processes that one bad file can crash or block without harm.

A worker imports numpy, PIL, PyAV and soundfile but no torch. Decoding runs ahead of its consumer by a bounded number
of files; results come in the order of the paths. A file that crashes its worker, takes too long, wants too much memory
or raises anything becomes a reason; the worker is replaced and the rest go on. What the machine is to blame for is told apart.
"""

import errno
import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.media.audio import decode_audio
from pipeline.media.errors import MediaError
from pipeline.media.image import decode_image
from pipeline.media.limits import MEMORY_BYTES, limit_memory, silence_errors
from pipeline.media.opened import UNREAD, open_media
from pipeline.media.sockets import require_short_temporary_folder
from pipeline.media.specs import AudioSpec, ImageSpec, MediaSpec, VideoSpec
from pipeline.media.video import decode_video
from pipeline.processes import ProcessEnded, ProcessPool
from pipeline.reading import MachineFault, machine_fault
from stores.errors import MmptError
from stores.machine import error_number, machine_error

Decoder = Callable[[str, Any], np.ndarray]
NOT_READ = "not read"
"""Start of the reason where the machine is to blame."""


@dataclass(frozen=True)
class Decoded:
    """What became of one file.

    Attributes:
        path: the file.
        array: the decoded array; None if it failed.
        reason: why it failed; empty if it did not.
        fault: what the machine said where it is to blame, and not the file.
    """

    path: str
    array: np.ndarray | None
    reason: str
    fault: OSError | None = None

    def require_verdict(self) -> "Decoded":
        """Itself, where something is known of what is in the file.

        Raises:
            MachineFault: nothing is, because of the machine.
            FileChanged: nothing is, because the file is gone, or may not be read any longer.
        """
        if self.fault is not None:
            raise machine_fault(self.fault, self.path) from self.fault
        if self.reason.partition(":")[0] in UNREAD:
            raise FileChanged(
                f"{self.path} was there when the files were listed, and now: {self.reason}. Put it back, or leave it away; then "
                "type the same command again: it goes on from there."
            )
        return self


class FileChanged(MmptError):
    """A file that was there at the start of a command is not there any longer."""


def decode_media(path: str, spec: MediaSpec) -> np.ndarray:
    """Decode one file as its spec says.

    Raises:
        MediaError: the file cannot be decoded.
    """
    match spec:
        case ImageSpec():
            return decode_image(path, spec)
        case AudioSpec():
            return decode_audio(path, spec)
        case VideoSpec():
            return decode_video(path, spec)


def decode_many(
    paths: Sequence[str],
    spec: Any,
    *,
    workers: int = 1,
    timeout_s: float = 30.0,
    memory_bytes: int = MEMORY_BYTES,
    ahead: int = 64,
    decode: Decoder = decode_media,
) -> Generator[Decoded, None, None]:
    """Decode files in order.

    Args:
        paths: the files.
        spec: how they are decoded; what `decode` takes, by default a `MediaSpec`.
        workers: worker processes; 0 decodes in this process, where neither crash, time nor memory is limited.
        timeout_s: seconds that one file may take.
        memory_bytes: what a worker may take beyond what it holds when it starts (Linux only).
        ahead: files that may be decoded or waiting before the consumer has taken them.
        decode: the function that decodes; it must be importable by the workers.
    """
    if workers == 0:
        for path in paths:
            yield _attempt(path, spec, decode)
        return
    pool = ProcessPool(workers, _context(), _start_worker, memory_bytes)

    def take_on(path: str, decode: Decoder = decode) -> Future[Decoded]:
        return pool.schedule(_attempt_within, timeout_s, path, spec, decode)

    waiting: deque[tuple[str, Future[Decoded]]] = deque()
    try:
        for path in paths:
            waiting.append((path, take_on(path)))
            if len(waiting) >= max(ahead, workers):
                yield _outcome(*waiting.popleft(), timeout_s, take_on)
        while waiting:
            yield _outcome(*waiting.popleft(), timeout_s, take_on)
    finally:
        pool.stop()  # the consumer may have given up: do not wait for files that nobody will take


def _attempt(path: str, spec: Any, decode: Decoder) -> Decoded:
    try:
        return Decoded(path, decode(path, spec), "")
    except MachineFault as error:
        return _fault(path, error)
    except MediaError as error:
        return Decoded(path, None, error.reason)
    except MemoryError:
        return Decoded(path, None, "too large: out of memory")
    except Exception as error:
        found = machine_error(error)
        # What FFmpeg finds wrong with a file has numbers of the system, too; what the system says of it is a MachineFault.
        if isinstance(found, OSError) and type(found).__module__ == "builtins":
            return _fault(path, found)
        return Decoded(path, None, f"decoder failed: {type(error).__name__}: {error}")


def _fault(path: str, error: BaseException) -> Decoded:
    """What the machine said, as plain values: the errors of some libraries do not travel between processes."""
    found = machine_error(error)
    number = (error_number(found) if isinstance(found, OSError) else None) or errno.EIO
    said = OSError(number, os.strerror(number))
    return Decoded(path, None, f"{NOT_READ}: {said.strerror}, which is the machine's fault; try again", said)


def _attempt_within(timeout_s: float, path: str, spec: Any, decode: Decoder) -> Decoded:
    """Attempt it, and end this process if that takes too long; by the kernel's timer, which stops what C libraries do, too."""
    signal.setitimer(signal.ITIMER_REAL, timeout_s)
    try:
        return _attempt(path, spec, decode)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _outcome(path: str, future: Future[Decoded], timeout_s: float, again: Callable[..., Future[Decoded]]) -> Decoded:
    """What became of a file.

    The timer runs on while everything is stopped (Ctrl-Z), so a file has taken too long when it has done so twice. It was not
    its decoding if the file cannot even be read in that time.
    """
    try:
        try:
            return future.result()
        except ProcessEnded as ended:
            if ended.exitcode != -signal.SIGALRM:
                raise
            return _second_outcome(path, again, timeout_s)
    except ProcessEnded as ended:
        return Decoded(path, None, _end_name(ended.exitcode, timeout_s))
    except MemoryError:  # while the array was packed to be handed over
        return Decoded(path, None, "too large: out of memory")


def _second_outcome(path: str, again: Callable[..., Future[Decoded]], timeout_s: float) -> Decoded:
    try:
        return again(path).result()
    except ProcessEnded as ended:
        if ended.exitcode != -signal.SIGALRM:
            raise
        try:
            read = again(path, _read_only).result()
        except ProcessEnded as silent:
            if silent.exitcode != -signal.SIGALRM:
                raise
            return _fault(path, TimeoutError(errno.ETIMEDOUT, "ETIMEDOUT"))
        return read if read.fault is not None else Decoded(path, None, _end_name(ended.exitcode, timeout_s))


def _read_only(path: str, spec: Any) -> np.ndarray:
    with open_media(path) as file:
        while file.read(1 << 20):
            pass
    return np.zeros(0)


def _end_name(exitcode: int, timeout_s: float) -> str:
    if exitcode == -signal.SIGALRM:
        return f"timeout: not decoded within {timeout_s:g} s"
    return f"decoder crashed: {_exit_name(exitcode)}"


def _exit_name(exitcode: int) -> str:
    if exitcode == -signal.SIGKILL:  # nobody else sends it
        return "SIGKILL (out of memory, most often)"
    return signal.Signals(-exitcode).name if exitcode < 0 else f"exit code {exitcode}"


def _context() -> Any:
    """Start workers from a small server process, which neither has torch in memory nor threads to fork."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    require_short_temporary_folder()
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["pipeline.media.isolation"])
    return context


def _start_worker(memory_bytes: int) -> None:
    limit_memory(memory_bytes)
    silence_errors()
