"""Logs on standard error; results stay on standard output.

Unless asked, people get the stages' own lines and warnings. `--log-format human` or `json`, or MMPT_LOG_FORMAT, tells every
event, as a line or as one JSON object a line. Any module logs with the standard library:
`logger.info("shard published", extra={"fields": {"rows": 256}})`.
"""

import json
import logging
import os
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from pipeline.printable import printable
from pipeline.telemetry.secrets import redact
from stores.errors import MmptError

FORMATS = ("human", "json")
VARIABLE = "MMPT_LOG_FORMAT"
OWN = ("stores", "pipeline", "flows")
"""The loggers that tell every event where a format was asked for; of others only warnings are told."""

_bound: ContextVar[Mapping[str, Any]] = ContextVar("bound", default={})  # noqa: B039 - never written to
_format: str | None = None


class LogFormatError(MmptError):
    """There is no such format of logs."""


def start_logs(asked: str | None = None) -> None:
    """Send the logs of this process to standard error from now on; asked for again, it replaces what was there.

    Args:
        asked: "human" or "json"; without it the environment is asked.

    Raises:
        LogFormatError: it is neither.
    """
    global _format
    found = asked or os.environ.get(VARIABLE) or None
    if found not in (None, *FORMATS):
        source = "--log-format" if asked else VARIABLE
        raise LogFormatError(f"{source} '{found}' is unknown; allowed are {' and '.join(FORMATS)}")
    _format = found
    root = logging.getLogger()
    for old in [handler for handler in root.handlers if isinstance(handler, _OnStderr)]:
        root.removeHandler(old)
    handler = _OnStderr()
    handler.setFormatter(_Json() if found == "json" else _Human())
    root.addHandler(handler)
    for name in OWN:
        logging.getLogger(name).setLevel(logging.INFO if found else logging.WARNING)
    logging.captureWarnings(found == "json")


def in_json() -> bool:
    """Whether everything on standard error has to be JSON."""
    return _format == "json"


@contextmanager
def bound(**fields: Any) -> Iterator[None]:
    """Add these fields to every event that is logged while the block runs."""
    before = _bound.set({**_bound.get(), **fields})
    try:
        yield
    finally:
        _bound.reset(before)


class _OnStderr(logging.Handler):
    """Writes where `sys.stderr` is now: a live progress bar puts itself there, so that lines appear above it."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record; of libraries, some of which log at length whatever the root logger wants, warnings only."""
        if record.levelno < logging.WARNING and record.name.partition(".")[0] not in OWN:
            return
        try:
            sys.stderr.write(self.format(record) + "\n")
            sys.stderr.flush()
        except Exception:
            self.handleError(record)


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        content = {
            "time": _time(record).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        content |= {name: value for name, value in _fields(record).items() if name not in content}
        if record.exc_info:
            content["traceback"] = "".join(traceback.format_exception(*record.exc_info))
        elif record.exc_text:
            content["traceback"] = record.exc_text
        elif record.exc_text:
            content["traceback"] = record.exc_text
        return json.dumps(_safe(content), ensure_ascii=False)


class _Human(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        level = f"{record.levelname.lower()}: " if record.levelno >= logging.WARNING else ""
        fields = "".join(f"  {name}={_plain(value)}" for name, value in _fields(record).items())
        lines = [f"{_time(record).astimezone():%H:%M:%S} {level}{record.getMessage()}{fields}"]
        if record.exc_info:
            lines += ["".join(traceback.format_exception(*record.exc_info)).rstrip()]
        elif record.exc_text:
            lines += [record.exc_text]
        elif record.exc_text:
            lines += [record.exc_text]
        return printable(redact("\n".join(lines)))


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    return {**_bound.get(), **getattr(record, "fields", {})}


def _time(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)


def _safe(value: Any) -> Any:
    """What JSON can hold, with no secret in any text of it."""
    if isinstance(value, Mapping):
        return {redact(str(name)): _safe(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_safe(inner) for inner in value]
    return value if isinstance(value, bool | int | float | None) else redact(str(value))


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        text = ",".join(f"{name}:{inner}" for name, inner in value.items()) or "none"
    else:
        text = f"{value:g}" if isinstance(value, float) else str(value)
    return repr(text) if any(c.isspace() for c in text) else text
