"""Masks of clips, written as pictures or overlays, or told as a table of what they cover."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from pipeline.cli.options import names_apart
from pipeline.cli.output import say

if TYPE_CHECKING:
    from pipeline.predictions import Prediction


def write_masks(found: "Sequence[Prediction]", shape: str, out: Path | None, spreadsheet: bool = False) -> bool:
    """Write a folder of pictures for each clip, or print or write the table; what is wrong with a file goes to standard error.

    Args:
        found: what a run says.
        shape: "masks", "overlay" or "csv".
        out: folder of what is written; None prints the table.
        spreadsheet: whether cells of a table that begin as a formula does are quoted.

    Returns:
        Whether everything that was asked for could be written.
    """
    from pipeline.datasets.av.masks.areas import masks_to_csv
    from pipeline.printable import printable
    from stores.commit import replace_bytes
    from stores.text import as_text

    def tell(path: str, what: str) -> None:
        print(printable(f"{path}: {what}"), file=sys.stderr)

    fine = [each for each in found if not each.error]
    for each in found:
        if told := each.error or each.note:
            tell(each.path, told)
    if any(each.masks is None for each in fine):
        raise typer.BadParameter(
            f"--as {shape} is of runs that learned masks, and this one answers otherwise. Leave it out."
        )
    if shape not in ("masks", "overlay", "csv"):
        raise typer.BadParameter(
            f"--as {shape} is of events, and this run learned masks. Give --as masks, overlay or csv."
        )
    if shape == "csv":
        table = masks_to_csv([(each.path, each.masks, each.error) for each in found], spreadsheet)
        if out is None:
            print(table, end="")
        else:
            out.mkdir(parents=True, exist_ok=True)
            replace_bytes(out / "masks.csv", as_text(table).encode())
            say(f"Wrote {out / 'masks.csv'}")
        return True
    assert out is not None, "asked for before anything is read"
    names_apart([each.path for each in fine])
    return _pictures(fine, shape, out, tell)


def _pictures(found: "Sequence[Prediction]", shape: str, out: Path, tell: Callable[[str, str], None]) -> bool:
    from pipeline.datasets.av.masks.written import write_mask_pictures, write_overlays
    from pipeline.media.errors import MediaError

    write, count, folders = {"masks": write_mask_pictures, "overlay": write_overlays}[shape], 0, 0
    for each in found:
        assert each.masks is not None, "looked at before"
        try:
            count += write(each.path, each.masks, out / Path(each.path).stem)
            folders += 1
        except MediaError as error:
            tell(each.path, f"no {shape} is written: {error}")
    say(f"Wrote {count:,} pictures into {folders:,} folders of {out}")
    return folders == len(found)
