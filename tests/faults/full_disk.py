"""Runs every stage on a disk that is full, with a little more room each time, until it is done; then compares every byte.

    python tests/faults/full_disk.py tmpfs      a real file system in memory, resized; wants to be root
    python tests/faults/full_disk.py limit      a limit on the size of a file: the same refusals of write(2), anywhere
    python tests/faults/full_disk.py limit few-shot      a few-shot recipe

Every attempt but the last of a stage must end with exit code 2 and say what could not be written and what to do.
"""

import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from trial import COMMANDS, Failure, Trial, must_refuse, trial  # noqa: E402

_PAGE = 4096
_MOST = 30


class Tmpfs:
    """A file system in memory at the workspace."""

    said = "No space left on device"
    steps = (0, *(_PAGE * 3**power for power in range(12)))

    def __init__(self, folder: Path):
        self._folder = folder
        folder.mkdir()
        self._mount("size=64m")

    def leave(self, room: int) -> Callable[[], object]:
        """Leave so many bytes free."""
        found = os.statvfs(self._folder)
        used = (found.f_blocks - found.f_bfree) * found.f_frsize
        self._mount(f"remount,size={max(used + room, _PAGE)}")
        return lambda: None

    def end(self) -> None:
        """Take it away."""
        subprocess.run(["umount", "-l", str(self._folder)], check=True)

    def _mount(self, options: str) -> None:
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(self._folder)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise Failure(f"cannot mount: {done.stderr}")


class Limit:
    """A limit on files that a command may write."""

    said = "File too large"
    steps = tuple(256 * 4**power for power in range(12))  # semaphores are files of 32 bytes

    def __init__(self, folder: Path):
        folder.mkdir()

    def leave(self, room: int) -> Callable[[], object]:
        """Have files end at so many bytes."""
        return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))

    def end(self) -> None:
        """Nothing is left of it."""


@contextmanager
def small_disk(run: Trial, kind: type[Tmpfs] | type[Limit]) -> Iterator[Tmpfs | Limit]:
    run.begin()
    disk = kind(run.workspace)
    try:
        yield disk
    finally:
        disk.end()


def refusals(run: Trial, disk: Tmpfs | Limit, stage: str) -> int:
    """Do a stage until it succeeds; how often it could not."""
    for failed, room in enumerate(disk.steps):
        found = run.do(stage, disk.leave(room))
        run.check_readable()
        if found[0] == 0:
            return failed
        must_refuse(
            stage, found, [f"could not be written: {disk.said}", str(run.workspace), "type the same command again"]
        )
        if (half := list(run.workspace.rglob(".tmp-*"))) and stage != "cache-features":
            raise Failure(f"{stage} left {half} on a disk that is full")
    raise Failure(f"{stage} never succeeded")


def main() -> None:
    kind = {"tmpfs": Tmpfs, "limit": Limit}[sys.argv[1]]
    recipe = sys.argv[2] if len(sys.argv) > 2 else "sentences"
    with trial(recipe) as run, small_disk(run, kind) as disk:
        counts = {stage: refusals(run, disk, stage) for stage in COMMANDS[recipe]}
        disk.leave(_PAGE * 1000)
        code, text = run.do("run")  # finds everything there, and puts its own name into the history
        if code or recipe == "sentences" and "nothing to write" not in text:
            raise Failure(f"the run after all ended with {code}:\n{text}")
        run.compare()
        if not all(counts.values()):
            raise Failure(f"not refused in every stage: {counts}")
        print("OK: " + ", ".join(f"{stage} {count}" for stage, count in counts.items()))


if __name__ == "__main__":
    main()
