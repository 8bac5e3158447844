"""Timing two ways of doing the same thing side by side, and telling the ratio.

The ways take turns in one process, so what else the machine does hits both. The ratio is the median over the rounds of
the ratio within a round; the table shows the fastest and the median time of each way.
"""

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Claim:
    """What a script claims.

    Attributes:
        text: the claim in words.
        bound: the figure that is promised.
        at_least: whether the figure must reach the bound, or stay below it.
        unit: of the figure.
    """

    text: str
    bound: float
    at_least: bool = True
    unit: str = "x"

    def holds(self, figure: float) -> bool:
        """Whether a measured figure keeps the promise."""
        return figure >= self.bound if self.at_least else figure <= self.bound


@dataclass(frozen=True)
class Finding:
    """What a script measured.

    Attributes:
        figure: to be held against the claim.
        rows: name of a way -> what is shown of it, in the order of the columns.
        columns: heads of the rows' columns.
        notes: facts that belong to the figure: sizes, largest difference, what was scaled.
        sound: whether everything that had to be equal was equal.
    """

    figure: float
    rows: Mapping[str, Sequence[str]]
    columns: Sequence[str] = ("fastest", "median")
    notes: Sequence[str] = field(default_factory=tuple)
    sound: bool = True


Times = dict[str, list[float]]


def take_turns(ways: Mapping[str, Callable[[], object]], rounds: int) -> Times:
    """Seconds of every way in every round, after one round that does not count."""
    times: Times = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            if number:
                times[name].append(time.perf_counter() - start)
    return times


def ratio(slow: Sequence[float], fast: Sequence[float]) -> float:
    """How many times slower, as the median over the rounds."""
    return statistics.median(s / f for s, f in zip(slow, fast, strict=True))


def shown(times: Sequence[float], scale: float = 1.0) -> list[str]:
    """The fastest and the median time, scaled."""
    return [duration(scale * min(times)), duration(scale * statistics.median(times))]


def duration(seconds: float) -> str:
    """Seconds for people."""
    if seconds >= 100:
        return f"{seconds:,.0f} s"
    return f"{seconds:.2f} s" if seconds >= 1 else f"{1000 * seconds:.2f} ms"


def tell(claim: Claim, measure: Callable[[int], Finding], rounds: int) -> None:
    """The program around a measurement: options, table, last line; exit code 1 when the claim does not hold.

    Args:
        claim: what is claimed.
        measure: measures; it is given the number of rounds.
        rounds: how many by default.
    """
    parser = argparse.ArgumentParser(description=claim.text)
    parser.add_argument("--rounds", type=int, default=rounds, help=f"measured rounds (default {rounds})")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="threads of torch (default: all)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    options = parser.parse_args()
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):  # read when torch is imported, which is later
        os.environ[name] = str(options.threads)
    load = os.getloadavg()[0]
    finding = measure(options.rounds)
    holds = finding.sound and claim.holds(finding.figure)
    machine = describe_machine(options.threads, load)
    if options.json:
        content = vars(claim) | vars(finding) | {"holds": holds, "machine": machine, "rounds": options.rounds}
        print(json.dumps(content))
    else:
        print(f"{machine}; {options.rounds} rounds, taking turns")
        print(table(("", *finding.columns), [(name, *row) for name, row in finding.rows.items()]))
        for note in finding.notes:
            print(note)
        print(last_line(claim, finding.figure, holds))
    sys.exit(0 if holds else 1)


def last_line(claim: Claim, figure: float, holds: bool) -> str:
    """The claim, the figure, and whether the one keeps the other."""
    word = "at least" if claim.at_least else "at most"
    return f"RATIO {figure:,.3g}{claim.unit}  {claim.text} ({word} {claim.bound:g}{claim.unit}: {'yes' if holds else 'NO'})"


def describe_machine(threads: int, load: float) -> str:
    """Cores, memory, versions and what else was going on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    torch = sys.modules.get("torch")
    version = f", torch {torch.__version__}" if torch else ""
    return (
        f"{platform.machine()}, {os.cpu_count()} cores, {threads} threads, {memory:.0f} GiB, no GPU used, "
        f"Python {platform.python_version()}{version}, load before {load:.1f}"
    )


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns of text: the first to the left, the others to the right."""
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    lines = []
    for row in (head, *rows):
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
