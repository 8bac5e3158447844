"""A file system without locks, or one that fails while a lock is taken or given up: told with its path, nothing left open."""

import errno
import fcntl
import os
from pathlib import Path

import pytest

from stores.errors import DiskError, UnreadableError
from stores.lock import held, is_held

KINDS = [errno.ENOTSUP, errno.ENOSYS, errno.ENOLCK, errno.EIO, errno.ESTALE, errno.EINTR, errno.EINVAL]


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.parametrize("number", KINDS)
def test_a_lock_that_cannot_be_taken(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    path, before = tmp_path / "x.lock", descriptors()
    monkeypatch.setattr(fcntl, "flock", fails)
    with pytest.raises(DiskError, match="x.lock could not be written: ") as caught, held(path, "x"):
        pass
    assert os.strerror(number) in str(caught.value) and descriptors() == before
    with pytest.raises(UnreadableError, match="x.lock could not be read: ") as asked:
        is_held(path)
    assert os.strerror(number) in str(asked.value) and descriptors() == before
    if number in (errno.ENOTSUP, errno.ENOSYS, errno.ENOLCK):
        assert "lacks locks" in str(caught.value) and "-w FOLDER" in str(asked.value)


@pytest.mark.parametrize("call", ["ftruncate", "write", "unlink", "close"])
def test_what_fails_around_a_lock_fails_nothing_else(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, path = getattr(os, call), tmp_path / "x.lock"
    with monkeypatch.context() as patch:

        def fails(*arguments: object, **options: object) -> None:
            if call == "close":
                real(*arguments)
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        patch.setattr(os, call, fails)
        with held(path, "x"):
            pass
    assert not is_held(path)
    with held(path, "x", timeout_s=0):
        assert is_held(path)
    assert not path.exists()
