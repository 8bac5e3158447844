"""A real Prefect server and a worker on loopback, started by the very commands of docs/service.md, that end with the tests."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PROJECT = ("prefect.yaml", "prefect.toml", "flows")
SECRET = "unspeaking-Value-0815/abc+def="
"""The key of a language model's server, which the runs are given."""
_PORT = "4200"  # in the docs; here another one, so that a developer's own server stays out of it
_PATIENCE_S = 900.0  # for a machine that is busy; nothing here depends on speed
_SILENT_S = 30.0  # now and then a request gets no answer at all
_BUSY = 503  # what the server answers while somebody else has its SQLite database; Prefect's own client asks again, too


def doc_commands() -> list[str]:
    """The commands that take a newcomer from nothing to a finished run."""
    (block, *_) = re.findall(r"```sh\n(.*?)```", (ROOT / "docs/service.md").read_text("utf-8"), flags=re.DOTALL)
    return str(block).splitlines()


class Service:
    """A project folder like a user's, and the server and worker that serve it.

    Attributes:
        project: holds prefect.yaml, prefect.toml and flows/; relative recipes start here.
    """

    def __init__(self, home: Path, port: int):
        self.project = home / "project"
        self.project.mkdir()
        for name in PROJECT:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, self.project / name)
        self._port = str(port)
        self._url = f"http://127.0.0.1:{port}/api"
        self._groups: list[int] = []
        self._environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PREFECT_HOME": str(home / "prefect"),
            "PREFECT_API_URL": self._url,
            "PREFECT_SERVER_API_PORT": self._port,
            "PREFECT_LOGGING_TO_API_ENABLED": "true",
            "PREFECT_LOGGING_LEVEL": "INFO",
            "PREFECT_WORKER_QUERY_SECONDS": "1",  # 10 by default
            "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "5",
            "MMPT_RETRY_DELAYS_S": "1,5",
            "SERVICE_LLM": SECRET,
        }

    def start(self) -> None:
        """Type the commands of the docs that start a server, deploy, and start a worker."""
        _, server, deploy, worker, _ = doc_commands()
        self.leave(server)
        self.type(deploy)
        self.leave(worker)

    def type(self, line: str, timeout_s: float = _PATIENCE_S) -> str:
        """What a command of the docs prints, typed in the project folder; it must succeed."""
        return self.call("sh", "-c", f"exec {line.replace(_PORT, self._port)}", timeout_s=timeout_s)

    def leave(self, line: str) -> None:
        """Type a command that leaves a program behind; with all that it starts it is a process group that `stop` ends."""
        line = line.replace(_PORT, self._port)
        shell = subprocess.Popen(["sh", "-c", line], cwd=self.project, env=self._environment, start_new_session=True)
        self._groups.append(shell.pid)
        assert shell.wait(60) == 0

    def stop(self) -> None:
        """End what was left behind, the last one first; nobody needs what it holds."""
        while self._groups:
            with suppress(ProcessLookupError):
                os.killpg(self._groups.pop(), signal.SIGKILL)

    def forget(self) -> None:
        """Stop everything and delete the server's database, with all else that Prefect keeps at home."""
        self.stop()
        shutil.rmtree(self._environment["PREFECT_HOME"])

    def call(self, *command: str, ok: bool = True, timeout_s: float = _PATIENCE_S, **environment: str) -> str:
        """What a command in the project folder prints; its exit code must be 0 unless `ok` is False."""
        done = subprocess.run(
            command, cwd=self.project, env={**self._environment, **environment}, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=timeout_s,
        )  # fmt: skip
        assert (done.returncode == 0) is ok, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def ask(self, path: str, **body: Any) -> Any:
        """The server's answer, as JSON: to a POST where there is a body, else to a GET."""
        return self.call_api("POST" if body else "GET", path, body or None)

    def call_api(self, method: str, path: str, body: Any) -> Any:
        """The server's answer to any request, which is asked again when the server is busy or silent.

        So it must be one that may come twice: give `create_flow_run` an `idempotency_key`.
        """
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self._url + path, data, headers, method=method)
        deadline = time.monotonic() + 300
        while True:
            try:
                with urllib.request.urlopen(request, timeout=_SILENT_S) as answer:
                    return json.loads(answer.read() or b"null")
            except urllib.error.HTTPError as error:
                if error.code != _BUSY or time.monotonic() > deadline:
                    raise
            except TimeoutError:
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.5)

    def runs(self, flow: str) -> list[dict[str, Any]]:
        """The runs of a flow that have ended, the oldest first."""
        found = self.ask("/flow_runs/filter", flows={"name": {"any_": [flow]}}, sort="EXPECTED_START_TIME_ASC")
        return [run for run in found if run["end_time"] is not None]

    def artifacts(self, run: dict[str, Any]) -> dict[str, list[Any]]:
        """What a run left on its page: type -> contents."""
        shown: dict[str, list[Any]] = {}
        for artifact in self.ask("/artifacts/filter", artifacts={"flow_run_id": {"any_": [run["id"]]}}):
            shown.setdefault(artifact["type"], []).append(artifact["data"])
        return shown

    def run(self, deployment: str, key: str, **parameters: Any) -> dict[str, Any]:
        """A run of a deployment, when it has ended; `key` is one for each that is wanted."""
        found = self.ask(f"/deployments/name/{deployment}/{deployment}")
        path = f"/deployments/{found['id']}/create_flow_run"
        started = self.ask(path, parameters=parameters, idempotency_key=key)["id"]
        (ended,) = self.wait(key, lambda: [run for run in self.runs(deployment) if run["id"] == started])
        return dict(ended)

    def tasks(self, run: dict[str, Any]) -> list[dict[str, Any]]:
        """The tasks of a run, when all of them have ended; the server hears of them a little later than of the run."""
        of = {"id": {"any_": [run["id"]]}}

        def ended() -> list[dict[str, Any]]:
            found = self.ask("/task_runs/filter", flow_runs=of)
            return found if all(task["end_time"] for task in found) else []

        return list(self.wait(f"the tasks of {run['name']}", ended))

    def log(self, run: dict[str, Any], last: str) -> str:
        """The log of a run as the server keeps it, when this has arrived."""
        of = {"flow_run_id": {"any_": [run["id"]]}}

        def told() -> str:
            text = "\n".join(line["message"] for line in self.ask("/logs/filter", logs=of))
            return text if last in text else ""

        return str(self.wait(f"the log of {run['name']}", told))

    def wait(self, what: str, found: Callable[[], Any]) -> Any:
        """What `found` returns as soon as it is true."""
        deadline = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline:
            try:
                if value := found():
                    return value
            except (urllib.error.URLError, ConnectionError):
                pass  # not up yet
            time.sleep(0.3)
        logs = "".join(f"\n{log.name}:\n{log.read_text()[-3000:]}" for log in self.project.glob("*.log"))
        raise AssertionError(f"waited {_PATIENCE_S:g} s for {what}{logs}")


@contextmanager
def running_service(home: Path) -> Iterator[Service]:
    """A server with the deployments of the repository, and one worker for the pool that has the GPU."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    service = Service(home, port)
    try:
        service.start()
        yield service
    finally:
        service.stop()
