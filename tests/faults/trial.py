"""The small recipe, what an undisturbed run of it leaves, and commands on it in forked children; for scripts of their own."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = "1"  # a forked child must not find threads that did not come with it
sys.path.insert(0, str(Path(__file__).parent))

import forked_run  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
STAGES = ("generate-texts", "cache-features", "train", "evaluate", "report")
COMMANDS = {"sentences": STAGES, "few-shot": STAGES[1:]}
"""Kind of recipe -> the commands that do all of it."""


class Failure(Exception):
    """Something did not end as it must."""


class Trial:
    """One recipe and its workspace.

    Attributes:
        recipe: the file.
        workspace: where it runs; emptied by `begin`.
        told: what the undisturbed run printed.
    """

    def __init__(self, folder: Path, kind: str):
        from small_run import WRITERS, outcome  # here, because every decoder imports this file

        self.recipe, self.workspace = WRITERS[kind](folder), folder / "workspace"
        command = [sys.executable, "-c", "from pipeline.cli.app import main; main()", "run", str(self.recipe)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        self.told = done.stdout + done.stderr
        if done.returncode:
            raise Failure(f"the undisturbed run failed:\n{self.told}")
        self._expected = outcome(self.workspace)
        forked_run.import_everything()

    def begin(self) -> None:
        """Empty the workspace."""
        shutil.rmtree(self.workspace)

    def start(self, stage: str, prepare: Callable[[], object] = lambda: None) -> tuple[int, int]:
        """Start a command on the recipe; the process, and where to read what it prints (less than a pipe holds)."""
        read, write = os.pipe()
        try:
            return forked_run.start_program([stage, str(self.recipe)], write, prepare), read
        finally:
            os.close(write)

    def end(self, child: int, read: int, timeout_s: float = 300.0) -> tuple[int, str]:
        """Wait for a command; its exit code, and what it printed."""
        status = forked_run.wait(child, timeout_s)
        left = forked_run.survivors(child, timeout_s=30.0)
        if status is None or left:
            forked_run.kill(child, whole_group=True)
        with open(read, errors="replace") as printed:
            text = printed.read()
        if status is None or left:
            raise Failure(f"did not end, or left {left} behind:\n{text}")
        return os.waitstatus_to_exitcode(status), text

    def do(self, stage: str, prepare: Callable[[], object] = lambda: None) -> tuple[int, str]:
        """Do a command; its exit code, and what it printed."""
        return self.end(*self.start(stage, prepare))

    def compare(self) -> None:
        """The workspace must hold what the undisturbed run left."""
        from small_run import differences, outcome

        if found := differences(outcome(self.workspace), self._expected):
            raise Failure("the workspace differs from that of the undisturbed run:\n  " + "\n  ".join(found))
        if locks := list((self.workspace / ".locks").glob("*.lock")):
            raise Failure(f"locks were left behind: {locks}")

    def check_readable(self) -> None:
        """Whatever is published is whole."""
        from stores import Store

        for artifact in Store(self.workspace).artifacts():
            if worse := [problem for problem in artifact.verify() if problem.kind != "stray"]:
                raise Failure(f"{artifact.spec.name}: {worse}")


@contextmanager
def trial(kind: str = "sentences") -> Iterator[Trial]:
    """A trial in a folder of its own, of one of `COMMANDS`; a failure ends the script with its words."""
    with tempfile.TemporaryDirectory(prefix="trial-") as folder:
        try:
            yield Trial(Path(folder).resolve(), kind)
        except Failure as failure:
            sys.exit(f"FAILED: {failure}")


def must_refuse(stage: str, found: tuple[int, str], words: Sequence[str]) -> None:
    """A command must have ended with exit code 2 and an error of these words, and no traceback."""
    code, text = found
    if code != 2 or "Traceback" in text or not all(word in text for word in words):
        raise Failure(f"{stage} ended with {code} and did not say {words}:\n{text}")
