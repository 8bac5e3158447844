"""Adding 2 classes to a finished miniature run, against that run: what is touched, and how long it takes.

Both runs are whole (`run_recipe`, report included), in one process, with the shipped recipe; the second recipe has two more image
classes. Claim: under a fifth of the first run, and only the new classes' texts, files and rows are made.

    .venv/bin/python benchmarks/new_classes.py
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

from pipeline.stages.whole import run_recipe
from pipeline.tasks.load import load_recipe
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.tasks.sentences.recipe import Recipe
from pipeline.telemetry.progress import Progress
from stores import Store

NEW = ["cloud", "flower"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        first = recipe(Path(folder), [])
        first_s = timed(first)
        before = rows(Store(folder))
        second_s = timed(recipe(Path(folder), NEW))
        after = rows(Store(folder))
    made = {name: count - before.get(name, 0) for name, count in after.items() if count > before.get(name, 0)}
    if options.json:
        print(json.dumps({"first_s": first_s, "second_s": second_s, "ratio": second_s / first_s, "made": made}))
        return
    print(f"rows before: {sum(before.values()):,}")
    for name, count in made.items():
        print(f"  made for {' and '.join(NEW)}: {count:>5} rows in {name}")
    print(
        f"first run {first_s:.1f} s, with two classes more {second_s:.1f} s, RATIO {second_s / first_s:.3f} (claim: < 0.2)"
    )


def recipe(workspace: Path, new: list[str]) -> Recipe:
    content: dict[str, Any] = load_recipe("miniature", workspace).model_dump(mode="json")
    from pipeline.labels import load_labels

    content["modalities"]["image"]["labels"] = load_labels("miniature-image") + new
    return Recipe.model_validate(content)


def timed(what: Recipe) -> float:
    start = time.perf_counter()
    run_recipe(BoundSentences(what, "auto", Progress.on_stderr()))
    return time.perf_counter() - start


def rows(store: Store) -> dict[str, int]:
    return {artifact.spec.name: len(artifact.keys()) for artifact in store.artifacts()}


if __name__ == "__main__":
    main()
