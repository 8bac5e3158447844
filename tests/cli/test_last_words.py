"""Whatever the operating system said becomes a message with its path, also where the error itself names none."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli.last_words import system_error_text


def raised(work: Any) -> BaseException:
    with pytest.raises(BaseException) as caught:  # noqa: PT011 - whatever it is
        work()
    return caught.value


def read_that_fails(path: Path) -> None:
    """As the kernel ends the reading of an open file: without a name."""
    assert path.name
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def from_a_library(path: Path) -> None:
    with open(path) as file:
        _inside(file)


def _inside(handle: Any) -> None:
    raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))


@pytest.mark.parametrize("work", [read_that_fails, from_a_library])
def test_the_path_at_hand_is_told(tmp_path: Path, work: Any) -> None:
    (tmp_path / "shard.h5").touch()
    text = system_error_text(raised(lambda: work(tmp_path / "shard.h5")))
    assert text is not None and text.startswith(f"{tmp_path}/shard.h5 could not be read: ")


def test_a_path_that_the_error_names_comes_first(tmp_path: Path) -> None:
    def work() -> None:
        path = tmp_path / "another"
        raise OSError(errno.EIO, "no", str(path.with_name("named")))

    assert str(system_error_text(raised(work))).startswith(f"{tmp_path}/named could not be read: Input/output error.")


def test_a_path_further_out_says_what_was_going_on(tmp_path: Path) -> None:
    def deep(depth: int) -> None:
        if not depth:
            raise OSError(errno.EMFILE, "no")
        deep(depth - 1)

    def work(path: Path) -> None:
        deep(len(path.name))

    told = str(system_error_text(raised(lambda: work(tmp_path / "workspace"))))
    assert told.startswith(f"a file (while {tmp_path}/workspace was worked on) could not be read: Too many open files.")


def test_an_error_without_any_path_is_told_all_the_same() -> None:
    error = OSError(errno.EMFILE, "no")
    assert str(system_error_text(error)).startswith("a file could not be read: Too many open files.")


@pytest.mark.parametrize("error", [ValueError("x"), KeyError("x"), OSError("a library's own words")])
def test_what_the_system_did_not_say_is_a_defect_of_ours(error: Exception) -> None:
    assert system_error_text(error) is None


def test_a_name_that_is_no_text_shows_its_bytes() -> None:
    error = OSError(errno.EIO, "no", os.fsdecode(b"/m/caf\xe9.jpg"))
    assert str(system_error_text(error)).startswith(r"/m/caf\xe9.jpg could not be read")
