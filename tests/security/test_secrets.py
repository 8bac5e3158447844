"""A key goes to the server that it is for, and nowhere else: not by an error, a log, a traceback, a file or a help text."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from pipeline.telemetry.history import last_runs

ROOT = Path(__file__).resolve().parents[2]
KEY = "unspeaking-Value-0815/abc+def="


class _Repeats(BaseHTTPRequestHandler):
    """Refuses, and says everything that it was told."""

    def do_POST(self) -> None:
        told = {"error": {"message": f"bad key {self.headers['Authorization']}", "headers": dict(self.headers)}}
        body = json.dumps(told).encode()
        self.send_response(401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Silent."""


@pytest.fixture
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Repeats)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    server.shutdown()
    server.server_close()


def program(*arguments: object, code: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    script = f"from pipeline.cli.app import main\n{code}\nmain()"
    return subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, timeout=120,
        env={**os.environ, **environment},
    )  # fmt: skip


@pytest.mark.parametrize("form", ["human", "json"])
def test_a_server_that_repeats_the_key(address: str, tmp_path: Path, form: str) -> None:
    content = {
        "name": "small",
        "modalities": {"image": {"labels": ["cat", "dog"], "encoder": "miniature-clip"}},
        "generate": {"engine": "openai", "model": "m", "server": {"url": address, "key_env": "MY_LLM"}},
    }
    (tmp_path / "r.yaml").write_text(yaml.safe_dump(content))
    done = program(
        "--log-format", form, "generate-texts", tmp_path / "r.yaml", "-w", tmp_path / "w", MY_LLM=KEY
    )  # fmt: skip
    assert done.returncode == 2 and "refused a request with status 401" in done.stderr
    if form == "json":
        assert [json.loads(line)["event"] for line in done.stderr.splitlines()][-1] == "stopped"
    (entry,) = last_runs(tmp_path / "w")
    assert entry.outcome == "failed" and "status 401" in (entry.error or "")
    assert KEY not in done.stdout + done.stderr
    for file in (tmp_path / "w").rglob("*"):
        assert not file.is_file() or KEY.encode() not in file.read_bytes(), file


@pytest.mark.parametrize("form", ["human", "json"])
def test_a_defect_whose_message_holds_a_secret(form: str) -> None:
    code = "import pipeline.tasks.load as load\n"
    code += f"def fail(): raise RuntimeError('login https://me:{KEY}@host as {KEY}')\nload.shipped_recipes = fail"
    done = program("--log-format", form, "recipes", "ls", code=code, SERVICE_TOKEN=KEY)
    assert done.returncode == 1 and "RuntimeError" in done.stderr
    assert "login https://***@host as ***" in done.stderr
    # Python shows the line of the source, too; here it holds the secret, and it is taken out there as well.
    assert KEY not in done.stdout + done.stderr


def test_help_shows_names_of_variables_and_no_values() -> None:
    for command in (["--help"], ["run", "--help"], ["status", "--help"], ["store", "ls", "--help"]):
        done = program(*command, MMPT_WORKSPACE=f"s3://u:{KEY}@bucket/w", OPENAI_API_KEY=KEY)
        assert done.returncode == 0 and KEY not in done.stdout + done.stderr


def test_a_workspace_with_a_password_is_refused_without_showing_it(tmp_path: Path) -> None:
    for command in (["status", "miniature"], ["plan", "miniature"], ["store", "ls"]):
        done = program(*command, "-w", f"s3://user:{KEY.replace('/', '')}@bucket/w")
        assert done.returncode == 2 and done.stdout == ""
        assert KEY.replace("/", "") not in done.stderr and "***" in done.stderr or "…@" in done.stderr


def test_a_password_in_a_recipe_s_address_is_not_repeated(tmp_path: Path) -> None:
    content = {
        "name": "small",
        "modalities": {"image": {"labels": ["cat", "dog"], "encoder": "miniature-clip"}},
        "generate": {"engine": "openai", "model": "m", "server": {"url": f"http://u:{KEY}@h/v1"}},
    }
    (tmp_path / "r.yaml").write_text(yaml.safe_dump(content))
    done = program("plan", tmp_path / "r.yaml")
    assert done.returncode == 2 and "url holds no user, password or query" in done.stderr and KEY not in done.stderr
