"""The health check of a container, against services that are well, ill, silent and absent."""

import http.server
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from compose_file import ROOT


@pytest.fixture
def service() -> Iterator[str]:
    """Answers a request for /CODE with that code."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(int(self.path[1:]))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def check(folder: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    command = [sys.executable, str(ROOT / "container/health.py"), *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout


@pytest.mark.parametrize(("code", "ends"), [(200, 0), (503, 1), (404, 1)])
def test_a_service_is_well_when_it_says_so(service: str, tmp_path: Path, code: int, ends: int) -> None:
    """A proxy for downloads is not asked."""
    ended, told = check(tmp_path, f"{service}/{code}", http_proxy="http://127.0.0.1:9")
    assert ended == ends and (str(code) in told) is bool(ends)


def test_nobody_there_is_not_well(tmp_path: Path) -> None:
    ended, told = check(tmp_path, "http://127.0.0.1:9/health")
    assert ended == 1 and "refused" in told


def test_without_a_service_the_workspace_must_be_writable(tmp_path: Path) -> None:
    ended, told = check(tmp_path)
    assert ended == 1 and told.startswith("[Errno 2] No such file or directory: ")
    (tmp_path / "workspace").mkdir()
    assert check(tmp_path) == (0, "") and not list((tmp_path / "workspace").iterdir())
    assert check(tmp_path, MMPT_WORKSPACE="s3://bucket/workspace") == (0, "")
    assert check(tmp_path, MMPT_WORKSPACE="/proc")[0] == 1
