"""What `mmpt-pipeline status` and `retry` print."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pipeline.cli.output import print_table, say

if TYPE_CHECKING:
    from pipeline.operations.retry import Tried
    from pipeline.operations.status import Failure, Status
    from pipeline.telemetry.history import RunEntry

_SHOWN = 15


def print_status(found: "Status", recipe: str) -> None:
    """The state of a workspace or of a recipe; `recipe` is what to type for it."""
    from pipeline.cli.output import size_text
    from pipeline.cli.tables import aside_table, unreadable_table

    kinds = [
        [each.kind, f"{each.artifacts:,}", f"{each.rows:,}", f"{each.rejected:,}", size_text(each.bytes)]
        for each in found.stored
    ]
    whose = f"of '{found.recipe}' in" if found.recipe else "in"
    print_table(["kind", "artifacts", "rows", "rejected", "size"], kinds, f"Stored {whose} {found.workspace}")
    missing = [[s.stage, s.what, f"{s.missing:,}", size_text(s.bytes), s.note] for s in found.missing if s.missing]
    if missing:
        print_table(["stage", "what", "missing", "to write", "note"], missing, "Missing")
    if found.failed:
        print_table(["what", "reason", "rows", "example"], _failures(found.failed), "Rejected")
    unreadable_table({step.what: step.unreadable for step in found.missing})
    aside_table({step.what: step.aside for step in found.missing})
    if found.runs:
        columns = ["started (UTC)", "recipe", "command", "state", "seconds", "what happened"]
        print_table(columns, [_run(run) for run in found.runs], "Last runs")
    say("\n".join(_last_lines(found, recipe)))
    print_warnings(found, recipe)


def print_warnings(found: "Status", recipe: str) -> None:
    """What is wrong with what runs have made, with what to do; last, where it is seen."""
    from rich.text import Text

    from pipeline.cli.output import print_rich
    from pipeline.cli.warned import for_recipe
    from pipeline.printable import printable

    lines = []
    for name, alarm in found.warnings:
        of = f"'{name}': " if found.recipe is None else ""
        lines.append(Text(printable(f"Warning ({alarm.code}): {of}{alarm.problem}."), style="yellow"))
        lines.append(Text(printable(f"    What to do: {for_recipe(alarm.remedy, recipe)}")))
    print_rich(*lines)
    if found.runs or found.warnings:
        told = f"{len(found.warnings)} warning{'s' * (len(found.warnings) != 1)}" if found.warnings else "No warnings"
        print_rich(Text(f"{told}.", style="bold yellow" if found.warnings else "bold green"))


def print_tried(found: "Sequence[Tried]", recipe: str, done: bool) -> None:
    """What came of a retry, or what there is to try."""
    if not found:
        print("nothing has failed that could be tried again")
        return
    if not done:
        rows = [[each.what, each.reason, f"{each.tried:,}"] for each in found]
        print_table(["what", "reason", "failed"], rows, "To try again")
        say(f"Try them with: mmpt-pipeline retry {recipe} --failed")
        return
    rows = [[each.what, each.reason, f"{each.tried:,}", f"{each.mended:,}", f"{each.failing:,}"] for each in found]
    print_table(["what", "had failed with", "tried", "mended", "fail still"], rows, "Tried again")
    if any(each.mended for each in found):
        say(f"Learn and judge with what was mended: mmpt-pipeline run {recipe}")


def _failures(failed: "Sequence[Failure]") -> list[list[str]]:
    rows = [[f.what, f.reason, f"{f.count:,}", _short(f.example)] for f in failed[:_SHOWN]]
    more = sum(f.count for f in failed[_SHOWN:])
    return [*rows, ["…", f"{len(failed) - _SHOWN} more reasons", f"{more:,}", ""]] if more else rows


def _run(run: "RunEntry") -> list[str]:
    stages = ", ".join(f"{stage.stage} {stage.seconds:.0f} s" for stage in run.stages)
    counts = " ".join(f"{name}={value}" for name, value in run.counts.items())
    happened = run.error or "; ".join(part for part in (counts, stages) if part)
    seconds = "–" if run.seconds is None else f"{run.seconds:.0f}"
    return [run.started[:19].replace("T", " "), run.recipe, run.command, run.state, seconds, _short(happened, 200)]


def _last_lines(found: "Status", recipe: str) -> Iterator[str]:
    from pipeline.cli.output import size_text

    for held in found.locks:
        who = f"process {held.pid} on {held.host}" if held.pid else "another process"
        yield f"Held: {held.artifact} by {who}"
    for left in found.leftovers:
        if not left.in_use:
            yield f"Left by a killed run: {left.rows:,} rows of {left.artifact}; the next run takes them over"
    if found.disk_free is not None and found.disk_total:
        used = sum(each.bytes for each in found.stored)
        yield f"Disk: {size_text(used)} stored here, {size_text(found.disk_free)} of {size_text(found.disk_total)} free"
    shown = {each.what: each for each in found.failed}.values()
    for each in list(shown)[:3]:
        yield f"All of {each.what}: mmpt-pipeline store show {each.artifact} --rejected -w {found.workspace}"
    if any(each.kind in ("features", "sources") for each in found.failed):
        yield f"Try rejected files again: mmpt-pipeline retry {recipe} --failed -w {found.workspace}"
    if any(step.missing for step in found.missing):
        yield f"Make what is missing: mmpt-pipeline run {recipe} -w {found.workspace}"


def _short(text: str, most: int = 100) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"
