"""The k-th call on a workspace fails, for every k: no traceback, no other bytes, no row and no healthy shard that goes.

    python tests/faults/kth_fault.py FOLDER STEP

with LD_PRELOAD=kth_fault.so and MMPT_KTH_UNDER=FOLDER/workspace, see kth_fault.c. Scripts: publish a second shard and
rejections, verify, repair what is damaged, and clean up. Each is done in a forked child, in which call k, k + STEP, … fails,
once or for good, with one of the errors below in turn; then it is done again undisturbed, and must end in the same bytes.
"""

import contextlib
import ctypes
import errno
import os
import shutil
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from pipeline.cli.last_words import system_error_text
from stores import ArtifactSpec, MmptError, Rejection, Store, text_key
from stores.address import Location
from stores.manifest import SHARDS

ERRNOS = (errno.EIO, errno.ENOSPC, errno.EMFILE, errno.ESTALE, errno.EINTR, errno.EXDEV, errno.ENOTSUP, 0)
TEXTS = ArtifactSpec(kind="texts", fields={"of": "faults"}, backend="blob")
FEATURES = ArtifactSpec(kind="features", fields={"of": "faults"}, backend="hdf5", parents=(TEXTS.fingerprint,))
SOUND, TOLD, TRACEBACK = 0, 2, 1
_LIMIT_S = 60

_numbers = (ctypes.c_long * 4).in_dll(ctypes.CDLL(None), "kth_fault")
_call = ctypes.CDLL(None).kth_call
_call.restype = ctypes.c_char_p


class Failure(Exception):
    """Something did not end as it must."""


def begin(place: Path) -> None:
    """A workspace of two artifacts with a shard each."""
    shutil.rmtree(place, ignore_errors=True)
    publish_one(Store(place), 0)


def publish_one(store: Store, number: int) -> None:
    import numpy as np

    keys = [text_key(f"{number} {row}") for row in range(3)]
    with store.artifact(TEXTS).writer() as writer:
        if absent := writer_missing(store, TEXTS, keys[:1]):
            refused = [Rejection(text_key(f"no {number}"), "cut", detail={"path": "a"})]
            writer.publish(absent, [f"text {number}".encode()], rejected=refused)
    with store.artifact(FEATURES).writer() as writer:
        if absent := writer_missing(store, FEATURES, keys):
            writer.publish(absent, {"vectors": np.full((len(absent), 4), number, np.float32)})


def writer_missing(store: Store, spec: ArtifactSpec, keys: list[str]) -> list[str]:
    return store.artifact(spec).missing(keys)


def damage(place: Path) -> None:
    """One shard of three is damaged, and a killed writer has left a file."""
    publish_one(Store(place), 1)
    part = Store(place).artifact(FEATURES).manifest.shards[1]
    file = place / "features" / FEATURES.fingerprint / SHARDS / part.file
    file.write_bytes(b"\0" + file.read_bytes()[1:])
    (file.parent / ".tmp-left").write_bytes(b"half")


def waste(place: Path) -> None:
    """An artifact that nobody needs."""
    with Store(place).artifact(ArtifactSpec(kind="texts", fields={"of": "nobody"}, backend="blob")).writer() as writer:
        writer.publish([text_key("x")], [b"x"])


SCRIPTS: dict[str, tuple[Callable[[Path], None], Callable[[Store], object]]] = {
    "publish": (lambda place: None, lambda store: publish_one(store, 1)),
    "verify": (lambda place: publish_one(Store(place), 1), lambda store: store.verify()),
    "repair": (damage, lambda store: store.verify(repair=True)),
    "gc": (waste, lambda store: store.gc([FEATURES.fingerprint], delete=True)),
}


def forked(work: Callable[[Store], object], place: Path, numbers: tuple[int, int, int]) -> tuple[int, int, str]:
    """How the work ended in a child of which one call fails, how many calls there were, what was said."""
    ends, writes = os.pipe()
    child = os.fork()
    if not child:
        code, said = SOUND, ""
        import signal

        signal.alarm(_LIMIT_S)
        _numbers[0], _numbers[1], _numbers[2], _numbers[3] = 0, *numbers
        try:
            work(Store(place))
        except BaseException as error:  # as the program ends
            text = str(error) if isinstance(error, MmptError) else system_error_text(error)
            code, said = (TRACEBACK, traceback.format_exc()) if text is None or "a file" in text else (TOLD, text)
        calls, _numbers[1] = _numbers[0], 0
        os.write(writes, f"{code} {calls} {(_call() or b'').decode()}: {said}".encode(errors="replace")[:60_000])
        os._exit(0)
    os.close(writes)
    with open(ends, "rb") as file:
        told = file.read().decode(errors="replace")
    os.waitpid(child, 0)
    if not told:
        return TRACEBACK, 0, "the child hung or died"
    code, calls, said = told.split(" ", 2)
    return int(code), int(calls), said


def content(place: Location) -> dict[str, bytes]:
    """Every file of the artifacts."""
    kinds = ("texts", "features")
    found = (path for kind in kinds for path in sorted((Path(place) / kind).rglob("*")) if path.is_file())
    return {str(path.relative_to(place)): path.read_bytes() for path in found}


def main() -> None:
    place, step = Path(sys.argv[1]) / "workspace", int(sys.argv[2])
    counts = []
    for name, (prepare, work) in SCRIPTS.items():
        begin(place)
        prepare(place)
        whole = place.with_name("whole")
        shutil.rmtree(whole, ignore_errors=True)
        shutil.copytree(place, whole)
        code, calls, said = forked(work, place, (0, 0, 0))
        if code or calls < 10:
            raise Failure(f"{name}: undisturbed it ended with {code} after {calls} calls: {said}")
        expected, stopped, tried = content(place), 0, 0
        for k in range(1, calls + 1, step):
            for for_good in (0, 1):
                number = ERRNOS[(k // step + for_good) % len(ERRNOS)]
                if for_good and number in (errno.EINTR, 0):
                    continue  # Python tries an interrupted call again for ever, as it should, and a short one too
                shutil.rmtree(place)
                shutil.copytree(whole, place)
                code, _, said = forked(work, place, (k, number, for_good))
                kind = errno.errorcode.get(number, "cut short")
                where = f"{name}, call {k} of {calls}, {kind}{', for good' * for_good}: {said}"
                if code == TRACEBACK:
                    raise Failure(f"a traceback: {where}")
                if code == TOLD and str(place) not in said:
                    raise Failure(f"no path is told: {where}")
                tried, stopped = tried + 1, stopped + (code == TOLD)
                code, _, said = forked(work, place, (0, 0, 0))
                if code or content(place) != expected:
                    raise Failure(f"other bytes after a clean run: {where}; then {code} {said}")
        counts.append(f"{name} {tried} ({stopped} stopped)")
    with contextlib.suppress(OSError):
        print(f"OK: {', '.join(counts)}")


if __name__ == "__main__":
    main()
