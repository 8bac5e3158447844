import errno
import os
from pathlib import Path

import pytest

from stores.commit import replace_bytes
from stores.entries import remove_folder
from stores.errors import DiskError
from stores.machine import is_machine_error


@pytest.mark.parametrize(
    "name",
    [
        "EIO",
        "ESTALE",
        "EMFILE",
        "ENFILE",
        "ETIMEDOUT",
        "ENOMEM",
        "ENOSPC",
        "EROFS",
        "EINTR",
        "ENOTSUP",
        "EXDEV",
        "EUCLEAN",
        "EBADMSG",
    ],
)
def test_what_the_system_says_of_itself_is_the_machines_fault(name: str) -> None:
    assert is_machine_error(OSError(getattr(errno, name), "no"))


def test_a_lack_of_memory_is_the_machines_fault() -> None:
    assert is_machine_error(MemoryError())


@pytest.mark.parametrize(
    "error", [FileNotFoundError(errno.ENOENT, "gone"), PermissionError(errno.EACCES, "no"), ValueError("x")]
)
def test_what_says_something_about_the_file_is_not(error: Exception) -> None:
    assert not is_machine_error(error)
    assert not is_machine_error(OSError("unable to synchronously open file (file signature not found)"))


def test_the_number_that_hdf5_tells_counts() -> None:
    told = "[Errno {0}] unable to open file (unable to open file: name = 'x', errno = {0}, error message = 'no')"
    assert is_machine_error(OSError(told.format(errno.EMFILE)))
    assert not is_machine_error(OSError(told.format(errno.ENOENT)))


def test_a_wrapped_error_is_found() -> None:
    def wrapped(cause: Exception, suppress: bool) -> BaseException:
        try:
            try:
                raise cause
            except OSError as error:
                raise ValueError("cannot be read") from (None if suppress else error)
        except ValueError as error:
            return error

    assert is_machine_error(wrapped(OSError(errno.EIO, "no"), suppress=False))
    assert not is_machine_error(wrapped(OSError(errno.EIO, "no"), suppress=True))
    assert not is_machine_error(wrapped(DiskError("full"), suppress=False))
    assert is_machine_error(ExceptionGroup("many", [ValueError(), OSError(errno.EIO, "no")]))


def test_errors_that_were_raised_during_each_other_end() -> None:
    first, second = ValueError("a"), ValueError("b")
    first.__context__, second.__context__ = second, first
    assert not is_machine_error(first)


def test_a_folder_in_the_place_of_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "report.html").mkdir()
    with pytest.raises(
        DiskError, match=r"report\.html could not be written: Is a directory: a folder has its name\. Move that"
    ):
        replace_bytes(tmp_path / "report.html", b"page")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_a_folder_that_fails_to_close_while_it_is_removed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    closed = os.close
    first = [OSError(errno.EIO, "no")]

    def failing(descriptor: int) -> None:
        closed(descriptor)  # as Linux does, whatever close(2) returns
        if first:
            raise first.pop()

    monkeypatch.setattr("os.close", failing)
    with pytest.raises(DiskError, match=r"a could not be written: Input/output error"):
        remove_folder(tmp_path / "a")
    remove_folder(tmp_path / "a")
    assert not (tmp_path / "a").exists()
