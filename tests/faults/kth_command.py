"""The k-th call on workspace, media or temporary files fails while a command runs: no traceback, no hang, no other bytes.

    python tests/faults/kth_command.py FOLDER STEP [SCRIPT…]

with LD_PRELOAD=kth_fault.so, MMPT_KTH_UNDER=FOLDER, MMPT_KTH_CONTROL=FILE outside it, of 256 zero bytes, and TMPDIR=FOLDER/tmp.
Every command runs in a forked child that leads a group of its own; then it is typed again undisturbed, and must leave the bytes
that it leaves where nothing fails.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = "1"  # a forked child must not find threads that did not come with it

import forked_run  # noqa: E402
import yaml  # noqa: E402
from faulty import NONE, Control, Failure, Fault, faults  # noqa: E402
from passing_fault import write_recipe as write_cache_recipe  # noqa: E402
from small_run import differences, kept_files  # noqa: E402

LIMIT_S = 120.0
"""Seconds that a command may take; undisturbed it takes two."""


def write_train_recipe(folder: Path) -> Path:
    """Twelve pictures of two classes, and sentences of word lists."""
    import numpy as np
    from PIL import Image

    rng = np.random.default_rng(4)
    for label in ("circle", "square"):
        (folder / "media" / label).mkdir(parents=True)
        for number in range(6):
            Image.fromarray(rng.integers(0, 256, (24, 24, 3), np.uint8)).save(
                folder / "media" / label / f"{number}.png"
            )
    image = {
        "labels": ["circle", "square"],
        "encoder": "miniature-clip",
        "data": {"layout": "folder", "root": str(folder / "media")},
    }
    recipe: dict[str, Any] = {"name": "faults", "modalities": {"image": image}, "workspace": str(folder / "workspace")}
    recipe["generate"] = {"engine": "deterministic", "sentences_per_class": 6}
    recipe["cache"] = {"workers": 0}
    recipe["train"] = {"epochs": 2, "batch_size": 16}
    (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    return folder / "recipe.yaml"


SCRIPTS: dict[str, tuple[Callable[[Path], Path], tuple[str, ...]]] = {
    "cache-features, workers 0": (lambda folder: write_cache_recipe(folder, 0), ("cache-features",)),
    "cache-features, workers 1": (lambda folder: write_cache_recipe(folder, 1), ("cache-features",)),
    "train": (write_train_recipe, ("generate-texts", "cache-features", "train")),
    "evaluate": (write_train_recipe, ("generate-texts", "cache-features", "train", "evaluate")),
    "report": (write_train_recipe, ("generate-texts", "cache-features", "train", "evaluate", "report")),
}
"""Name -> what writes its recipe, and the commands, the last of which is disturbed."""


class Script:
    """One command on one recipe, and what it leaves where nothing fails."""

    def __init__(self, name: str, folder: Path, control: Control):
        write, commands = SCRIPTS[name]
        self.name, self.command = name, commands[-1]
        self._folder, self._control = folder, control
        for each in folder.iterdir():
            shutil.rmtree(each) if each.is_dir() else each.unlink()
        Path(tempfile.gettempdir()).mkdir()
        self.recipe, self.workspace = write(folder), folder / "workspace"
        self.workspace.mkdir()
        for command in commands[:-1]:
            self._must(command)
        self._before = Path(tempfile.mkdtemp(dir=folder.parent)) / "workspace"
        shutil.copytree(self.workspace, self._before)
        self._must(self.command)
        self.total = self.calls
        self._expected = kept_files(self.workspace)

    def start_anew(self) -> None:
        """The workspace as it was before the command, and no file of an earlier one."""
        shutil.rmtree(self.workspace)
        shutil.copytree(self._before, self.workspace)
        for left in Path(tempfile.gettempdir()).iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()

    def do(self, command: str, fault: Fault = NONE) -> tuple[int, str]:
        """Exit code, and what was printed."""
        with tempfile.TemporaryFile(dir=self._folder.parent) as log:
            prepare = lambda: self._control.set(fault)  # noqa: E731
            arguments = [command, str(self.recipe), "--device", "cpu"]
            if command in ("generate-texts", "report"):
                arguments = arguments[:2]
            child = forked_run.start_program(arguments, log.fileno(), prepare, lambda: None)
            status = forked_run.wait(child, LIMIT_S)
            left = forked_run.survivors(child, timeout_s=20.0)
            if status is None or left:
                forked_run.kill(child, whole_group=True)
            self.calls, self.failed = self._control.calls, self._control.failed
            self._control.set(NONE)
            log.seek(0)
            told = log.read().decode(errors="replace")
        if status is None or left:
            raise Failure(f"did not end, or left {left} behind:\n{told}")
        return os.waitstatus_to_exitcode(status), told

    def _must(self, command: str) -> None:
        code, told = self.do(command)
        if code:
            raise Failure(f"{self.name}: the undisturbed {command} ended with {code}:\n{told}")

    def try_one(self, fault: Fault) -> bool:
        """Do it with a fault, then without; whether the fault stopped the command.

        Raises:
            Failure: it ended badly.
        """
        self.start_anew()
        code, told = self.do(self.command, fault)
        failed = self.failed
        try:
            self._judge(code, told, fault)
            code_again, told_again = self.do(self.command)
            if code_again:
                raise Failure(f"typed again it ended with {code_again}:\n{told_again}")
            if found := differences(kept_files(self.workspace), self._expected):
                raise Failure(f"typed again it left {found}")
        except Failure as failure:
            raise Failure(f"{self.name}, {fault} ({failed}): {failure}\n--- exit code {code}:\n{told}") from None
        return code == 2

    def _judge(self, code: int, told: str, fault: Fault) -> None:
        if "Traceback" in told or code not in (0, 2):
            raise Failure("a traceback or another exit code")
        if code == 2 and (told.count("error: ") != 1 or str(self._folder) not in told):
            raise Failure("no message, or one without a path")
        if code == 0 and (found := differences(kept_files(self.workspace), self._expected)):
            raise Failure(f"a green end with {found}")


def main() -> None:
    folder, step, names = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:] or list(SCRIPTS)
    keep_on = bool(os.environ.get("MMPT_KTH_ALL"))
    if not Path(tempfile.gettempdir()).is_relative_to(folder):
        raise Failure("TMPDIR must be a folder in the given one that is there")
    control = Control()
    forked_run.import_everything()
    failures = 0
    for name in names:
        script = Script(name, folder, control)
        if script.total < 50:
            raise Failure(f"{name} made {script.total} calls, which cannot be all")
        tried = stopped = 0
        for fault in faults(script.total, step):
            tried += 1
            try:
                stopped += script.try_one(fault)
            except Failure as failure:
                if not keep_on:
                    raise
                failures += 1
                print(f"FOUND: {failure}", flush=True)
        print(f"{name}: {script.total} calls, {tried} faults tried, {stopped} stopped it", flush=True)
    if failures:
        sys.exit(f"{failures} found")
    print("OK")


if __name__ == "__main__":
    main()
