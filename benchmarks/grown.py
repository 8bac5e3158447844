"""Commands on something of two sizes: seconds of a core, and the exponent of their growth.

A command is a process of its own, so the interpreter's start and all imports are in its seconds. Seconds of a core are what
people wait for on an idle machine, and nearly the same on a busy one. For the exponent, those of the same command on next to
nothing are taken away first: log(ratio of what is left) / log(ratio of the sizes), 1 where the time grows as the size does.
The fastest of the rounds counts.
"""

import math
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from side_by_side import Finding, duration

Make = Callable[[Path, int], Sequence[str]]
"""(an empty folder, how many) -> what to type after `mmpt-pipeline`."""

NEXT_TO_NOTHING = 3
_STEEPEST = 1.3
"""Above 1, because sorting takes n log n, and because seconds are uncertain; what is quadratic has 2."""


def measured(make: Make, sizes: tuple[int, int]) -> Callable[[int], Finding]:
    """What measures one command at two sizes, the small one and the one that is claimed."""

    def measure(rounds: int) -> Finding:
        with tempfile.TemporaryDirectory() as folder:
            commands = {size: _made(make, Path(folder) / str(size), size) for size in (NEXT_TO_NOTHING, *sizes)}
            runs = [{size: _seconds(command, folder) for size, command in commands.items()} for _ in range(rounds)]
        start, *times = (min(run[size] for run in runs) for size in commands)
        small, large = (max(seconds - start, 1e-9) for seconds in times)
        exponent = math.log(large / small) / math.log(sizes[1] / sizes[0])
        rows = {
            f"{size:,}": [duration(seconds)]
            for size, seconds in zip((NEXT_TO_NOTHING, *sizes), (start, *times), strict=True)
        }
        note = f"exponent of the growth from {sizes[0]:,} to {sizes[1]:,}: {exponent:.2f}, allowed {_STEEPEST}"
        return Finding(times[1], rows, columns=("fastest",), notes=[note], sound=exponent <= _STEEPEST)

    return measure


def labels(command: str) -> Make:
    """A command on a recipe with so many class names."""

    def make(folder: Path, count: int) -> Sequence[str]:
        names = (f"{_WORDS[i % 12]} {_WORDS[i // 12 % 12]} of kind {i:05}" for i in range(count))
        (folder / "labels.txt").write_text("\n".join(names) + "\n")
        recipe = folder / "recipe.yaml"
        recipe.write_text(
            "name: grown\nworkspace: ./workspace\nmodalities:\n  image: {labels: labels.txt, encoder: miniature-clip}\n"
            "generate: {engine: deterministic, sentences_per_class: 100}\ntrain: {weak: null}\n"
        )
        return [command, str(recipe), "--json"]

    return make


def artifacts(*command: str) -> Make:
    """A command on a workspace of so many artifacts; every tenth has a rejected row."""

    def make(folder: Path, count: int) -> Sequence[str]:
        from stores import ArtifactSpec, Rejection, Store, text_key

        store, flush = Store(folder), os.fsync
        os.fsync = lambda descriptor: None  # the workspace need not outlive the machine
        try:
            for number in range(count):
                fields = {"number": number, "name": f"thing {number}", "options": {"rate": 0.1}}
                spec = ArtifactSpec(kind=("features", "prompts", "results")[number % 3], fields=fields, backend="blob")
                with store.artifact(spec).writer() as writer:
                    refused = Rejection(text_key(f"not {number}"), "truncated", detail={"path": f"{number}.png"})
                    writer.publish([text_key(str(number))], [b"x" * 100], rejected=[] if number % 10 else [refused])
        finally:
            os.fsync = flush
        return [*command, "--workspace", str(folder)]

    return make


_WORDS = "apple river stone cloud maple tiger lamp chair glass paper engine mirror".split()


def _made(make: Make, folder: Path, count: int) -> Sequence[str]:
    folder.mkdir()
    return make(folder, count)


def _seconds(command: Sequence[str], folder: str) -> float:
    before = _spent()
    subprocess.run([sys.executable, "-m", "pipeline.cli.app", *command], check=True, stdout=subprocess.PIPE, cwd=folder)
    return _spent() - before


def _spent() -> float:
    """Seconds of a core that ended children have taken, those of the system included."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
