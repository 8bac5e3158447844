"""Clean-ups and makings of one artifact, killed anywhere and repeated in any order, end clean."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from stores import Artifact, ArtifactSpec, Store

STORM = """
import os, random, signal, sys
from stores import ArtifactSpec, Store, text_key
store, chance = Store(sys.argv[1]), random.Random(1)
kept = store.artifact(ArtifactSpec(kind="things", fields={"n": 0}, backend="blob"))
doomed = store.artifact(ArtifactSpec(kind="things", fields={"n": 1}, backend="blob"))
keys = [text_key(str(n)) for n in range(3)]
CHANGES = {"os.rename", "os.remove", "os.rmdir", "os.mkdir"}

def make():
    with doomed.writer() as writer:
        for key in doomed.missing(keys):
            writer.publish([key], [key.encode()])

def gc():
    store.gc([kept.spec.fingerprint], delete=True)

def killed(call, number):
    child = os.fork()
    if not child:
        left = [number]
        def hook(event, arguments):
            if event in CHANGES or (event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR)):
                left[0] -= 1
                if not left[0]:
                    os.kill(os.getpid(), signal.SIGKILL)
        sys.addaudithook(hook)
        try:
            call()
        except BaseException:
            import traceback
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert status in (0, signal.SIGKILL), status
    return status != 0

with kept.writer() as writer:
    writer.publish(keys, [b"a", b"b", b"c"])
kills = {make: 0, gc: 0}
for _ in range(60):
    for _ in range(chance.randrange(1, 5)):
        call = chance.choice([make, gc, gc])
        kills[call] += killed(call, chance.randrange(1, 25))
        if chance.random() < 0.3:
            make()
    gc()
    left = sorted(os.listdir(os.path.join(sys.argv[1], "things")))
    assert left == [kept.spec.fingerprint], left
    assert not any(store.verify().values())
print(kills[make], kills[gc])
"""


def test_any_order_of_kills_and_repeats_ends_clean(tmp_path: Path, start: Callable[..., Any]) -> None:
    process = start(STORM, tmp_path / "workspace")
    out, _ = process.communicate(timeout=200)
    assert process.returncode == 0, out
    makes, cleanups = map(int, out.split())
    assert makes >= 20 and cleanups >= 20


def test_what_a_killed_clean_up_left_does_not_stop_the_next_one(store: Store) -> None:
    """The artifact was made again, and is needed by nobody again; what was left is a full folder."""
    artifact: Artifact = store.artifact(ArtifactSpec(kind="things", fields={}, backend="blob"))
    for _ in range(2):
        with artifact.writer() as writer:
            writer.publish(["1" * 32], [b"x"])
        if not (left := artifact.path.with_name(f".tmp-{artifact.path.name}")).exists():
            artifact.path.rename(left)
    removed = store.gc([], delete=True)
    assert artifact.path in [item.path for item in removed]
    assert not artifact.path.exists() and not left.exists()
