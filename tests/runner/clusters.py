"""A Dask scheduler and its workers in processes of their own, as people start them."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.runner.dask.cluster import DaskCluster
from pipeline.runner.errors import RunnerError

_HERE = Path(__file__).parent
_PATHS = [_HERE.parents[1], _HERE]


class Cluster:
    def __init__(self, folder: Path, workers: int, *options: str):
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            port = found.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{port}"
        self._folder, self._options = folder, options
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", str(port))
        self.workers = [self.start_worker() for _ in range(workers)]

    def start_worker(self, *options: str) -> subprocess.Popen:
        return self._start("worker", self.address, "--nthreads", "1", *self._options, *options)

    def stop(self) -> None:
        for process in [*self.workers, self.scheduler]:
            process.terminate()
        for process in [*self.workers, self.scheduler]:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _start(self, what: str, *arguments: str) -> subprocess.Popen:
        command = [sys.executable, "-m", "dask", what, *arguments, "--no-dashboard"]
        env = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, _PATHS))}
        with (self._folder / "dask.log").open("ab") as log:
            return subprocess.Popen(command, cwd=self._folder, env=env, stdout=log, stderr=log)


@contextmanager
def cluster(folder: Path, workers: int = 1, *options: str) -> Iterator[Cluster]:
    found = Cluster(folder, workers, *options)
    try:
        _wait_for(found.address, workers)
        yield found
    finally:
        found.stop()


def _wait_for(address: str, workers: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            with DaskCluster(address) as runner:
                if runner.slots() >= workers:
                    return
        except RunnerError as error:
            if not workers and "has no workers" in str(error):
                return
        assert time.monotonic() < deadline, "no cluster"
        time.sleep(0.2)
