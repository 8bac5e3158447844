"""Starts two runs of one recipe together, again and again: both do everything between them, nothing twice, the bytes are equal.

    python tests/faults/two_runs.py --tries 50 --seed 1
    python tests/faults/two_runs.py --tries 50 --recipe few-shot

The second one starts up to a whole run later, mostly much sooner.
"""

import argparse
import random
import re
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from trial import Failure, Trial, trial  # noqa: E402

_DONE = {
    "sentences written": r"^generate .*; ([\d,]+) written now",
    "rows encoded": r"^cache .*; ([\d,]+) encoded now",
    "rows rejected": r"^cache .* encoded now, ([\d,]+) rejected",
    "epochs": r"^train +([\d,]+) epochs now",
}
_OF = {"sentences": set(_DONE), "few-shot": {"rows encoded", "epochs"}}
"""Kind of recipe -> what an undisturbed run does some of."""


def done(printed: str) -> dict[str, int]:
    """How much of everything a run says that it did itself."""
    found = {what: re.search(words, printed, re.MULTILINE) for what, words in _DONE.items()}
    return {what: int(match[1].replace(",", "")) if match else 0 for what, match in found.items()}


def both(run: Trial, wait_s: float) -> list[dict[str, int]]:
    """Start two runs in an empty workspace; what each did."""
    run.begin()
    first = run.start("run")
    time.sleep(wait_s)
    second = run.start("run")
    ended = [run.end(*first), run.end(*second)]
    if any(code for code, _ in ended):
        raise Failure(f"two runs ended with {[code for code, _ in ended]}:\n" + "\n\n".join(text for _, text in ended))
    return [done(text) for _, text in ended]


def main() -> None:
    parser = argparse.ArgumentParser(description="Two runs of a recipe at the same time, many times.")
    parser.add_argument("--tries", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--recipe", choices=tuple(_OF), default="sentences")
    options = parser.parse_args()
    chance, shared, start = random.Random(options.seed), 0, time.monotonic()
    with trial(options.recipe) as run:
        expected = done(run.told)
        if {what for what, count in expected.items() if count} != _OF[options.recipe]:
            raise Failure(f"cannot read what a run did: {expected} of\n{run.told}")
        for number in range(options.tries):
            found = both(run, 3.0 * chance.random() ** 3)
            if (total := {what: sum(each[what] for each in found) for what in expected}) != expected:
                raise Failure(f"try {number}: {found} are {total} in all, instead of {expected}")
            run.compare()
            shared += all(any(each.values()) for each in found)
    print(f"OK: {options.tries} pairs, {shared} of which shared the work; {time.monotonic() - start:.0f} s; {expected}")


if __name__ == "__main__":
    main()
