"""One request to a server that nobody knows: so many bytes of an answer, in so much time, and no more.

A limit between two bytes is none for a server that sends one every half second, and a packed answer of some kilobytes may unfold
to gigabytes. So the whole attempt has its time, and what comes is unpacked here, piece by piece, until there is too much.
"""

import asyncio
import json
import zlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

__all__ = ["Reply", "Unanswered", "fetch", "most_bytes"]

_BASE_BYTES = 1 << 20
_BYTES_A_TOKEN = 1024
_ACCEPTED = {"Accept-Encoding": "gzip, deflate"}
_ENCODINGS = {"gzip": zlib.MAX_WBITS | 16, "x-gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}


class Unanswered(Exception):
    """An attempt gave no whole answer; the message says in a few words why."""


@dataclass(frozen=True)
class Reply:
    """What a server answered.

    Attributes:
        status_code: of HTTP.
        headers: of HTTP.
        content: decoded JSON, None where the body is none, or the word null; bytes where they were asked for.
    """

    status_code: int
    headers: httpx.Headers
    content: Any

    @property
    def is_error(self) -> bool:
        """Whether the status says that there is no answer."""
        return httpx.codes.is_error(self.status_code)


def most_bytes(max_new_tokens: int) -> int:
    """How many bytes the answer to one request may have: far more than so many tokens can take, escaped and with their frame."""
    return _BASE_BYTES + _BYTES_A_TOKEN * max_new_tokens


async def fetch(
    client: httpx.AsyncClient,
    method: str,
    path: str,
    *,
    body: Any = None,
    form: Mapping[str, Any] | None = None,
    most: int,
    limit_s: float,
    as_bytes: bool = False,
) -> Reply:
    """Send a request and read the whole answer.

    Args:
        client: holds the connections.
        method: of HTTP.
        path: below the client's address.
        body: is sent as JSON.
        form: is sent in its place as a form with a file: httpx' `data` and `files`.
        most: bytes of an unpacked answer.
        limit_s: seconds from the first byte sent to the last received.
        as_bytes: give the body as it came, where the status is no error: a file, not JSON.

    Raises:
        Unanswered: it took too long or was too long, the connection failed, or its packing is broken.
    """
    try:
        async with (
            asyncio.timeout(limit_s),
            client.stream(method, path, json=body, headers=_ACCEPTED, **(form or {})) as response,
        ):
            content = b"".join([piece async for piece in _unpacked(response, most)])
    except TimeoutError:
        raise Unanswered(f"no whole answer within {limit_s:g} s") from None
    except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OSError) as error:
        raise Unanswered(f"{type(error).__name__}: {error}".rstrip(": ")) from error
    plain = as_bytes and not httpx.codes.is_error(response.status_code)
    return Reply(response.status_code, response.headers, content if plain else _json(content))


async def _unpacked(response: httpx.Response, most: int) -> AsyncIterator[bytes]:
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding not in ("", "identity", *_ENCODINGS):
        raise Unanswered(f"an answer packed as {encoding[:40]!r}, which was not asked for")
    unpack = zlib.decompressobj(_ENCODINGS[encoding]) if encoding in _ENCODINGS else None
    left = most
    async for piece in response.aiter_raw():
        if unpack is not None:
            try:
                piece = unpack.decompress(piece, left + 1)
            except zlib.error:
                raise Unanswered(f"an answer whose packing as {encoding} is broken") from None
        left -= len(piece)
        if left < 0:
            raise Unanswered(f"an answer of more than {most:,} bytes, which no answer of so few tokens has")
        yield piece
    if unpack is not None and not unpack.eof:
        raise Unanswered(f"an answer whose packing as {encoding} is cut off")


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):  # also bytes that are no text, and numbers of too many digits
        return None
