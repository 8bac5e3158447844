"""Servers that are none, broken or mean: each is asked again and then told as one error, or its answer is taken; none holds a run
up, and none fills the memory."""

import gzip
import json
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import repeat

import pytest

from pipeline.text.config import GenerateConfig
from pipeline.text.engines import Answer, Request, load_engine
from pipeline.text.errors import EngineError

LIMIT_S = 1.0
Behaviour = Iterator[bytes] | Callable[[], Iterator[bytes]]


def said(content: object, status: str = "200 OK", **headers: str) -> list[bytes]:
    """A whole response around JSON, or around bytes as they are."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    lines = [
        f"HTTP/1.1 {status}",
        f"Content-Length: {len(body)}",
        *(f"{k.replace('_', '-')}: {v}" for k, v in headers.items()),
    ]
    return ["\r\n".join(lines).encode() + b"\r\n\r\n" + body]


def wrote(content: object) -> list[bytes]:
    """A turn of a chat."""
    return said({"choices": [{"message": {"content": content}, "finish_reason": "stop"}]})


def endless(*first: bytes, piece: bytes = b" " * 65536, pause_s: float = 0.0) -> Callable[[], Iterator[bytes]]:
    """What begins like this and never ends."""

    def sent() -> Iterator[bytes]:
        yield from first
        for each in repeat(piece):
            time.sleep(pause_s)
            yield each

    return sent


HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
FINE = json.dumps({"choices": [{"message": {"content": "A dog."}}]}).encode()
BOMB = gzip.compress(b" " * (200 << 20), 1)
DEEP = b'{"choices": ' + b"[" * 100_000
ENDED = "failed 2 times in a row, at last with "
FAIL: dict[str, tuple[Behaviour, str]] = {
    "closes at once": ([], ENDED),
    "says nothing": (endless(pause_s=0.2, piece=b""), "no whole answer within 1 s"),
    "drips its head": (endless(HEAD + b"X: ", piece=b"a", pause_s=0.2), "no whole answer within 1 s"),
    "drips its body": (endless(HEAD + b"Content-Length: 9999\r\n\r\n", piece=b"a", pause_s=0.2), "no whole answer within 1 s"),
    "drips chunks": (endless(CHUNKED, piece=b"1\r\na\r\n", pause_s=0.2), "no whole answer within 1 s"),
    "drips line feeds": (endless(piece=b"\n", pause_s=0.2), ENDED),
    "an endless body": (endless(HEAD + b"\r\n"), "an answer of more than 1,"),
    "an endless chunked body": (endless(CHUNKED, piece=b"10000\r\n" + b" " * 65536 + b"\r\n"), "an answer of more than 1,"),
    "an endless head": (endless(HEAD, piece=b"X: " + b"a" * 1000 + b"\r\n"), ENDED),
    "one endless header": (endless(HEAD + b"X: "), ENDED),
    "endless continues": (endless(piece=b"HTTP/1.1 100 Continue\r\n\r\n"), "no whole answer within 1 s"),
    "a length of an exabyte": (endless(HEAD + b"Content-Length: 1152921504606846976\r\n\r\n"), "an answer of more than 1,"),
    "a length below zero": ([HEAD + b"Content-Length: -5\r\n\r\n{}"], ENDED),
    "a length of letters": ([HEAD + b"Content-Length: ten\r\n\r\n{}"], ENDED),
    "two lengths": ([HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"], ENDED),
    "a body cut off": ([HEAD + b"Content-Length: 500\r\n\r\n" + FINE], ENDED),
    "chunks of no size": ([CHUNKED + b"zz\r\n{}\r\n"], ENDED),
    "a chunk of all sizes": ([CHUNKED + b"ffffffffffffffffffff\r\n{}\r\n"], ENDED),
    "no HTTP": ([b"SSH-2.0-OpenSSH_9.6\r\n"], ENDED),
    "HTTP of another century": ([b"HTTP/9.9 200 OK\r\n\r\n{}"], "gave an answer without a choice"),
    "a status of letters": ([b"HTTP/1.1 fine OK\r\n\r\n{}"], ENDED),
    "a status of 999": (said({}, "999 Never"), "refused a request with status 999"),
    "binary": ([bytes(range(256)) * 20], ENDED),
    "gzip that is none": (said(FINE, Content_Encoding="gzip"), "packing as gzip is broken"),
    "gzip cut off": (said(gzip.compress(FINE)[:-9], Content_Encoding="gzip"), "packing as gzip is cut off"),
    "deflate that is none": (said(b"\xff" * 50, Content_Encoding="deflate"), "packing as deflate is broken"),
    "a gzip of 200 MB": (said(BOMB, Content_Encoding="gzip"), "an answer of more than 1,"),
    "an unknown packing": (said(FINE, Content_Encoding="zstd"), "packed as 'zstd', which was not asked for"),
    "packed twice": (said(gzip.compress(FINE), Content_Encoding="gzip, gzip"), "which was not asked for"),
    "no body": (said(b""), "an answer that is no JSON"),
    "a page": (said(b"<html>It works!</html>"), "an answer that is no JSON"),
    "a stream of events": (said(b"data: {}\n\ndata: [DONE]\n", Content_Type="text/event-stream"), "an answer that is no JSON"),
    "deep JSON": (said(DEEP), "an answer that is no JSON"),
    "a number of 10,000 digits": (said(b'{"choices": ' + b"9" * 10_000 + b"}"), "an answer that is no JSON"),
    "null": (said(None), "an answer that is no JSON"),
    "UTF-16 cut off": (said('{"choices"'.encode("utf-16")), "an answer that is no JSON"),
    "a list": (said([1, 2]), "gave an answer without a choice"),
    "a number": (said(b"1e999"), "gave an answer without a choice"),
    "choices of nothing": (said({"choices": []}), "gave an answer without a choice"),
    "choices by name": (said({"choices": {"0": {}}}), "gave an answer without a choice"),
    "a choice of text": (said({"choices": ["A dog."]}), "gave an answer without a choice"),
    "a message of null": (said({"choices": [{"message": None}]}), "gave an answer without a choice"),
    "content of a number": (wrote(7), "gave an answer without a choice"),
    "content of an object": (wrote({"text": "A dog."}), "gave an answer without a choice"),
    "content of true": (wrote(True), "gave an answer without a choice"),
    "parts of numbers": (wrote([1, 2]), "gave an answer without a choice"),
    "parts without text": (wrote([{"type": "text"}]), "gave an answer without a choice"),
    "parts of parts": (wrote([{"type": "text", "text": ["A"]}]), "gave an answer without a choice"),
    "an error of ten megabytes": (said({"error": {"message": "x" * 10_000_000}}, "400 Bad"), ENDED),
    "an error in lists without end": (said(b"[" * 900 + b"]" * 900, "400 Bad"), "refused a request with status 400"),
    "an error with half a letter": (said({"error": "\ud800\x1b[31m"}, "400 Bad"), "refused a request with status 400"),
    "a redirection in a circle": (said({}, "302 Found", Location="/v1/chat/completions"), "refused a request with status 302"),
    "a wait for ever": (said({}, "429 Slow", Retry_After="inf"), "asks to wait inf s"),
    "a wait of no number": (said({}, "429 Slow", Retry_After="nan"), "at last with status 429"),
    "a wait for ages": (said({}, "503 Busy", Retry_After="Mon, 01 Jan 99999 00:00:00 GMT"), "at last with status 503"),
    "no content": ([b"HTTP/1.1 204 No Content\r\n\r\n"], "an answer that is no JSON"),
}  # fmt: skip
TAKEN: dict[str, tuple[Behaviour, str]] = {
    "parts": (wrote([{"type": "thinking", "thinking": "Hm."}, {"type": "output_text", "text": "A dog."}]), "A dog."),
    "null": (wrote(None), ""),
    "no parts": (wrote([]), ""),
    "half a letter": (wrote("a \ud800 dog"), "a \ufffd dog"),
    "a letter in two halves": (wrote("\ud83d\udc15"), "\U0001f415"),
    "zero bytes": (wrote("a\0dog"), "a\0dog"),
    "gzip": (said(gzip.compress(FINE), Content_Encoding="gzip"), "A dog."),
    "deflate": (said(zlib.compress(FINE), Content_Encoding="deflate"), "A dog."),
    "UTF-16": (said(FINE.decode().encode("utf-16")), "A dog."),
    "chunks of one byte": ([CHUNKED, *(b"1\r\n%c\r\n" % byte for byte in FINE), b"0\r\n\r\n"], "A dog."),
    "until the end": ([HEAD + b"Connection: close\r\n\r\n" + FINE], "A dog."),
    "a reason of an object": (said({"choices": [{"message": {"content": "A dog."}, "finish_reason": {}}]}), "A dog."),
}  # fmt: skip


@contextmanager
def serving(behaviour: Behaviour) -> Iterator[tuple[str, list[int]]]:
    """A server that reads a request and behaves so; its address, and how many bytes it sent on each connection."""
    sent: list[int] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(connection: socket.socket) -> None:
        number = len(sent)
        sent.append(0)
        with connection, suppress(OSError):
            connection.settimeout(10)
            connection.recv(65536)
            for piece in behaviour() if callable(behaviour) else behaviour:
                connection.sendall(piece)
                sent[number] += len(piece)

    def accept() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1", sent
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def ask(address: str, limit_s: float) -> Answer:
    server = {"url": address, "attempts": 2, "timeout_s": limit_s, "longest_wait_s": 0.1}
    engine = load_engine(GenerateConfig.model_validate({"engine": "openai", "server": server, "max_new_tokens": 16}))
    try:
        return engine.generate([Request("A dog?", 1)])[0]
    finally:
        engine.close()


def test_the_list_is_long() -> None:
    assert len(FAIL) + len(TAKEN) > 60


@pytest.mark.parametrize("kind", FAIL)
def test_it_is_told_in_time(kind: str) -> None:
    behaviour, told = FAIL[kind]
    start = time.monotonic()
    with serving(behaviour) as (address, sent), pytest.raises(EngineError) as caught:
        ask(address, LIMIT_S)
    assert told in str(caught.value) and address in str(caught.value) and len(str(caught.value)) < 1000
    assert time.monotonic() - start < 2 * LIMIT_S + 8
    assert max(sent) < 16 << 20  # what lies in buffers of the system, too


@pytest.mark.parametrize("kind", TAKEN)
def test_it_is_understood(kind: str) -> None:
    behaviour, text = TAKEN[kind]
    with serving(behaviour) as (address, _):
        answer = ask(address, 30)
    assert answer.text == text and answer.text.encode() is not None
