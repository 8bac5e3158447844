"""A machine that fails where nobody asked: a message with what to do, never a traceback, and a defect stays a defect."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.miniature.world import whole_folder
from stores.errors import UnreadableError

Run = Callable[..., tuple[int, str, str]]


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (OSError(errno.EIO, "Input/output error", "/media/x"), 2, "error: /media/x could not be read: Input/output error"),
        (OSError(errno.EMFILE, "Too many open files"), 2, "error: a file (while "),
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), 2, "error: a connection failed: Connection refused."),
        (OSError(errno.ENOSPC, "Full", "/w/x"), 2, "error: /w/x could not be written: No space left on device"),
        (OSError(errno.EXDEV, "Cross", "/w/x", None, "/v/y"), 2, "error: /w/x could not be written: Invalid cross-device link"),
        (OSError(errno.ENOTSUP, "No", b"/w/\xff"), 2, "error: /w/\\xff could not be used: Operation not supported"),
        (FileNotFoundError(errno.ENOENT, "No", "/w/x"), 2, "error: /w/x could not be used: No such file or directory"),
        (PermissionError(errno.EACCES, "No", "/w/x"), 2, "error: /w/x may not be used by this user (Permission denied)"),
        (OSError(errno.EIO, "Input/output error"), 2, "error: a file (while "),
        (MemoryError(), 2, "error: there was not enough memory."),
        (ValueError("a defect"), 1, "Traceback"),
    ],
)  # fmt: skip
def test_what_nobody_expected(
    call: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: Exception, code: int, told: str
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("pipeline.stages.plan.plan_run", fails)
    left, out, err = call("plan", "miniature", "-w", tmp_path)
    assert (left, out) == (code, "") and err.startswith(told)
    if told.endswith("(while "):  # the system named no file: the path that was at hand stands in its place
        assert f" was worked on) could not be read: {error.args[1]}" in err
    assert ("Traceback" in err) == (code == 1)


def test_a_marker_that_cannot_be_read_is_no_reason_to_remove_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = {"media": "images", "seed": 1, "per_class": 1, "classes": ["x"]}
    whole_folder.publish_folder(tmp_path / "media", request, lambda folder: None)
    read_text = Path.read_text

    def fails(path: Path, *arguments: str) -> str:
        if path.name == whole_folder.MARKER:
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))
        return read_text(path, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_text", fails)
        with pytest.raises(UnreadableError, match="Stale file handle") as caught:
            whole_folder.publish_folder(tmp_path / "media", request, lambda folder: None)
    assert "rm -r" not in str(caught.value)
    whole_folder.publish_folder(tmp_path / "media", request, lambda folder: None)
