"""A control group whose processes together have so much memory and no more: the kernel kills the largest when it is used up."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

_TOP = Path("/sys/fs/cgroup")


@contextmanager
def memory_group(most_bytes: int) -> Iterator[Path]:
    """The file into which a process writes its id to join; skips where no such group can be made."""
    old = _TOP / "memory"
    group = (old if old.is_dir() else _TOP) / f"mmpt-test-{os.getpid()}"
    limit = "memory.limit_in_bytes" if old.is_dir() else "memory.max"
    try:
        group.mkdir()
        (group / limit).write_text(str(most_bytes))
        with suppress(OSError):  # not every kernel counts swap
            (group / ("memory.memsw.limit_in_bytes" if old.is_dir() else "memory.swap.max")).write_text(
                str(most_bytes if old.is_dir() else 0)
            )
    except OSError as error:
        with suppress(OSError):
            group.rmdir()
        pytest.skip(f"a control group with a limit of memory cannot be made here ({error})")
    try:
        yield group / "cgroup.procs"
    finally:
        _remove(group)


def _remove(group: Path) -> None:
    for _ in range(100):
        try:
            group.rmdir()
            return
        except OSError:  # somebody in it is still ending
            time.sleep(0.1)
