"""One writer at a time, by flock(2).

The kernel gives the lock up when its holder ends, however it ends, so a lock can be left behind but never
held by the dead, and a recycled process id cannot be mistaken for the owner. Host and process id are written
into the file only for the message that a second writer gets. The file is removed while the lock is held; a
waiter that had already opened the removed file notices that its name now leads elsewhere and starts again.

On object storage `stores.lease` takes the kernel's place.
"""

import fcntl
import functools
import json
import logging
import os
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from stores.address import Location, is_remote
from stores.commit import make_folder
from stores.disk import writing
from stores.errors import LockHeld
from stores.reading import reading

_log = logging.getLogger(__name__)
_SECONDS_BEFORE_A_WORD = 1.0
_open_descriptors: set[int] = set()


@contextmanager
def held(path: Location, subject: str, timeout_s: float = 600.0, poll_s: float = 0.1) -> Iterator[Callable[[], None]]:
    """Hold the lock at `path` for the length of a `with` block.

    Args:
        path: the lock file; made when needed, removed at the end.
        subject: what is locked, for messages.
        timeout_s: seconds to wait for another holder; 0 asks once.
        poll_s: seconds between two attempts.

    Yields:
        what raises `LockLost` if the lock is no longer held, which can happen on object storage only.

    Raises:
        LockHeld: if another holder is still there after `timeout_s`, naming it.
    """
    if is_remote(path):
        from stores.lease import leased

        with leased(path, subject, timeout_s, poll_s) as check:
            yield check
        return
    _close_in_forked_children()
    descriptor = _acquire(path, subject, timeout_s, poll_s)
    holder = os.getpid()
    try:
        yield _never_lost
    finally:
        if os.getpid() == holder:
            with suppress(OSError):  # a file that stays is free, and `store gc` takes it away; what was done is done
                path.unlink(missing_ok=True)
            _close(descriptor)


def is_held(path: Location) -> bool:
    """Tell whether some process holds the lock at `path` now; writes nothing."""
    if is_remote(path):
        from stores.lease import is_leased

        return is_leased(path)
    try:
        with reading(path):
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        with reading(path):
            return not _flocked(descriptor, fcntl.LOCK_SH)
    finally:
        with suppress(OSError):
            os.close(descriptor)


def owners(paths: Sequence[Location]) -> dict[Location, dict[str, Any]]:
    """Return who holds each of these locks now, as far as it is told: "host" and "pid"; those that are free are left out.

    Takes up to a lease on object storage, however many there are.
    """
    found: dict[Location, dict[str, Any]] = {p: _owner(p) for p in paths if not is_remote(p) and is_held(p)}
    leases = [path for path in paths if is_remote(path)]
    if leases:
        from stores.lease import lease_owners

        found |= lease_owners(leases)
    return found


def patience_s(path: Location) -> float:
    """Return how long to wait for a lock that `is_held` found free: a remote one may first have to be judged."""
    if not is_remote(path):
        return 0.0
    from stores.lease import lease_s

    return 2 * lease_s()


def _owner(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _never_lost() -> None:
    """The kernel takes no lock from a living process."""


def _acquire(path: Path, subject: str, timeout_s: float, poll_s: float) -> int:
    began, told = time.monotonic(), False
    deadline = began + timeout_s
    while True:
        descriptor = _try(path)
        if descriptor is not None:
            return descriptor
        if time.monotonic() >= deadline:
            raise LockHeld(_who(path, subject, timeout_s))
        if not told and time.monotonic() - began > _SECONDS_BEFORE_A_WORD:
            told = True
            _log.warning("%s is being written by another process; waiting up to %g s for it", subject, timeout_s)
        time.sleep(min(poll_s, max(0.0, deadline - time.monotonic())))


def _try(path: Path) -> int | None:
    """Return the descriptor of a lock that is now ours, or None if somebody else has it."""
    while True:
        make_folder(path.parent)
        with writing(path):
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        _open_descriptors.add(descriptor)
        try:
            with writing(path):  # not every file system has locks
                if not _flocked(descriptor, fcntl.LOCK_EX):
                    _close(descriptor)
                    return None
                if _leads_to(path, descriptor):
                    _sign(descriptor)
                    return descriptor
        except OSError:
            _close(descriptor)
            raise
        _close(descriptor)


def _flocked(descriptor: int, kind: int) -> bool:
    """Ask for a lock once; whether it is ours now."""
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sign(descriptor: int) -> None:
    with suppress(OSError):  # a full disk spoils a message; who has nothing to write must not stumble over it
        os.ftruncate(descriptor, 0)
        os.write(descriptor, json.dumps({"host": platform.node(), "pid": os.getpid()}).encode())


def _leads_to(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _who(path: Path, subject: str, timeout_s: float) -> str:
    try:
        owner = json.loads(path.read_text())
        pid, host = int(owner["pid"]), str(owner["host"])
    except (OSError, ValueError, KeyError, TypeError):
        return f"{subject} was being written by another process; waited {timeout_s:g} s. Run this again."
    if pid == os.getpid() and host == platform.node():
        return (
            f"{subject} is already open for writing in this very process ({pid}); waited {timeout_s:g} s. "
            "One writer at a time is allowed: leave the other `with artifact.writer()` block first."
        )
    here = "this host" if host == platform.node() else "another host"
    return (
        f"{subject} is being written by process {pid} on {host} ({here}); waited {timeout_s:g} s. One "
        f"writer at a time is allowed. Wait for it to end, or stop it there with `kill {pid}`, and run this "
        "again: the lock ends with the process, and nothing it has published is lost."
    )


def _close(descriptor: int) -> None:
    _open_descriptors.discard(descriptor)
    with suppress(OSError):  # the kernel has let it go all the same, and nothing that matters was written to it
        os.close(descriptor)


@functools.cache
def _close_in_forked_children() -> None:
    """Keep a forked child, e.g. a decoder that outlives its parent, from keeping the parent's locks."""

    def close_all() -> None:
        for descriptor in _open_descriptors:
            os.close(descriptor)
        _open_descriptors.clear()

    os.register_at_fork(after_in_child=close_all)
