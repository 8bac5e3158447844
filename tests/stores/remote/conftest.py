"""A proxy before the S3 server that answers, cuts and waits as a test wants it."""

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

BODY = b"<?xml version='1.0'?><Error><Code>%s</Code><Message>told to fail</Message></Error>"
NAMES = {500: b"InternalError", 503: b"ServiceUnavailable"}


@dataclass
class Proxy:
    """Passes whole requests on to the server, one connection each.

    Attributes:
        address: of the proxy.
        status: what it answers by itself instead.
        times: how many more requests it answers so; -1 for all.
        method: only requests that begin like this are meddled with.
        cut_after: bytes of a request that it reads before it closes the connection, `times` times.
        lose_answer: whether the request is passed on and its answer is lost.
        latency_s: seconds before every answer.
        seen: the first line of every request.
    """

    address: str = ""
    status: int = 0
    times: int = 0
    method: bytes = b""
    cut_after: int = 0
    lose_answer: bool = False
    latency_s: float = 0.0
    seen: list[str] = field(default_factory=list)

    def meddle(self, head: bytes) -> bool:
        """Whether this request is one to meddle with; counts it."""
        if not self.times or not head.startswith(self.method):
            return False
        self.times -= 1
        return True


def _request(client: socket.socket) -> tuple[bytes, int]:
    """The head of a request, with what came of its body, and the body's length."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = client.recv(65536)
        if not piece:
            return b"", 0
        data += piece
    found = re.search(rb"(?i)\r\ncontent-length: *(\d+)", data)
    return data, int(found[1]) if found else 0


def _serve(client: socket.socket, server: tuple[str, int], proxy: Proxy) -> None:
    with client:
        client.settimeout(20)
        data, length = _request(client)
        if not data:
            return
        head, _, body = data.partition(b"\r\n\r\n")
        proxy.seen.append(head.split(b"\r\n")[0].decode())
        if re.search(rb"(?i)\r\nexpect: *100-continue", head):
            client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        bad = proxy.meddle(head)
        wanted = min(length, proxy.cut_after) if bad and proxy.cut_after else length
        while len(body) < wanted:
            body += client.recv(65536)
        if bad and proxy.cut_after:
            return
        time.sleep(proxy.latency_s)
        if bad and proxy.status:
            answer = BODY % NAMES[proxy.status]
            line = b"HTTP/1.1 %d x\r\ncontent-length: %d\r\ncontent-type: application/xml\r\nconnection: close\r\n\r\n"
            client.sendall(line % (proxy.status, len(answer)) + answer)
            return
        head = re.sub(rb"(?i)\r\n(connection|expect):[^\r]*", b"", head) + b"\r\nconnection: close"
        with socket.create_connection(server, timeout=20) as upstream:
            upstream.sendall(head + b"\r\n\r\n" + body)
            answer = b"".join(iter(lambda: upstream.recv(65536), b""))
        if not (bad and proxy.lose_answer):
            client.sendall(re.sub(rb"(?i)\r\nconnection:[^\r]*", b"", answer, count=1).replace(
                b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n", 1))  # fmt: skip


@pytest.fixture
def proxy(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """The proxy, which this process and those it starts now take for the server."""
    host, port = s3_server.removeprefix("http://").split(":")
    listener = socket.create_server(("127.0.0.1", 0))
    proxy = Proxy(f"http://127.0.0.1:{listener.getsockname()[1]}")

    def accept() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=_served, args=(client,), daemon=True).start()

    def _served(client: socket.socket) -> None:
        try:
            _serve(client, (host, int(port)), proxy)
        except OSError:
            pass  # either end has gone

    threading.Thread(target=accept, daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.address)
    forget_connections()
    yield proxy
    listener.close()
    forget_connections()


def forget_connections() -> None:
    """The environment has changed: who asks next connects anew."""
    import s3fs

    from stores import objects

    objects._systems.clear()
    objects._checked.clear()
    s3fs.S3FileSystem.clear_instance_cache()


@pytest.fixture
def reconnect() -> Iterator[Callable[[], None]]:
    """Connect anew now, and once more after the test."""
    yield forget_connections
    forget_connections()
