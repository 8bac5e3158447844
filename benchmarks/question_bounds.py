"""Whether the bounds of the miniature's questions hold: words, eyes and ears by themselves guess, and both together know.

    python benchmarks/question_bounds.py --seeds 7101 7102 7103

The shipped recipe runs on clips of seeds that nobody has looked at, each in a workspace of its own. Told is, a seed: the share
of right answers of every method, percent, by kind of question; the bounds; and which of them do not hold.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Mapping
from math import comb
from typing import Any

from pipeline import api

RECIPE = "copl/miniature-questions"
NEED_BOTH = {"Audio-Visual, Comparative": 2, "Audio-Visual, Counting": 3}
"""Kinds that nobody answers from one side, and among how many answers they choose."""
TEMPLATES = {
    "Audio, Counting": 2,
    "Audio, Comparative": 4,
    "Visual, Counting": 2,
    "Visual, Comparative": 4,
    **NEED_BOTH,
}
"""Every kind has one template; each of its answers is right equally often."""
WORDS, ONE_SIDED, WHOLE = "question only", ("visual alone", "audio alone"), ("head-only", "copl-late")
KNOWS = 0.8
"""Share of the questions that need both sides which a method with both has to answer."""
TAIL = 0.0005
"""Below, and above, the interval in which chance lies 999 times in 1,000."""


def main() -> None:
    """Print a line of JSON a seed; exit code 1 when a bound does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[7101, 7102, 7103])
    options, missed = parser.parse_args(), False
    for seed in options.seeds:
        start = time.perf_counter()
        right, sizes = one_seed(seed)
        broken, seconds = broken_bounds(right, sizes), round(time.perf_counter() - start)
        shown = {name: {kind: round(100 * share, 1) for kind, share in by.items()} for name, by in right.items()}
        between = {
            kind: [round(100 * end / sizes[kind], 1) for end in chance(sizes[kind], NEED_BOTH[kind])]
            for kind in NEED_BOTH
        }
        told = {"seed": seed, "seconds": seconds, "chance": between, **shown, "broken": broken}
        print(json.dumps(told), flush=True)
        missed = missed or bool(broken)
    sys.exit(int(missed))


def one_seed(seed: int) -> tuple[dict[str, dict[str, float]], dict[str, int]]:
    """Method -> kind -> share of right answers on the questions of test; and how many questions each kind has."""
    recipe = api.load_recipe(RECIPE)
    recipe = recipe.model_copy(update={"questions": recipe.questions.model_copy(update={"seed": seed})})
    with tempfile.TemporaryDirectory() as workspace:
        figures: Mapping[str, Any] = api.run(recipe, workspace, progress=False).figures
    methods = figures["methods"].items()
    return {name: {kind: one[0] for kind, one in told["accuracy"].items()} for name, told in methods}, figures["sizes"]


def broken_bounds(right: Mapping[str, Mapping[str, float]], sizes: Mapping[str, int]) -> list[str]:
    """What does not hold, in words."""
    found = [
        f"{WORDS}: {kind}: {right[WORDS][kind]:.4f}, not 1/{answers}"
        for kind, answers in TEMPLATES.items()
        if abs(right[WORDS][kind] - 1 / answers) > 1e-9
    ]
    for name in ONE_SIDED:
        for kind, answers in NEED_BOTH.items():
            least, most = chance(sizes[kind], answers)
            if not least <= round(right[name][kind] * sizes[kind]) <= most:
                found.append(f"{name}: {kind}: {right[name][kind]:.4f} is no chance of 1/{answers}")
    known = {name: right[name]["Audio-Visual"] for name in WHOLE}
    return found + [
        f"{name}: Audio-Visual: {share:.4f} is below {KNOWS}" for name, share in known.items() if share < KNOWS
    ]


def chance(questions: int, answers: int) -> tuple[int, int]:
    """Fewest and most right answers of who guesses, 999 times in 1,000."""
    odds = [comb(questions, k) * (answers - 1) ** (questions - k) / answers**questions for k in range(questions + 1)]
    least = next(k for k in range(questions + 1) if sum(odds[: k + 1]) > TAIL)
    most = next(k for k in range(questions, -1, -1) if sum(odds[k:]) > TAIL)
    return least, most


if __name__ == "__main__":
    main()
