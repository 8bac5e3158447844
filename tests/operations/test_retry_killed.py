"""A retry that was killed is gone on with: what it had tried already is not tried once more."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.operations import retry
from pipeline.operations.retry_note import NOTE
from pipeline.stages.context import Context

Open = Callable[..., Context]


class Killed(BaseException):
    """Nothing catches it."""


def test_a_killed_retry_is_gone_on_with(open_context: Open, finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = open_context(cache={"workers": 0})

    def attempts() -> list[int]:
        return [row.attempts for row in context.media_features("image").rejected()]

    def kill(*_: object) -> None:
        raise Killed

    (before,) = attempts()
    note = context.folder / NOTE
    with monkeypatch.context() as patched:
        patched.setattr("pipeline.stages.cache.cache", kill)
        with pytest.raises(Killed):  # before the file is tried
            retry.retry_failed(context)
    assert attempts() == [before] and note.exists()
    with monkeypatch.context() as patched:
        patched.setattr(retry, "outcome", kill)
        for _ in range(3):  # after that
            with pytest.raises(Killed):
                retry.retry_failed(context)
            assert attempts() == [before + 1] and note.exists()
    assert [each.failing for each in retry.retry_failed(context)] == [1]
    assert attempts() == [before + 1] and not note.exists()
    retry.retry_failed(context)
    assert attempts() == [before + 2] and not note.exists()
    note.write_text("{")  # damaged: as if it were not there
    retry.retry_failed(context)
    assert attempts() == [before + 3]
