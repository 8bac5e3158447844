"""One writer at a time on object storage: who dies loses the lock a lease later, who sleeps through it does not publish."""

import json
import os
import platform
import signal
import subprocess
import threading
import time
from collections.abc import Callable

import pytest

from stores import Artifact, ArtifactSpec, Store, objects, text_key
from stores.address import location
from stores.errors import LockHeld, PublishError
from stores.index import Index
from stores.lock import held, is_held
from stores.writer import Writer

Start = Callable[..., "subprocess.Popen[str]"]
LEASE_S = 2.0
SPEC = ArtifactSpec(kind="things", fields={}, backend="blob")
KEYS = [text_key(f"row {number}") for number in range(3)]

WRITE = """
import sys
from stores import ArtifactSpec, Store, text_key
artifact = Store(sys.argv[1]).artifact(ArtifactSpec(kind="things", fields={}, backend="blob"))
with artifact.writer() as writer:
    writer.publish([text_key("row 0")], [b"first"])
    print("published", flush=True)
    sys.stdin.readline()
    try:
        writer.publish([text_key("row 1")], [b"second"])
    except Exception as error:
        print(type(error).__name__, error, flush=True)
    else:
        print("published again", flush=True)
"""


@pytest.fixture(autouse=True)
def short_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMPT_LEASE_S", str(LEASE_S))


@pytest.fixture
def artifact(s3: str) -> Artifact:
    return Store(s3).artifact(SPEC)


def begin(start: Start, workspace: str) -> "subprocess.Popen[str]":
    process = start(WRITE, workspace)
    assert process.stdout is not None and process.stdout.readline() == "published\n"
    return process


def test_the_lock_of_a_killed_writer_is_free_a_lease_later(s3: str, start: Start, artifact: Artifact) -> None:
    owner = begin(start, s3)
    owner.kill()
    owner.wait()
    began = time.monotonic()
    with artifact.writer(timeout_s=30) as writer:
        assert LEASE_S * 0.7 < time.monotonic() - began < LEASE_S + 5
        assert artifact.missing(KEYS) == KEYS[1:]
        writer.publish(KEYS[1:], [b"second", b"third"])
    assert artifact.keys() == KEYS and artifact.verify() == []


def test_a_sleeper_that_wakes_up_does_not_publish(s3: str, start: Start, artifact: Artifact) -> None:
    sleeper = begin(start, s3)
    os.kill(sleeper.pid, signal.SIGSTOP)
    with artifact.writer(timeout_s=30) as writer:
        os.kill(sleeper.pid, signal.SIGCONT)
        answer, _ = sleeper.communicate("go on\n")
        assert answer.startswith("LockLost artifact things/") and "was taken over by another process" in answer
        writer.publish(KEYS[1:], [b"theirs", b"third"])
    assert artifact.blob(KEYS[1]) == b"theirs" and artifact.keys() == KEYS
    (left,) = artifact.verify()
    assert left.kind == "stray" and left.file.startswith("shards/000001-")
    assert artifact.repair() == [left] and artifact.verify() == [] and artifact.keys() == KEYS


def test_the_manifest_decides_even_where_the_lock_was_looked_at_before_the_sleep(artifact: Artifact) -> None:
    with artifact.writer() as writer:
        writer.publish(KEYS[:1], [b"first"])
    sleeper = Writer(artifact.path, SPEC, Index(artifact.path, SPEC), lambda: None)
    sleeper._index.rows()
    look = sleeper._index._look
    asleep = look()
    sleeper._index._look = lambda: asleep  # type: ignore[method-assign]
    with artifact.writer() as writer:
        writer.publish(KEYS[1:2], [b"second"])
    with pytest.raises(PublishError, match=r"manifest-000002\.json was published by another process"):
        sleeper.publish(KEYS[2:], [b"third"])
    assert artifact.keys() == KEYS[:2]


def test_a_living_writer_keeps_the_lock_for_many_leases(s3: str, start: Start, artifact: Artifact) -> None:
    owner = begin(start, s3)
    with pytest.raises(LockHeld) as error, artifact.writer(timeout_s=3 * LEASE_S):
        pass
    assert str(error.value) == (
        f"artifact {SPEC.name} is being written by process {owner.pid} on {platform.node()}; waited {3 * LEASE_S:g} s. "
        f"One writer at a time is allowed. Wait for it to end, or stop it there, and run this again: the lock of a process "
        f"that died is free {LEASE_S:g} s later, and nothing it has published is lost."
    )
    assert is_held(location(s3) / ".locks" / f"{SPEC.fingerprint}.lock")
    assert owner.communicate("go on\n")[0] == "published again\n"
    assert not is_held(location(s3) / ".locks" / f"{SPEC.fingerprint}.lock")


@pytest.mark.parametrize("jump", [-1e6, 1e6])
def test_a_clock_that_jumps_does_no_harm(s3: str, monkeypatch: pytest.MonkeyPatch, jump: float) -> None:
    lock, really = location(s3) / "x.lock", time.time
    with held(lock, "x", timeout_s=0):
        monkeypatch.setattr(time, "time", lambda: really() + jump)
        with pytest.raises(LockHeld), held(lock, "x", timeout_s=LEASE_S * 1.5):
            pass


def test_the_number_goes_on_and_one_object_stays(s3: str) -> None:
    lock = location(s3) / "x.lock"
    for number in range(1, 4):
        with held(lock, "x", timeout_s=0) as check:
            check()
            assert objects.names(lock) == [f"00000{number}.json"]
            assert json.loads(objects.read(lock / f"00000{number}.json"))["pid"] == os.getpid()
        assert json.loads(objects.read(lock / f"00000{number}.json"))["released"] is True
    assert not is_held(lock)


def test_threads_never_hold_it_together(s3: str) -> None:
    lock, inside, seen = location(s3) / "x.lock", [], []

    def work() -> None:
        for _ in range(3):
            with held(lock, "x", poll_s=0.01):
                inside.append(1)
                seen.append(len(inside))
                time.sleep(0.01)
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [1] * 9
