"""`mmpt-pipeline compare`: what one finished run has more than another."""

from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.options import JsonOption, WorkspaceOption

if TYPE_CHECKING:
    from pipeline.evaluation.beside import Beside


def compare(
    first: Annotated[str, typer.Argument(help="A finished run: its recipe's name, or its folder.")],
    second: Annotated[str, typer.Argument(help="Another one, of this or of another workspace.")],
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare two runs on the files that both have judged.

    Files are known by their bytes, so the runs may have other encoders, methods or classes. Intervals are paired: both
    runs are measured on the same draws of files.

    Example: mmpt-pipeline compare pets pets-siglip

    Example: mmpt-pipeline compare old/workspace/runs/pets workspace/runs/pets
    """
    from pipeline.cli.output import print_json, print_table, say
    from pipeline.operations.compare import compare as compared

    found = compared(first, second, workspace or Path("workspace"))
    if as_json:
        print_json(found.values())
        return
    names = _told_apart(found.names)
    columns = ["exam", "measure", "files of both", *names, "difference", "95 % interval", f"{names[1]} is"]
    print_table(columns, [_row(each) for each in found.exams], f"{names[0]} and {names[1]}, percent")
    for each in found.exams:
        say(
            f"{each.exam}: {names[0]} answers by {each.methods[0]}, {names[1]} by {each.methods[1]}",
            *_left_out(each, names),
        )


def _told_apart(names: tuple[str, str]) -> tuple[str, str]:
    return names if names[0] != names[1] else (f"{names[0]} (first)", f"{names[1]} (second)")


def _row(found: "Beside") -> list[str]:
    return [
        found.exam, found.measure, f"{found.examples:,}", *(_percent(each) for each in found.figures),
        _percent(found.difference, "+"), "–" if isnan(found.low) else f"{100 * found.low:+.1f} to {100 * found.high:+.1f}",
        found.verdict,
    ]  # fmt: skip


def _percent(value: float, sign: str = "") -> str:
    return "–" if isnan(value) else f"{100 * value:{sign}.1f}"


def _left_out(found: "Beside", names: tuple[str, str]) -> list[str]:
    told = [
        f"{found.exam}: {count:,} files are judged by {name} alone, and left out"
        for count, name in zip(found.only, names, strict=True)
        if count
    ]
    if found.otherwise:
        told.append(f"{found.exam}: {found.otherwise:,} files are labelled otherwise in both, and left out")
    return told
