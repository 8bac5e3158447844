"""What reaches Prefect's database, the message of a state and the lines of a log, holds no secret."""

import asyncio
import errno
import logging
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from prefect.logging.handlers import APILogHandler
from prefect.states import exception_to_failed_state

import flows.stages as flows
from flows import asked, opened
from flows.redaction import Redacted, without_secrets
from flows.retry import as_prefect_task, worth_retrying
from pipeline.recipe.errors import RecipeError
from stores.errors import LockHeld

KEY = "unspeaking-Value-0815/abc+def="


@pytest.fixture(autouse=True)
def _a_secret(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SERVICE_TOKEN", KEY)
    before = logging.getLogRecordFactory()
    yield
    logging.setLogRecordFactory(before)


class Own(Exception):
    """Its text is not made of its arguments."""

    def __str__(self) -> str:
        return f"refused {KEY}"


def raised(error: BaseException) -> BaseException:
    """What comes out of a flow that raises this."""

    @without_secrets()
    def flow() -> None:
        raise error

    with pytest.raises(Exception) as found:
        flow()
    return found.value


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "kept", "told"),
    [
        (ValueError(f"bad {KEY}"), ValueError, "bad ***"),
        (RecipeError("r.yaml", [f"server.url: http://u:{KEY}@h"]), RecipeError, "r.yaml: 1 mistake"),
        (FileNotFoundError(errno.ENOENT, "gone", f"/x/{KEY}"), FileNotFoundError, "gone: '/x/***'"),
        (LockHeld(f"held by {KEY}"), LockHeld, "held by ***"),
        (Own(), Redacted, "Own: refused ***"),
        (KeyError("nothing to hide"), KeyError, "nothing to hide"),
    ],
)
def test_the_message_of_a_state(error: Exception, kept: type, told: str) -> None:
    found = raised(error)
    assert type(found) is kept
    message = asyncio.run(exception_to_failed_state(found)).message
    assert told in message and KEY not in message


def test_an_error_keeps_what_decides_about_a_retry() -> None:
    assert worth_retrying(raised(LockHeld(KEY)))
    assert worth_retrying(raised(caused(ValueError(KEY), ConnectionResetError(errno.ECONNRESET, KEY))))
    assert worth_retrying(raised(caused(Own(), TimeoutError(KEY))))
    assert not worth_retrying(raised(Own()))
    assert worth_retrying(raised(caused(ValueError("x"), OSError(errno.EIO, f"disk {KEY}"))))


def test_the_log_that_is_sent_to_the_server() -> None:
    sent: list[str] = []

    class Server(APILogHandler):
        def emit(self, record: logging.LogRecord) -> None:
            sent.append(self.prepare(record)["message"])

    logger, handler = logging.getLogger("prefect.flow_runs.test"), Server()
    logger.addHandler(handler)
    logger.propagate = False
    logger.setLevel(logging.INFO)
    extra = {"flow_run_id": str(uuid4())}
    try:
        for error in (ValueError(f"inner {KEY}"), Own()):
            try:
                with without_secrets():
                    try:
                        raise error
                    except Exception as inner:
                        raise RuntimeError(f"outer {KEY}") from inner
            except RuntimeError as found:
                logger.exception("Encountered exception during execution: %r", found, extra=extra)
        logger.warning("said %s", KEY, extra=extra)
        logger.warning("plain %s", "text", extra=extra)
    finally:
        logger.removeHandler(handler)
    first, second, said, plain = sent
    assert "Traceback" in first and "ValueError: inner ***" in first and "RuntimeError: outer ***" in first
    assert "Own: refused ***" in second  # its text stays as it is in the error, and goes when it is written
    assert (said, plain) == ("said ***", "plain text")
    assert not any(KEY in text for text in sent)


def test_every_flow_and_every_task_is_wrapped(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise ValueError(f"refused {KEY}")

    monkeypatch.setattr(opened, "open_bound", fail)
    stages = (
        "generate_texts",
        "cache_features",
        "train",
        "evaluate",
        "report",
        "run",
        "run_recipe",
        "retry",
        "refresh",
    )
    found: dict[str, Callable[..., Any]] = {name: getattr(flows, name).fn for name in stages}
    found["plan"] = asked.plan.fn
    found["a task"] = as_prefect_task("a task", fail).fn
    for name, call in found.items():
        with pytest.raises(ValueError, match=r"^refused \*\*\*$"):
            call()
        assert name
