"""Asking a server again: which failures pass, and how long to wait."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from pipeline.text.engines.bounded import Reply, Unanswered
from pipeline.text.errors import EngineError
from pipeline.text.settings import ServerConfig

__all__ = ["ask_again", "retry_after"]

_log = logging.getLogger(__name__)

_PASSING = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529})
_FIRST_WAIT_S = 0.5


async def ask_again(server: ServerConfig, send: Callable[[], Awaitable[Reply]]) -> tuple[int, Any]:
    """Send a request until the server gives an answer that is not a passing failure.

    Args:
        server: How often, and how long to wait.
        send: Sends the request once.

    Returns:
        Status and decoded JSON; None for a refusal whose body is no JSON.

    Raises:
        EngineError: The last attempt failed as well, or the server asks for too long a wait.
    """
    for attempt in range(1, server.attempts + 1):
        wait = random.uniform(0.5, 1.0) * min(_FIRST_WAIT_S * 2 ** (attempt - 1), server.longest_wait_s)
        try:
            response = await send()
        except Unanswered as error:
            failure = str(error)
        else:
            if response.status_code not in _PASSING and (response.content is not None or response.is_error):
                return response.status_code, response.content
            failure = f"status {response.status_code}" if response.is_error else "an answer that is no JSON"
            wait = max(wait, _asked_wait(response, server))
        if attempt < server.attempts:
            fields = {
                "server": server.url,
                "attempt": attempt,
                "of": server.attempts,
                "failure": failure,
                "wait_s": round(wait, 1),
            }
            _log.info("request sent again", extra={"fields": fields})
            await asyncio.sleep(wait)
    raise EngineError(
        f"generate: the server at {server.url} failed {server.attempts} times in a row, at last with {failure}. What was "
        "published is safe. See whether it runs and generate.server.url is right, then run the same command again; "
        "generate.server.attempts and timeout_s give it more time, a lower concurrency takes load off it"
    ) from ConnectionError(failure)  # which tells who called that it may be otherwise later


def retry_after(response: httpx.Response | Reply) -> float:
    """Seconds that a response asks to wait, by its Retry-After in seconds or as a date; 0 if it does not ask."""
    text = response.headers.get("retry-after", "").strip()
    try:
        return max(float(text), 0.0)
    except ValueError:
        pass
    try:
        return max((parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds(), 0.0)
    except (TypeError, ValueError, OverflowError):
        return 0.0


def _asked_wait(response: Reply, server: ServerConfig) -> float:
    asked = retry_after(response)
    if asked > server.longest_wait_s:
        raise EngineError(
            f"generate: the server at {server.url} answered with status {response.status_code} and asks to wait "
            f"{asked:.0f} s, more than generate.server.longest_wait_s ({server.longest_wait_s:g} s). What was published "
            "is safe: run the same command later, or raise longest_wait_s"
        )
    return asked
