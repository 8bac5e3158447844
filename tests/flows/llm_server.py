"""A server of sentences on loopback that cuts the first connection, and below /refused repeats the key that it was told."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from pipeline.text.config import GenerateConfig
from pipeline.text.engines.base import Request
from pipeline.text.engines.deterministic import DeterministicEngine


class _Handler(BaseHTTPRequestHandler):
    cut = threading.Lock()

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path.startswith("/refused"):
            self._answer(401, {"error": {"message": f"bad key {self.headers['Authorization']}"}})
        elif not self.cut.acquire(blocking=False):
            config = GenerateConfig()
            engine = DeterministicEngine(config.template, list(config.modality_words.values()))
            (answer,) = engine.generate([Request(body["messages"][0]["content"], body["seed"])])
            self._answer(200, {"choices": [{"message": {"content": answer.text}, "finish_reason": "stop"}]})

    def _answer(self, status: int, content: object) -> None:
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Silent."""


@contextmanager
def llm_server() -> Iterator[str]:
    """The address of the server, without the last part of the path."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
