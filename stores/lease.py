"""One writer at a time on object storage, where no kernel tells that a holder has died.

A lock is a folder of numbered objects, each created on condition that its name is free. Who creates number n+1 holds the
lock, whatever became of the holder of n. The holder overwrites its object again and again; a waiter that has seen it
unchanged for the length of a lease, by its own monotonic clock, takes over. No two clocks are ever compared, so one that
jumps does no harm. At the end the holder leaves "released" in its object, which stays: numbers never start again, so a
holder that slept through its lease sees a higher number when it wakes, and stops before it publishes.

The lock spares two processes the same work. What makes it impossible that both publish is `stores.numbered`.
"""

import json
import logging
import os
import platform
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from stores import objects
from stores.address import Location
from stores.errors import LockHeld, LockLost, StorageError, WorkspaceError

if TYPE_CHECKING:
    from upath import UPath

_log = logging.getLogger(__name__)
_SECONDS = re.compile(r"\d{1,9}(\.\d{0,9})?")
_LONGEST_LEASE_S = 86_400


def lease_s() -> float:
    """Return after how many seconds without a sign of life a holder counts as dead: $MMPT_LEASE_S, else 30.

    Raises:
        WorkspaceError: the variable is no such number.
    """
    told = os.environ.get("MMPT_LEASE_S", "30")
    found = float(told) if _SECONDS.fullmatch(told) else 0.0
    if not 0 < found <= _LONGEST_LEASE_S:
        raise WorkspaceError(
            f"MMPT_LEASE_S is {told!r:.80}; it says after how many seconds without a sign of life a lock is free: a number above "
            f"0 and up to {_LONGEST_LEASE_S}. Set it to 30, or take it out of the environment (unset MMPT_LEASE_S)"
        )
    return found


@contextmanager
def leased(folder: "UPath", subject: str, timeout_s: float, poll_s: float) -> Iterator[Callable[[], None]]:
    """Hold the lock in `folder` for the length of a `with` block; see `stores.lock.held`.

    Yields:
        what raises `LockLost` if another process has taken over; call it before publishing.
    """
    holder = _Holder(folder, subject, _acquire(folder, subject, timeout_s, poll_s))
    holder.start()
    try:
        yield holder.check
    finally:
        holder.stop()


def is_leased(folder: "UPath") -> bool:
    """Tell whether somebody holds the lock; takes up to a lease, for a holder that gives no sign of life."""
    return bool(lease_owners([folder]))


def lease_owners(folders: "Sequence[UPath]") -> "dict[Location, dict[str, Any]]":
    """Return who holds each of these locks, see `stores.lock.owners`; they are watched together, for a lease at most."""
    watched = {folder: found for folder in folders if not _is_free((found := _newest(folder))[1])}
    owners: dict[Location, dict[str, Any]] = {}
    end = time.monotonic() + lease_s()
    while watched and time.monotonic() < end:
        time.sleep(lease_s() / 20)
        for folder, before in list(watched.items()):
            if (found := _newest(folder)) != before:
                del watched[folder]
                if not _is_free(found[1]):
                    owners[folder] = _parsed(found[1])
    return owners


class _Holder:
    """Signs of life of one holder, in a thread of their own."""

    def __init__(self, folder: "UPath", subject: str, number: int) -> None:
        self._folder, self._subject, self._number = folder, subject, number
        self._process, self._beats = os.getpid(), 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="lease", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def check(self) -> None:
        if _highest(self._folder) != self._number:
            raise LockLost(
                f"{self._subject} was taken over by another process: this one had given no sign of life for {lease_s():g} s "
                "(was it stopped, or the network gone?). What was published is safe; run this again."
            )

    def stop(self) -> None:
        if os.getpid() != self._process:  # a forked child that leaves the block
            return
        self._ended.set()
        self._thread.join()
        try:
            self._write(released=True)
        except StorageError as error:
            _log.warning(
                "the lock of %s could not be released, others wait %g s for it: %s", self._subject, lease_s(), error
            )

    def _beat(self) -> None:
        while not self._ended.wait(lease_s() / 4):
            try:
                if _highest(self._folder) != self._number:
                    return  # `check` tells it
                self._write()
            except StorageError as error:
                _log.warning("no sign of life of %s could be given: %s", self._subject, error)

    def _write(self, released: bool = False) -> None:
        self._beats += 1
        objects.put(self._folder / _name(self._number), _content(beats=self._beats, released=released))


def _acquire(folder: "UPath", subject: str, timeout_s: float, poll_s: float) -> int:
    deadline = time.monotonic() + timeout_s
    poll_s = max(poll_s, lease_s() / 30)
    watched, since = (-1, b""), time.monotonic()
    while True:
        found = _newest(folder)
        if found != watched:
            if watched[0] == -1 and not _is_free(found[1]) and timeout_s:
                _log.warning("%s is being written by another process; waiting up to %g s for it", subject, timeout_s)
            watched, since = found, time.monotonic()
        number, content = found
        if (_is_free(content) or time.monotonic() - since > lease_s()) and _take(folder, number):
            return number + 1
        if time.monotonic() >= deadline:
            raise LockHeld(_who(content, subject, timeout_s))
        time.sleep(min(poll_s, max(0.0, deadline - time.monotonic())))


def _take(folder: "UPath", number: int) -> bool:
    try:
        objects.create(folder / _name(number + 1), _content())
    except FileExistsError:
        return False
    objects.delete(folder / _name(older) for older in _numbers(folder) if older <= number)
    return True


def _newest(folder: "UPath") -> tuple[int, bytes]:
    number = _highest(folder)
    try:
        return number, objects.read(folder / _name(number)) if number else b""
    except FileNotFoundError:  # the next holder has just removed it
        return number, b"gone"


def _highest(folder: "UPath") -> int:
    return max(_numbers(folder), default=0)


def _numbers(folder: "UPath") -> list[int]:
    return [int(name.removesuffix(".json")) for name in objects.names(folder) if name[:6].isdigit()]


def _name(number: int) -> str:
    return f"{number:06d}.json"


def _content(**more: Any) -> bytes:
    # The random part makes two holders' objects differ, and tells a lost answer to our own request from a rival's.
    owner = {"host": platform.node(), "pid": os.getpid(), "token": uuid.uuid4().hex}
    return json.dumps(owner | more).encode()


def _is_free(content: bytes) -> bool:
    return not content or bool(_parsed(content).get("released"))


def _parsed(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _who(content: bytes, subject: str, timeout_s: float) -> str:
    owner = _parsed(content)
    who = f"process {owner['pid']} on {owner['host']}" if {"pid", "host"} <= owner.keys() else "another process"
    return (
        f"{subject} is being written by {who}; waited {timeout_s:g} s. One writer at a time is allowed. Wait for it to "
        f"end, or stop it there, and run this again: the lock of a process that died is free {lease_s():g} s later, and "
        "nothing it has published is lost."
    )
