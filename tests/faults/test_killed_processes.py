"""Processes of `--processes`, and decoders, that are killed while they have nothing to do, all at once, again and again."""

import signal
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from toy_work import ToyWork, publish, size_of, tree

from pipeline.media.isolation import decode_many
from pipeline.runner.processes import LocalProcesses


@pytest.fixture
def kill_all() -> Callable[[], int]:
    """Kills every process of the test's pool; how many there were."""
    others = set(psutil.Process().children())

    def kill() -> int:
        left = set(psutil.Process().children()) - others
        found = [child for child in left if child.is_running() and "spawn_main" in " ".join(child.cmdline())]
        for child in found:
            child.send_signal(signal.SIGKILL)
        return len(found)

    return kill


@pytest.mark.parametrize("wait_s", [0.0, 0.5])
def test_idle_processes_that_are_killed_are_replaced(
    tmp_path: Path, wait_s: float, kill_all: Callable[[], int]
) -> None:
    publish(tmp_path / "alone", ToyWork(), range(24))
    with LocalProcesses(2) as runner:
        for rows in (range(8), range(16), range(24)):
            publish(tmp_path / "w", ToyWork(), rows, runner)
            assert kill_all() == 2
            time.sleep(wait_s)  # the pool has noticed, or not
    assert tree(tmp_path / "w") == tree(tmp_path / "alone")


def test_processes_killed_in_mid_work_are_replaced(tmp_path: Path, kill_all: Callable[[], int]) -> None:
    publish(tmp_path / "alone", ToyWork(), range(24))
    with LocalProcesses(2) as runner:

        class Killing:
            killed = 0

            def run_all(self, units):
                for number, made in runner.run_all(units):
                    if number in (0, 3):
                        time.sleep(0.3)  # both are at work by then
                        self.killed += kill_all()
                    yield number, made

        killing = Killing()
        publish(tmp_path / "w", ToyWork(seconds=0.2), range(24), killing)
    assert killing.killed == 4 and tree(tmp_path / "w") == tree(tmp_path / "alone")


def test_idle_decoders_that_are_killed_are_replaced() -> None:
    """The consumer is slow, so all that may be ahead is decoded, and the decoders wait."""
    paths = ["x" * number for number in range(1, 40)]
    found = []
    for number, decoded in enumerate(decode_many(paths, 7, workers=2, ahead=4, decode=size_of)):
        found.append(decoded)
        if number in (3, 20, 38):
            time.sleep(1.0)
            decoders = [child for child in psutil.Process().children(recursive=True) if _decodes(child)]
            assert len(decoders) == 2
            for decoder in decoders:
                decoder.send_signal(signal.SIGKILL)
            time.sleep(1.0)
    assert [(each.path, each.reason) for each in found] == [(path, "") for path in paths]
    assert [int(each.array[0]) for each in found if each.array is not None] == [7 + len(path) for path in paths]


def _decodes(process: psutil.Process) -> bool:
    """Whether a process was forked by the server of decoders."""
    parent = process.parent()
    return parent is not None and "forkserver" in " ".join(parent.cmdline()) and parent.pid != psutil.Process().pid
