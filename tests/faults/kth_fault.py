"""The k-th call on a workspace fails, for every k: no traceback, no other bytes, no row and no healthy shard that goes.

    python tests/faults/kth_fault.py FOLDER STEP

with LD_PRELOAD=kth_fault.so, MMPT_KTH_UNDER=FOLDER/workspace and MMPT_KTH_CONTROL=FILE, see kth_fault.c and kth_scripts.py. Each
script is done in a forked child, in which call k, k + STEP, … fails, once or for good, with one error after the other; then it is
done again undisturbed, and must end in the same bytes.
"""

import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from faulty import NONE, Control, Failure, Fault, faults
from kth_scripts import FEATURES, SOUND, TOLD, TRACEBACK, publish_one, scripts

from pipeline.cli.last_words import system_error_text
from stores import MmptError, Store
from stores.manifest import SHARDS

_LIMIT_S = 60


def damage(place: Path) -> None:
    """One shard of three is damaged, and a killed writer has left a file."""
    part = Store(place).artifact(FEATURES).manifest.shards[1]
    file = place / "features" / FEATURES.fingerprint / SHARDS / part.file
    file.write_bytes(b"\0" + file.read_bytes()[1:])
    (file.parent / ".tmp-left").write_bytes(b"half")


def forked(work: Callable[[Store], object], place: Path, control: Control, fault: Fault = NONE) -> tuple[int, int, str]:
    """How the work ended in a child of which one call fails, how many calls there were, what was said."""
    ends, writes = os.pipe()
    child = os.fork()
    if not child:
        code, said = SOUND, ""
        signal.alarm(_LIMIT_S)
        control.set(fault)
        try:
            work(Store(place))
        except BaseException as error:  # as the program ends
            text = str(error) if isinstance(error, MmptError) else system_error_text(error)
            code, said = (TRACEBACK, traceback.format_exc()) if text is None or "a file" in text else (TOLD, text)
        calls = control.calls
        control.set(NONE)
        os.write(writes, f"{code} {calls} {said}".encode(errors="replace")[:60_000])
        os._exit(0)
    os.close(writes)
    with open(ends, "rb") as file:
        told = file.read().decode(errors="replace")
    os.waitpid(child, 0)
    if not told:
        control.set(NONE)
        return TRACEBACK, 0, "the child hung or died"
    code, calls, said = told.split(" ", 2)
    return int(code), int(calls), said


def content(place: Path) -> dict[str, bytes]:
    """Every file of the artifacts."""
    found = (path for kind in ("texts", "features") for path in sorted((place / kind).rglob("*")) if path.is_file())
    return {str(path.relative_to(place)): path.read_bytes() for path in found}


def main() -> None:
    place, step, control = Path(sys.argv[1]) / "workspace", int(sys.argv[2]), Control()
    whole = place.with_name("whole")
    for name, (prepare, work) in scripts(damage).items():
        for folder in (place, whole):
            shutil.rmtree(folder, ignore_errors=True)
        publish_one(Store(place), 0)
        prepare(place)
        shutil.copytree(place, whole)
        code, calls, said = forked(work, place, control)
        if code or calls < 50:
            raise Failure(f"{name}: undisturbed it ended with {code} after {calls} calls: {said}")
        expected, stopped, tried = content(place), 0, 0
        for fault in faults(calls, step):
            shutil.rmtree(place)
            shutil.copytree(whole, place)
            code, _, said = forked(work, place, control, fault)
            where = f"{name}, {fault} of {calls}: {said}"
            if code == TRACEBACK:
                raise Failure(f"a traceback: {where}")
            if code == TOLD and str(place) not in said:
                raise Failure(f"no path is told: {where}")
            tried, stopped = tried + 1, stopped + (code == TOLD)
            code, _, said = forked(work, place, control)
            if code or content(place) != expected:
                raise Failure(f"other bytes after a clean run: {where}; then {code} {said}")
        print(f"{name}: {calls} calls, {tried} faults tried, {stopped} stopped it", flush=True)
    print("OK")


if __name__ == "__main__":
    main()
