"""Kills every command that changes a workspace, many times each, in one workspace, and compares every byte with one in which the
same commands were done in the same order and nothing was killed.

    python tests/faults/storm.py --kills 300 --each 30 --seed 1
    python tests/faults/storm.py --kills 100 --each 30 --recipe few-shot

A round is: something is damaged, `store verify --repair`, `run`, `retry --failed`, `classes add`, `texts import`, `refresh`,
`store gc --yes`; of a few-shot recipe, whose classes do not grow, the first four and the last. A command is killed just before
a random one of the changes that it makes to the file system (a file opened for writing, renamed or removed, a folder made or
removed), counted in a copy of the workspace, and typed again, some times over;
then it is left to end, and must end as it does undisturbed.
"""

import argparse
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = "1"  # a forked child must not find threads that did not come with it
sys.path.insert(0, str(Path(__file__).parent))

import forked_run  # noqa: E402

CHANGES = ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.chmod")
COMMANDS = {
    "sentences": ("repair", "run", "retry", "add", "import", "refresh", "gc"),
    "few-shot": ("repair", "run", "retry", "gc"),
}
"""Kind of recipe -> the commands of a round."""
NEW = ("star", "ring", "cross", "arrow", "heart", "moon", "spiral", "wave", "crown", "leaf", "anchor", "bell")


class Failure(Exception):
    """A command did not end as the undisturbed one did."""


class Place:
    """A folder with a recipe, its labels, pictures of which one is cut off, and a workspace; the same files wherever it lies."""

    def __init__(self, folder: Path, kind: str):
        import yaml

        self.folder, self.workspace, self.log = folder, folder / "workspace", folder / "log.txt"
        self.commands = COMMANDS[kind]
        folder.mkdir()
        (folder / "labels.txt").write_text("# ours\ncircle\nsquare\n")
        recipe = self._few_shot() if kind == "few-shot" else self._sentences()
        (folder / "recipe.yaml").write_text(yaml.safe_dump({"name": "storm", "workspace": "workspace", **recipe}))

    def _few_shot(self) -> dict[str, Any]:
        few = {"epochs": 2, "batch_size": 4}
        return {
            "encoder": "miniature-clip",
            "data": {"layout": "miniature-shapes", "train_per_class": 2, "test_per_class": 3},
            "shots": 2,
            "seeds": [1],
            "views": 1,
            "cache": {"shard_rows": 16, "workers": 0},
            "methods": {"coop": few, "prompt": {**few, "depth": 2, "vision_prompts": 2}},
        }

    def _sentences(self) -> dict[str, Any]:
        import numpy as np
        from PIL import Image

        folder = self.folder
        rng = np.random.default_rng(5)
        for label in ("circle", "square"):
            (folder / "pictures" / label).mkdir(parents=True)
            for number in range(4):
                pixels = rng.integers(0, 256, (16, 16, 3), np.uint8)
                Image.fromarray(pixels).save(folder / "pictures" / label / f"{number}.png")
        whole = (folder / "pictures/circle/0.png").read_bytes()
        (folder / "pictures/square/cut-off.png").write_bytes(whole[: len(whole) // 2])
        return {
            "modalities": {
                "image": {
                    "labels": "labels.txt",
                    "encoder": "miniature-clip",
                    "data": {"layout": "folder", "root": "pictures"},
                }
            },
            "generate": {"engine": "deterministic", "sentences_per_class": 8, "queries_per_shard": 2},
            "cache": {"max_rejected": 0.9, "shard_rows": 8, "workers": 0},
            "train": {"epochs": 2, "batch_size": 16},
            "refresh": {"tolerance": 1.0},
        }

    def arguments(self, command: str, number: int) -> Sequence[str]:
        """What is typed for a command in the round of this number."""
        recipe, where = str(self.folder / "recipe.yaml"), ["-w", str(self.workspace)]
        return {
            "repair": ["store", "verify", "--repair", *where],
            "run": ["run", recipe, "--device", "cpu"],
            "retry": ["retry", recipe, "--failed", "--device", "cpu"],
            "add": ["classes", "add", recipe, f"{NEW[number % len(NEW)]} {number}", "--near"],
            "import": ["texts", "import", str(self.folder / "import.jsonl"), *where],
            "refresh": ["refresh", recipe, "--device", "cpu"],
            "gc": ["store", "gc", "--yes", *where],
        }[command]

    def prepare(self, command: str, number: int) -> None:
        """What happens before a command, without any kill: a shard is damaged, a file to import appears."""
        if command == "repair":
            shards = sorted(
                path
                for path in self.workspace.glob("*/*/shards/*")
                if path.parts[-4] in ("texts", "features", "sources")
            )
            if shards:
                shard = shards[number % len(shards)]
                content = bytearray(shard.read_bytes())
                content[len(content) // 2] ^= 1
                shard.write_bytes(content)
        if command == "import":
            lines = [
                f'{{"text": "A {label} of round {number}.", "labels": ["{label}"]}}\n' for label in ("circle", "square")
            ]
            (self.folder / "import.jsonl").write_text("".join(lines))

    def do(self, command: str, number: int, hook: "forked_run.Hook | None" = None, after_s: float = 300.0) -> int:
        """Do a command; how it ended, 0 or more, or -9 if it was killed, by `hook` or after some seconds."""
        output = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        try:
            child = forked_run.start_program(
                self.arguments(command, number), output, lambda: hook and sys.addaudithook(hook)
            )
        finally:
            os.close(output)
        status = forked_run.wait(child, after_s)
        if status is None:
            forked_run.kill(child, whole_group=True)
            status = forked_run.wait(child, 60.0)
        assert status is not None
        left = forked_run.survivors(child, timeout_s=30.0)
        if left:
            forked_run.kill(child, whole_group=True)
            raise Failure(f"processes outlive {command}: {left}")
        return os.waitstatus_to_exitcode(status)

    def outcome(self) -> dict[str, bytes]:
        """Every byte that must not depend on kills."""
        from small_run import outcome

        if left := [path for path in self.folder.rglob(".tmp-*") if "runs" not in path.parts]:
            raise Failure(f"left behind: {left}")
        found = outcome(self.workspace) if (self.workspace / "runs").exists() else {}
        return {**found, "labels.txt": (self.folder / "labels.txt").read_bytes()}


class Storm:
    """The undisturbed workspace and the one in which commands are killed, one after the other in the same folder."""

    def __init__(self, folder: Path, seed: int):
        self._chance, self._folder = random.Random(seed), folder
        self.kills: Counter[str] = Counter()

    def round(self, place: Place, number: int, kills: int) -> list[int]:
        """All commands, each killed so many times at most; how they ended."""
        codes = []
        for command in (
            place.commands if number else place.commands[1:]
        ):  # where nothing was made there is nothing to repair
            place.prepare(command, number)
            code = next((code for _ in range(kills) if (code := self._kill(place, command, number)) != -9), None)
            codes.append(place.do(command, number) if code is None else code)  # one that ended is not typed again
            told = place.log.read_text()
            if codes[-1] not in (0, 1) or "Traceback" in told:
                raise Failure(f"{command} of round {number} ended with {codes[-1]}:\n{told[-3000:]}")
        return codes

    def _kill(self, place: Place, command: str, number: int) -> int:
        """One kill of a command; how it ended, -9 by the kill."""
        changes = self._changes(place, command, number)
        before = 1 + self._chance.randrange(changes) if changes else 0
        code = place.do(command, number, _die_before(before) if before else None)
        self.kills[command] += code == -9
        return code

    def _changes(self, place: Place, command: str, number: int) -> int:
        """How often the command would change files if it were done now, in a copy of the place that then takes its name back."""
        aside = place.folder.with_name("aside")
        shutil.copytree(place.folder, aside, symlinks=True, copy_function=shutil.copy2)
        note = self._folder / "changes.txt"
        seen = [0]

        def count(event: str, arguments: tuple[Any, ...]) -> None:
            if _is_change(event, arguments):
                seen[0] += 1
                os.pwrite(descriptor, b"%9d" % seen[0], 0)

        descriptor = os.open(note, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        place.do(command, number, count)
        os.close(descriptor)
        found = int(note.read_bytes() or 0)
        shutil.rmtree(place.folder)
        aside.rename(place.folder)
        return found


def _is_change(event: str, arguments: tuple[Any, ...]) -> bool:
    if event == "open":
        path, _, flags = arguments
        return isinstance(path, str) and not path.startswith("/dev") and bool(flags & (os.O_WRONLY | os.O_RDWR))
    return event in CHANGES


def _die_before(number: int) -> "forked_run.Hook":
    left = [number]

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if _is_change(event, arguments):
            left[0] -= 1
            if left[0] == 0:
                forked_run.kill(os.getpid(), whole_group=True)

    return hook


def storm(folder: Path, kind: str, kills: int, each: int, a_round: int, seed: int, minutes: float) -> Counter[str]:
    """Rounds until there were so many kills, at least `each` of every command; then the same rounds undisturbed, and compare."""
    from small_run import differences

    begun, lying = time.monotonic(), folder / "place"
    place, found = Place(lying, kind), Storm(folder, seed)
    forked_run.import_everything()
    codes, outcomes, number = [], [], 0
    while found.kills.total() < kills or min(found.kills[command] for command in COMMANDS[kind]) < each:
        codes.append(
            found.round(place, number, 0 if number == 0 else a_round)
        )  # the first has nothing to repair or to retry
        outcomes.append(place.outcome())
        number += 1
        print(f"{found.kills.total()} kills in {number} rounds: {dict(found.kills)}", flush=True)
        if time.monotonic() - begun > 60 * minutes:
            raise Failure(f"only {found.kills.total()} of {kills} kills in {minutes:g} minutes")
    shutil.rmtree(lying)
    undisturbed = Place(lying, kind)
    for round_number in range(number):
        ended = found.round(undisturbed, round_number, 0)
        told = differences(outcomes[round_number], undisturbed.outcome())
        if told or ended != codes[round_number]:
            raise Failure(
                f"round {round_number} ended {codes[round_number]}, undisturbed {ended}:\n  " + "\n  ".join(told)
            )
    return found.kills


def main() -> None:
    parser = argparse.ArgumentParser(description="Kill every command that changes a workspace, and compare every byte.")
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--each", type=int, default=30, help="kills of every command, at least")
    parser.add_argument("--a-round", type=int, default=3, help="kills of a command in one round, at most")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--recipe", choices=tuple(COMMANDS), default="sentences")
    parser.add_argument("--minutes", type=float, default=60.0, help="stop, with exit code 1, after this time")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="storm-") as folder:
        try:
            place = Path(folder).resolve()
            kills = storm(
                place, options.recipe, options.kills, options.each, options.a_round, options.seed, options.minutes
            )
        except Failure as failure:
            sys.exit(f"FAILED: {failure}")
    told = ", ".join(f"{command} {count}" for command, count in sorted(kills.items()))
    print(f"OK: {kills.total()} kills, all bytes equal: {told}")


if __name__ == "__main__":
    main()
