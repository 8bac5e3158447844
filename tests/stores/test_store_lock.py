"""One writer at a time; whoever ends, however, gives the lock up; whoever waits in vain learns for whom."""

import json
import os
import platform
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from stores import ArtifactSpec, Store
from stores.errors import LockHeld
from stores.lock import held, is_held

Start = Callable[..., "subprocess.Popen[str]"]

HOLD = """
import sys, time
from pathlib import Path
from stores.lock import held
with held(Path(sys.argv[1]), "artifact x"):
    print("held", flush=True)
    time.sleep(60)
"""


def hold(start: Start, lock: Path) -> "subprocess.Popen[str]":
    """Start a process that holds a lock, and wait until it does."""
    process = start(HOLD, lock)
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    return process


def test_the_second_writer_learns_who_is_first(tmp_path: Path, start: Start) -> None:
    lock = tmp_path / "locks" / "x.lock"
    owner = hold(start, lock)
    assert is_held(lock)
    began = time.monotonic()
    with pytest.raises(LockHeld) as error, held(lock, "artifact x", timeout_s=0.2):
        pass
    assert 0.2 <= time.monotonic() - began < 5
    assert str(error.value) == (
        f"artifact x is being written by process {owner.pid} on {platform.node()} (this host); waited 0.2 s. "
        f"One writer at a time is allowed. Wait for it to end, or stop it there with "
        f"`kill {owner.pid}`, "
        "and run this again: the lock ends with the process, and nothing it has published is lost."
    )


def test_a_writer_on_another_host_is_named(tmp_path: Path, start: Start) -> None:
    lock = tmp_path / "x.lock"
    hold(start, lock)
    lock.write_text(json.dumps({"host": "node17", "pid": 4711}))
    with pytest.raises(LockHeld, match=r"by process 4711 on node17 \(another host\); waited 0 s"):
        with held(lock, "artifact x", timeout_s=0):
            pass
    lock.write_text("")  # the owner has the lock but has not written its name yet
    with pytest.raises(LockHeld, match=r"^artifact x was being written by another process; waited 0 s\. Run"):
        with held(lock, "artifact x", timeout_s=0):
            pass


def test_the_lock_of_a_killed_writer_is_free_at_once(tmp_path: Path, start: Start) -> None:
    lock = tmp_path / "x.lock"
    owner = hold(start, lock)
    owner.kill()
    owner.wait()
    assert lock.exists()
    assert not is_held(lock)
    with held(lock, "artifact x", timeout_s=0):
        assert json.loads(lock.read_text()) == {"host": platform.node(), "pid": os.getpid()}
    assert not lock.exists()


@pytest.mark.parametrize("pid", [1, 2**22 + 1])
def test_a_stale_file_is_no_lock_whether_its_process_id_is_dead_or_used_again(tmp_path: Path, pid: int) -> None:
    lock = tmp_path / "x.lock"
    lock.write_text(json.dumps({"host": platform.node(), "pid": pid}))
    with held(lock, "artifact x", timeout_s=0):
        assert json.loads(lock.read_text())["pid"] == os.getpid()


def test_a_waiting_writer_gets_the_lock_when_it_is_free(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = Store(tmp_path)
    artifact = store.artifact(ArtifactSpec(kind="texts", fields={}, backend="blob"))
    order = []

    def second() -> None:
        with artifact.writer(timeout_s=30, poll_s=0.005):
            order.append("second")

    waiting = threading.Thread(target=second)
    with artifact.writer():
        waiting.start()
        while not caplog.records:
            time.sleep(0.005)
        order.append("first")
    waiting.join()
    assert order == ["first", "second"]
    assert [record.getMessage() for record in caplog.records] == [
        f"artifact {artifact.spec.name} is being written by another process; waiting up to 30 s for it"
    ]


def test_a_writer_inside_a_writer_is_told_so(tmp_path: Path) -> None:
    artifact = Store(tmp_path).artifact(ArtifactSpec(kind="texts", fields={}, backend="blob"))
    with artifact.writer(), pytest.raises(LockHeld, match="is already open for writing in this very process"):
        with artifact.writer(timeout_s=0):
            pass


def test_locks_are_of_single_artifacts(tmp_path: Path) -> None:
    specs = [ArtifactSpec(kind="texts", fields={"n": n}, backend="blob") for n in range(2)]
    with Store(tmp_path).artifact(specs[0]).writer(timeout_s=0):
        with Store(tmp_path).artifact(specs[1]).writer(timeout_s=0):
            pass


def test_a_forked_child_neither_keeps_nor_frees_the_lock(tmp_path: Path, start: Start) -> None:
    script = """
import os, sys, time
from pathlib import Path
from stores.lock import held
with held(Path(sys.argv[1]), "artifact x"):
    if os.fork() == 0:
        raise SystemExit  # leaves the block, as a worker does that dies of an error
    os.wait()
    if os.fork() == 0:
        print(os.getpid(), flush=True)  # it runs, so it has closed what it inherited
        time.sleep(60)
        os._exit(0)
    time.sleep(60)
"""
    lock = tmp_path / "x.lock"
    owner = start(script, lock)
    assert owner.stdout is not None
    child = int(owner.stdout.readline())
    try:
        assert is_held(lock)
        owner.kill()
        owner.wait()
        with held(lock, "artifact x", timeout_s=0):
            os.kill(child, 0)  # it is still alive
    finally:
        os.kill(child, signal.SIGKILL)


def test_many_threads_never_hold_it_together(tmp_path: Path) -> None:
    lock = tmp_path / "x.lock"
    inside, seen = [], []

    def work() -> None:
        for _ in range(20):
            with held(lock, "artifact x", poll_s=0.0005):
                inside.append(1)
                seen.append(len(inside))
                time.sleep(0.0005)
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [1] * 80
