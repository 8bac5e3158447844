"""No secret goes into Prefect's database: not with the message of a state, not with a line of a log or its traceback.

Prefect keeps the text of an error as the message of the run's state, and logs it with a traceback. Both are made from the
exception after the flow has ended, so the secrets are taken out of the exception itself, and out of log records as they are made.
"""

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pipeline.telemetry.secrets import redact
from stores.errors import MmptError


class Redacted(MmptError):
    """An error whose own text cannot be changed, told again without the secrets in it."""


@contextmanager
def without_secrets() -> Iterator[None]:
    """Let errors out of the block without secrets, and from now on no log record of this process with one.

    Raises:
        Redacted: in place of an error whose text is not made of what it was raised with.
    """
    _redact_records()
    try:
        yield
    except Exception as error:
        for link in _links(error):
            _redact_error(link)
        told = str(error)
        if redact(told) != told:
            raise Redacted(f"{type(error).__name__}: {redact(told)}") from error
        raise


def _links(error: BaseException) -> list[BaseException]:
    """The error and all that it was raised from or beside."""
    found, waiting = [], [error]
    while waiting:
        link = waiting.pop()
        if link not in found:
            found.append(link)
            waiting += [other for other in (link.__cause__, link.__context__) if other is not None]
    return found


def _redact_error(error: BaseException) -> None:
    error.args = tuple(redact(each) if isinstance(each, str) else each for each in error.args)
    if isinstance(error, OSError):  # whose text is made of these, not of its arguments
        for name in ("strerror", "filename", "filename2"):
            if isinstance(value := getattr(error, name), str):
                setattr(error, name, redact(value))
    if notes := getattr(error, "__notes__", None):
        notes[:] = [redact(note) for note in notes]


def _redact_records() -> None:
    make = logging.getLogRecordFactory()
    if getattr(make, "redacts", False):
        return

    def make_redacted(*arguments: Any, **named: Any) -> logging.LogRecord:
        record = make(*arguments, **named)
        _redact_record(record)
        return record

    make_redacted.redacts = True  # type: ignore[attr-defined]
    logging.setLogRecordFactory(make_redacted)


def _redact_record(record: logging.LogRecord) -> None:
    """Change a record only where it holds a secret."""
    try:
        told = record.getMessage()
    except (TypeError, ValueError, KeyError):  # the handler tells that its arguments do not fit
        return
    if redact(told) != told:
        record.msg, record.args = redact(told), ()
    if record.exc_info and record.exc_info[1] is not None:
        trace = "".join(traceback.format_exception(*record.exc_info)).rstrip()
        if redact(trace) != trace:
            record.exc_text, record.exc_info = redact(trace), None
