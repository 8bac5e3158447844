"""The machine's faults are told from the file's, and nothing is waited for."""

import errno
import os
import threading
import time
from pathlib import Path

import pytest

from pipeline.reading import MachineFault, patiently, reading
from pipeline.reading.regular import LivingFile, key_of, open_regular, read_bytes, require_regular
from stores import file_key
from stores.machine import is_machine_error


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE, errno.EMFILE, errno.ENFILE, errno.ETIMEDOUT, errno.ENOMEM])
def test_the_machines_error_names_the_path_what_was_said_and_what_to_do(number: int) -> None:
    with pytest.raises(MachineFault) as caught, reading("/media/cat.png"):
        raise OSError(number, os.strerror(number), "/somewhere/else")
    told = str(caught.value)
    assert told.startswith(f"/media/cat.png could not be read: {os.strerror(number)}. This is the machine's fault")
    assert told.endswith("type the same command again: it goes on from there.")
    assert ("ulimit -n" in told) == (number == errno.EMFILE)
    assert is_machine_error(caught.value)  # so that a service tries it again


@pytest.mark.parametrize(
    "error", [FileNotFoundError(errno.ENOENT, "gone"), PermissionError(errno.EACCES, "no"), ValueError("x")]
)
def test_other_errors_pass_as_they_are(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, reading("/media/cat.png"):
        raise error
    assert caught.value is error


def test_keys_are_those_of_the_store(tmp_path: Path) -> None:
    for size in (0, 1, (1 << 20) - 1, 1 << 20, (3 << 20) + 7):
        (tmp_path / "x").write_bytes(os.urandom(size))
        assert key_of(tmp_path / "x") == file_key(tmp_path / "x")
        assert read_bytes(tmp_path / "x") == (tmp_path / "x").read_bytes()


def test_what_is_no_regular_file_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    os.mknod(tmp_path / "socket", 0o140600)
    (tmp_path / "device").symlink_to("/dev/zero")
    for name in ("pipe", "socket", "device"):
        for look in (require_regular, key_of, read_bytes):
            with pytest.raises(OSError, match="^not a regular file$"):
                look(tmp_path / name)
    with pytest.raises(OSError, match="^a folder, not a file$"):
        require_regular(tmp_path)


def test_a_file_that_became_a_pipe_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    stat = os.stat
    monkeypatch.setattr(os, "stat", lambda path: stat(tmp_path / "file"))
    with pytest.raises(OSError, match="^not a regular file$"):
        open_regular(tmp_path / "pipe", LivingFile)


@pytest.mark.skipif(not os.access("/proc/kmsg", os.R_OK), reason="the messages of the kernel may not be read here")
def test_a_file_of_the_kernel_that_waits_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "x.png").symlink_to("/proc/kmsg")
    began = time.monotonic()
    with pytest.raises(OSError):  # noqa: PT011 - what it says depends on what this user may do
        key_of(tmp_path / "x.png")
    assert time.monotonic() - began < 20


def test_what_is_longer_than_any_file_is_not_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with (tmp_path / "memory").open("wb") as file:
        file.truncate(1000)
    monkeypatch.setattr("pipeline.reading.regular.MOST_BYTES", 999)
    with pytest.raises(OSError, match="1,000 bytes long, at most 999"):
        require_regular(tmp_path / "memory")


def test_a_step_that_takes_too_long_is_given_up() -> None:
    freed, went_on = threading.Event(), threading.Event()

    def work() -> None:
        with reading("/media/mount"):
            freed.wait(60)
        with reading("/media/next"):
            went_on.set()

    began = time.monotonic()
    with pytest.raises(MachineFault, match="^/media/mount could not be read: Connection timed out") as caught:
        patiently(work, limit_s=0.1)
    assert time.monotonic() - began < 10 and is_machine_error(caught.value)
    freed.set()
    (thread,) = [thread for thread in threading.enumerate() if thread.name == "reading"]
    thread.join()
    assert not went_on.is_set()  # nobody waits for the rest


def test_long_work_of_short_steps_is_waited_for(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"x")

    def work() -> int:
        for _ in range(40):
            with reading(tmp_path):
                time.sleep(0.02)
        time.sleep(0.5)  # of thinking, not of reading
        with reading(tmp_path):
            with open_regular(tmp_path / "x", LivingFile) as file:
                for _ in range(40):
                    time.sleep(0.02)
                    file.read(1)
        return 7

    assert patiently(work, limit_s=0.1) == 7


def test_errors_of_the_work_come_through() -> None:
    with pytest.raises(KeyError, match="x"):
        patiently(lambda: {}["x"])
