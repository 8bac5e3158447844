"""Kills runs of all stages with SIGKILL, runs them again until they finish, and compares every byte with an undisturbed run.

    python tests/faults/soak.py --kills 200 --seed 1
    python tests/faults/soak.py --kills 200 --recipe few-shot

A kill comes at a random moment of the run, or just before a random change of the file system that the run makes (a file
opened for writing, renamed or removed, a folder made): few moments matter, and most of them lie between two such changes.
It hits the run's whole process group, or the main process alone, whose decoders must then end by themselves.

The undisturbed run is an ordinary process, with another order of sets of strings; the others are forked from this one.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = "1"  # a forked child must not find threads that did not come with it
sys.path.insert(0, str(Path(__file__).parent))

import forked_run  # noqa: E402

_ROOT = Path(__file__).resolve().parents[2]
_STAGES = {
    "texts": "generate", "sources": "cache pixels", "features": "cache", "checkpoints": "train", "classifiers": "train",
    "assignments": "train", "prompts": "learn",
    "evaluations": "evaluate", "few-shot-results": "judge", "few-shot-confidences": "evaluate",
    "event-prompts": "learn", "event-results": "judge",
}  # fmt: skip


class Failure(Exception):
    """A run did not end as the undisturbed one did."""


class Soak:
    """One recipe, its undisturbed outcome, and the workspace in which runs are killed."""

    def __init__(self, folder: Path, seed: int, kind: str):
        from small_run import WRITERS, outcome  # here, because every decoder imports this file

        self._chance = random.Random(seed)
        self._recipe = WRITERS[kind](folder)
        self._workspace, self._log = folder / "workspace", folder / "log.txt"
        self.kills, self.workspaces = 0, 0
        self.hit: Counter[str] = Counter()
        command = [sys.executable, "-c", "from pipeline.cli.app import main; main()", "run", str(self._recipe)]
        with self._log.open("w") as log:
            if subprocess.run(command, cwd=_ROOT, stdout=log, stderr=log).returncode:
                raise Failure(f"the undisturbed run failed:\n{self._tail()}")
        self._expected = outcome(self._workspace)
        forked_run.import_everything()
        start = time.monotonic()
        self.changes = self._run_counting()
        self.duration_s = time.monotonic() - start
        self._compare()

    def round(self, most: int) -> None:
        """Kill runs in a fresh workspace until one finishes, at most `most` times; then compare."""
        shutil.rmtree(self._workspace)
        self.workspaces += 1
        killed = 0
        while killed < most and self._run_to_be_killed():
            killed += 1
            self.kills += 1
            self.hit[self._stage()] += 1
        if killed == most:
            self._end(forked_run.start_run(self._recipe, self._log), 600.0)
        self._compare()

    def _run_to_be_killed(self) -> bool:
        """One run; whether the kill came before its end."""
        share = self._chance.random() ** 2  # early moments are likelier: what is left after some kills is short
        whole_group = self._chance.random() < 0.5
        if self._chance.random() < 0.5:
            hook = forked_run.die_before_change(1 + int(share * self.changes), whole_group, self._workspace)
            return self._end(forked_run.start_run(self._recipe, self._log, hook), 600.0, whole_group)
        return self._end(forked_run.start_run(self._recipe, self._log), share * self.duration_s, whole_group)

    def _end(self, child: int, wait_s: float, whole_group: bool = True) -> bool:
        """Wait for a run, and kill it after the time; whether it was killed."""
        try:
            status = forked_run.wait(child, wait_s)
            if status is None:
                forked_run.kill(child, whole_group)
                status = forked_run.wait(child, 60.0)
        except BaseException:  # the soak is interrupted: leave nothing behind
            forked_run.kill(child, whole_group=True)
            raise
        left = forked_run.survivors(child, timeout_s=60.0)
        if left:
            forked_run.kill(child, whole_group=True)
            raise Failure(f"processes outlive the run: {left}")
        if status not in (0, 9):  # 9: ended by SIGKILL
            raise Failure(f"a run ended with status {status}:\n{self._tail()}")
        return status == 9

    def _run_counting(self) -> int:
        """Run from scratch in a child; how often it changes the file system."""
        shutil.rmtree(self._workspace)
        seen, note = [0], self._log.with_name("changes.txt")
        hook = forked_run.count_changes(seen, self._workspace)
        self._end(forked_run.start_run(self._recipe, self._log, hook, lambda: note.write_text(str(seen[0]))), 600.0)
        return int(note.read_text())

    def _stage(self) -> str:
        """The furthest stage that had published something when the run was killed."""
        there = [stage for kind, stage in _STAGES.items() if any(self._workspace.glob(f"{kind}/*/manifest.json"))]
        return there[-1] if there else "nothing"

    def _compare(self) -> None:
        from small_run import differences, outcome

        found = differences(outcome(self._workspace), self._expected)
        if found:
            raise Failure("the workspace differs from that of the undisturbed run:\n  " + "\n  ".join(found))

    def _tail(self) -> str:
        return self._log.read_text()[-3000:]


def main() -> None:
    parser = argparse.ArgumentParser(description="Kill runs anywhere, run them again, compare every byte.")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--recipe", choices=["sentences", "few-shot", "events", "masks", "questions"], default="sentences")
    parser.add_argument("--minutes", type=float, default=60.0, help="stop, with exit code 1, after this time")
    options = parser.parse_args()
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        try:
            soak = Soak(Path(folder).resolve(), options.seed, options.recipe)
            told = f"{soak.duration_s:.1f} s, {soak.changes} changes of files"
            print(f"an undisturbed run: {told}; seed {options.seed}", flush=True)
            while soak.kills < options.kills:
                soak.round(options.kills - soak.kills)
                print(f"{soak.kills} kills, {soak.workspaces} workspaces, all bytes equal", flush=True)
                if soak.kills < options.kills and time.monotonic() - start > 60 * options.minutes:
                    sys.exit(f"FAILED: only {soak.kills} of {options.kills} kills in {options.minutes:g} minutes")
        except Failure as failure:
            sys.exit(f"FAILED: {failure}")
    hit = ", ".join(f"{stage} {count}" for stage, count in sorted(soak.hit.items()))
    print(f"OK: {soak.kills} kills in {soak.workspaces} workspaces, {time.monotonic() - start:.0f} s")
    print(f"furthest stage that had published something when the kill came: {hit}")


if __name__ == "__main__":
    main()
