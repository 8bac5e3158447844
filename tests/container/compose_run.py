"""compose.yaml without Docker: its services as processes of this machine, each with ports of its own, as a container has.

What stands in compose.yaml is run: commands, environments, health checks, who waits for whom. Names of services become 127.0.0.1,
ports become free ones, and folders of the image become a folder of the test.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from compose_file import ROOT, command_of, services

_PATIENCE_S = 600.0  # for a machine that is busy
_PROJECT = ("prefect.yaml", "prefect.toml", "flows")  # what the Dockerfile copies into the home folder
_STAND_INS = {"minio": [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "9000"]}


class Compose:
    """The services that have been started.

    Attributes:
        home: stands for the image's home folder.
    """

    def __init__(self, home: Path):
        self.home = home
        for name in _PROJECT:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, home / name)
        for folder in ("recipes", "media", "workspace", ".cache", ".prefect"):
            (home / folder).mkdir()
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._ports: dict[tuple[str, str], str] = {}

    def up(self, name: str) -> None:
        """Start a service and all that it waits for; return when it is healthy, or has ended as it should."""
        if name in self._running:
            return
        service = services()[name]
        for other in service.get("depends_on", {}):
            self.up(other)
        with self._log(name).open("wb") as log:
            self._running[name] = subprocess.Popen(
                self._here(name, _STAND_INS.get(name) or command_of(service)), cwd=self.home,
                env=self._environment(name), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        if service["restart"] == "no":
            assert self._running[name].wait(_PATIENCE_S) == 0, self._told(name)
        else:
            self._wait_until_healthy(name)

    def run(self, name: str, *command: str) -> str:
        """What a command prints in a new container of a service: `docker compose run`, `docker compose exec`. It must succeed."""
        done = subprocess.run(
            self._here(name, command), cwd=self.home, env=self._environment(name), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=_PATIENCE_S,
        )  # fmt: skip
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}{self._told(*self._running)}"
        return done.stdout

    def healthy(self, name: str) -> bool:
        """What the service's own check says."""
        if name in _STAND_INS:
            with suppress(OSError), socket.create_connection(("127.0.0.1", int(self._port(name, "9000"))), 1):
                return True
            return False
        _, *check = services()[name]["healthcheck"]["test"]
        return subprocess.run(self._here(name, check), cwd=self.home, capture_output=True).returncode == 0

    def stop(self, name: str, sent: int = signal.SIGKILL) -> None:
        """End a service, and all that it started."""
        service = self._running.pop(name)
        with suppress(ProcessLookupError):
            os.killpg(service.pid, sent)
        service.wait(_PATIENCE_S)

    def down(self) -> None:
        """End all, the last one first."""
        for name in reversed(list(self._running)):
            self.stop(name)

    def _wait_until_healthy(self, name: str) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while not self.healthy(name):
            assert self._running[name].poll() is None and time.monotonic() < deadline, self._told(name)
            time.sleep(0.3)

    def _environment(self, name: str) -> dict[str, str]:
        """What a container has: the image's environment and the service's, nothing of the developer's."""
        ours = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.home),
            "PYTHONUNBUFFERED": "1",
            "PREFECT_LOGGING_LEVEL": "INFO",
            "PREFECT_WORKER_QUERY_SECONDS": "1",  # not 10
        }
        given = services()[name].get("environment", {})
        return ours | dict(zip(given, self._here(name, list(given.values())), strict=True))

    def _here(self, name: str, words: Sequence[str]) -> list[str]:
        return [sys.executable if word == "python" else self._word(name, word) for word in words]

    def _word(self, name: str, word: str) -> str:
        word = word.replace("/opt/health.py", str(ROOT / "container/health.py")).replace("0.0.0.0", "127.0.0.1")
        word = word.replace("/tmp/dask", str(self.home / ".dask"))
        word = re.sub(r"(?<=127\.0\.0\.1:)\d{4}|^\d{4}$", lambda port: self._port(name, port[0]), word)
        return re.sub(r"//([a-z-]+):(\d{4})", lambda at: f"//127.0.0.1:{self._port(at[1], at[2])}", word)

    def _port(self, name: str, port: str) -> str:
        if (name, port) not in self._ports:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                self._ports[name, port] = str(free.getsockname()[1])
        return self._ports[name, port]

    def _log(self, name: str) -> Path:
        return self.home / f"{name}.log"

    def _told(self, *names: str) -> str:
        return "".join(f"\n{name}:\n{self._log(name).read_text()[-3000:]}" for name in names)
