"""A server on loopback with OpenAI's interface of batches; it writes from a word list, one by one and in batches alike."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from pipeline.text.config import GenerateConfig
from pipeline.text.engines.base import Request
from pipeline.text.engines.deterministic import DeterministicEngine

_DEFAULT = GenerateConfig()
ENGINE = DeterministicEngine(_DEFAULT.template, list(_DEFAULT.modality_words.values()))


def response(body: dict[str, Any]) -> dict[str, Any]:
    """What the server answers to one query."""
    (answer,) = ENGINE.generate([Request(body["messages"][0]["content"], body["seed"])])
    choice = {"message": {"content": answer.text}, "finish_reason": "length" if answer.cut else "stop"}
    return {"choices": [choice]}


def output_line(line: str) -> str:
    """The line of an output file that answers a line of a batch file."""
    asked = json.loads(line)
    assert (asked["method"], asked["url"]) == ("POST", "/v1/chat/completions")
    reply = {"status_code": 200, "request_id": "r", "body": response(asked["body"])}
    return json.dumps({"id": "x", "custom_id": asked["custom_id"], "response": reply, "error": None})


@dataclass
class Batches:
    """The server as a test sees it.

    Attributes:
        files: Content by id.
        batches: By id.
        seen: Method and path of every request.
        asked: Custom ids that were in batches that were made.
        status: That a new batch has when it is looked at.
        spoil: Changes (answers, errors) of a batch that is over.
        hide: Cut the connection instead of answering to this path, once: after the work was done.
        key: That is wanted.
        without: Paths that are not there.
    """

    url: str = ""
    files: dict[str, str] = field(default_factory=dict)
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    online: int = 0
    status: str = "completed"
    spoil: Callable[[list[str]], tuple[list[str], list[str]]] = lambda lines: (lines, [])
    hide: str = ""
    key: str | None = None
    without: tuple[str, ...] = ()

    def new_file(self, content: str) -> str:
        self.files[f"file-{len(self.files) + 1}"] = content
        return f"file-{len(self.files)}"


def _made(server: Batches, body: dict[str, Any]) -> dict[str, Any]:
    assert (body["endpoint"], body["completion_window"]) == ("/v1/chat/completions", "24h")
    lines = server.files[body["input_file_id"]].splitlines()
    server.asked += [json.loads(line)["custom_id"] for line in lines]
    name = f"batch_{len(server.batches) + 1}"
    server.batches[name] = {"id": name, "status": "validating", **body}
    return server.batches[name]


def _looked(server: Batches, batch: dict[str, Any]) -> dict[str, Any]:
    lines = server.files[batch["input_file_id"]].splitlines()
    status = "cancelled" if batch["status"] == "cancelling" else server.status
    counts = {"total": len(lines), "completed": 0, "failed": 0}
    if status not in ("in_progress", "failed") and "output_file_id" not in batch:
        answers, errors = server.spoil([output_line(line) for line in lines])
        batch["output_file_id"] = server.new_file("".join(line + "\n" for line in answers)) if answers else None
        batch["error_file_id"] = server.new_file("".join(line + "\n" for line in errors)) if errors else None
        counts |= {"completed": len(answers), "failed": len(errors)}
    errors_told = {"data": [{"code": "model_not_found", "message": "no such model"}]} if status == "failed" else None
    return {**batch, "status": status, "request_counts": counts, "errors": errors_told}


class _Handler(BaseHTTPRequestHandler):
    server: Any

    def do_POST(self) -> None:
        self._handle("POST", self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    def do_GET(self) -> None:
        self._handle("GET", b"")

    def _handle(self, method: str, content: bytes) -> None:
        served: Batches = self.server.served
        path = self.path.removeprefix("/v1/")
        served.seen.append(f"{method} {path}")
        if served.key is not None and self.headers.get("Authorization") != f"Bearer {served.key}":
            return self._answer(401, {"error": {"message": f"bad key {self.headers.get('Authorization')}"}})
        if path.split("?")[0].split("/")[0] in served.without:
            return self._answer(404, {"detail": "Not Found"})
        found = self._work(served, method, path, content)
        if served.hide == f"{method} {path}":
            served.hide = ""
            self.close_connection = True
            return None
        return self._answer(*((200, found) if found is not None else (404, {"error": {"message": "not found"}})))

    def _work(self, served: Batches, method: str, path: str, content: bytes) -> Any:
        if (method, path) == ("POST", "chat/completions"):
            served.online += 1
            return response(json.loads(content))
        if (method, path) == ("POST", "files"):
            assert b'name="purpose"\r\n\r\nbatch\r\n' in content
            found = re.search(rb'name="file"; filename="[^"]+"\r\n.*?\r\n\r\n(.*?)\r\n--', content, re.DOTALL)
            assert found is not None
            return {"id": served.new_file(found[1].decode())}
        if (method, path) == ("POST", "batches"):
            return _made(served, json.loads(content))
        if path.startswith("batches?"):
            after = path.partition("after=")[2]
            names = list(served.batches)
            rest = names[names.index(after) + 1 :] if after else names
            return {"data": [served.batches[name] for name in rest[:1]], "has_more": len(rest) > 1}  # short pages
        if path.startswith("files/") and path.split("/")[1] in served.files:
            return served.files[path.split("/")[1]]
        batch = served.batches.get(path.split("/")[1]) if path.startswith("batches/") else None
        if batch is not None and path.endswith("/cancel"):
            batch["status"] = "cancelling"
            return batch
        return None if batch is None else _looked(served, batch)

    def _answer(self, status: int, content: Any) -> None:
        data = (content if isinstance(content, str) else json.dumps(content)).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Silent."""


@contextmanager
def served_batches() -> Iterator[Batches]:
    """Serve until the block is left."""
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.served = Batches(f"http://127.0.0.1:{server.server_address[1]}/v1")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.served
    finally:
        server.shutdown()
        server.server_close()
