"""Lines of batch files: queries on the way out, answers and failures on the way in."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipeline.printable import cut
from pipeline.text.engines.base import TOO_LONG, Answer, Form, Request, Sampling
from pipeline.text.engines.protocol import answer_in, asked_of_server, is_too_long, said_by_server

__all__ = ["Line", "read_lines", "request_line"]

_LONGEST = 16 << 20  # bytes of a line; no answer of some hundred tokens comes near it
_SHOWN = 80


@dataclass(frozen=True)
class Line:
    """What one line of an output file says.

    Attributes:
        number: Of the line, from 1.
        custom_id: Of the query; "" where the line is none that can be read.
        answer: To it, if there is one.
        failure: Why there is none.
    """

    number: int
    custom_id: str
    answer: Answer | None = None
    failure: str = ""


def request_line(name: str, model: str, sampling: Sampling, form: Form, request: Request) -> tuple[str, str]:
    """The endpoint of a query, and its line, without an end."""
    path, body = asked_of_server(model, sampling, form, request)
    endpoint = f"/v1/{path}"
    return endpoint, json.dumps({"custom_id": name, "method": "POST", "url": endpoint, "body": body})


def read_lines(content: bytes, *, chat: bool, key: str | None = None) -> Iterator[Line]:
    """Read an output file, or a file of errors.

    Args:
        content: Of the file.
        chat: Whether the queries were turns of chats.
        key: The API key, which some servers repeat.
    """
    for number, raw in enumerate(content.split(b"\n"), start=1):
        if raw.strip():
            yield _line(number, raw, chat, key)


def _line(number: int, raw: bytes, chat: bool, key: str | None) -> Line:
    try:
        found = json.loads(raw) if len(raw) <= _LONGEST else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not isinstance(found.get("custom_id"), str):
        shown = cut(raw[: 4 * _SHOWN].decode(errors="replace").strip(), _SHOWN)
        return Line(number, "", failure=f"is no line of a batch's output: {shown}")
    answer, failure = _answer(found, chat, key)
    return Line(number, found["custom_id"], answer, failure)


def _answer(found: dict[str, Any], chat: bool, key: str | None) -> tuple[Answer | None, str]:
    """The answer, or why there is none. OpenAI and vLLM put the body below the status; some tools give it alone."""
    response, error = found.get("response"), found.get("error")
    frame = response if isinstance(response, dict) else {}
    body, status = frame.get("body", frame), frame.get("status_code", 200)
    status = status if isinstance(status, int) else 0
    if status == 200 and not error:
        try:
            return answer_in(body, chat=chat), ""
        except (KeyError, IndexError, TypeError, AttributeError):
            return None, f"an answer without a choice: {said_by_server(body, key)}"
    said = said_by_server(error or body, key)
    if is_too_long(status, said):
        return Answer("", problem=TOO_LONG), ""
    code = str(error["code"]) if isinstance(error, dict) and error.get("code") else f"status {status}"
    return None, f"{cut(code, _SHOWN)}: {said}"
