"""A proxy before an S3 server, of which the k-th request fails, once or from then on, in one of five ways."""

import re
import socket
import struct
import threading
from contextlib import suppress

BEHAVIOURS = ("500", "503", "cut", "reset", "lost")
"""An answer of that status; a body, or a head where there is none, that ends in its middle; a connection that is reset before
the server hears of the request, or after it has done it."""
_BODY = b"<?xml version='1.0'?><Error><Code>%s</Code><Message>told to fail</Message></Error>"
_CODES = {b"500": b"InternalError", b"503": b"ServiceUnavailable"}


class KthProxy:
    """Passes whole requests on to the server, one connection each.

    Attributes:
        address: of the proxy.
        requests: how many have come since `set`.
        failed: the first line of the request that failed last.
    """

    def __init__(self, server: tuple[str, int]):
        self._server, self._changing, self._passing = server, threading.Lock(), threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.set()
        threading.Thread(target=self._accept, daemon=True).start()

    def set(self, which: int = 0, behaviour: str = "", for_good: bool = False) -> None:
        """Count from nought on; this request (from 1; 0: none) behaves so, and all later ones, too, if `for_good`."""
        with self._changing:
            self.requests, self.failed = 0, ""
            self._which, self._behaviour, self._for_good = which, behaviour, for_good

    def _next(self, line: str) -> str:
        """How the request that has come now behaves; empty for as it should."""
        with self._changing:
            self.requests += 1
            now, which = self.requests, self._which
            if not which or (now < which if self._for_good else now != which):
                return ""
            self.failed = line
            return self._behaviour

    def _accept(self) -> None:
        while True:
            client, _ = self._listener.accept()
            threading.Thread(target=self._served, args=(client,), daemon=True).start()

    def _served(self, client: socket.socket) -> None:
        with suppress(OSError), client:  # either end has gone
            client.settimeout(20)
            self._serve(client)

    def _serve(self, client: socket.socket) -> None:
        head, _, body = _received(client, b"\r\n\r\n").partition(b"\r\n\r\n")
        if not head:
            return
        behaviour = self._next(head.split(b"\r\n")[0].decode())
        if re.search(rb"(?i)\r\nexpect: *100-continue", head):
            client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        while length and len(body) < int(length[1]) and (piece := client.recv(65536)):
            body += piece
        if behaviour == "reset":
            _reset(client)
        elif behaviour in ("500", "503"):
            answer = _BODY % _CODES[behaviour.encode()]
            line = b"HTTP/1.1 %s x\r\ncontent-length: %d\r\ncontent-type: application/xml\r\nconnection: close\r\n\r\n"
            client.sendall(line % (behaviour.encode(), len(answer)) + answer)
        else:
            answer = self._passed(head, body)
            if behaviour == "lost":
                _reset(client)
            else:
                client.sendall(_cut(answer) if behaviour else answer)

    def _passed(self, head: bytes, body: bytes) -> bytes:
        """What the server answers."""
        head = re.sub(rb"(?i)\r\n(connection|expect):[^\r]*", b"", head) + b"\r\nconnection: close"
        # One at a time: the server that is made for tests fails where one request lists what another deletes.
        with self._passing, socket.create_connection(self._server, timeout=20) as upstream:
            upstream.sendall(head + b"\r\n\r\n" + body)
            answer = b"".join(iter(lambda: upstream.recv(65536), b""))
        answer = re.sub(rb"(?i)\r\nconnection:[^\r]*", b"", answer, count=1)
        return answer.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n", 1)


def _received(client: socket.socket, end: bytes) -> bytes:
    data = b""
    while end not in data and (piece := client.recv(65536)):
        data += piece
    return data if end in data else b""


def _cut(answer: bytes) -> bytes:
    head, _, body = answer.partition(b"\r\n\r\n")
    return head + b"\r\n\r\n" + body[: len(body) // 2] if len(body) > 1 else head[: len(head) // 2]


def _reset(client: socket.socket) -> None:
    """Have the kernel send a reset when the connection is closed."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
