"""A server that speaks as much of the hub's protocol as fetching needs, on loopback, and may break off once."""

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "c" * 40


class Hub:
    """Files of repositories; what was asked is remembered.

    Attributes:
        files: repository -> name -> content.
        asked: (method, file, range) of every request of a file.
        breaks: names of files whose first answer ends half way.
        spoiled: names of files whose content is not what their digest says.
    """

    def __init__(self, files: Mapping[str, Mapping[str, bytes]]) -> None:
        self.files, self.asked = files, list[tuple[str, str, str]]()
        self.breaks, self.spoiled = set[str](), set[str]()


@contextmanager
def serving(hub: Hub) -> Iterator[str]:
    """The address of the server."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(True)

        def do_HEAD(self) -> None:
            self._answer(False)

        def _answer(self, body: bool) -> None:
            path = self.path.partition("?")[0]
            if path.startswith("/api/models/"):
                self._model("/".join(path.split("/")[3:5]))
                return
            repo, _, rest = path[1:].partition("/resolve/")
            self._file(repo, rest.partition("/")[2], body)

        def _model(self, repo: str) -> None:
            if repo not in hub.files:
                self.send_response(404)
                self.send_header("X-Error-Code", "RepoNotFound")
                self.end_headers()
                return
            found = [
                {"rfilename": name, "size": len(content), "lfs": {
                    "sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 100}}
                for name, content in hub.files[repo].items()
            ]  # fmt: skip
            text = json.dumps({"id": repo, "modelId": repo, "sha": COMMIT, "siblings": found}).encode()
            self._send(200, text, {"Content-Type": "application/json"})

        def _file(self, repo: str, name: str, body: bool) -> None:
            asked = self.headers.get("Range", "")
            hub.asked.append((self.command, name, asked))
            content = hub.files.get(repo, {}).get(name)
            if content is None:
                self._send(404, b"", {"X-Error-Code": "EntryNotFound"})
                return
            digest = hashlib.sha256(content).hexdigest()
            told = {"ETag": f'"{digest}"', "X-Linked-Etag": f'"{digest}"', "X-Linked-Size": str(len(content)),
                    "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}  # fmt: skip
            if name in hub.spoiled:
                content = bytes(len(content))
            start = int(asked.removeprefix("bytes=").partition("-")[0]) if asked else 0
            if not body:
                self._send(200, b"", told, length=len(content))
                return
            part = content[start:]
            if asked:
                told["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
            if name in hub.breaks:
                hub.breaks.discard(name)
                self._send(206 if asked else 200, part[: len(part) // 2], told, length=len(part))
                self.connection.close()
                return
            self._send(206 if asked else 200, part, told)

        def _send(self, code: int, content: bytes, told: Mapping[str, str], length: int | None = None) -> None:
            self.send_response(code)
            for name, value in told.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content) if length is None else length))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
