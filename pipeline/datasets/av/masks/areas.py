"""What masks cover, as a table for other programs."""

import csv
import io
from collections.abc import Iterator, Sequence

from pipeline.datasets.av.masks.found import FoundMasks
from pipeline.printable import no_formula
from stores.text import as_text

COLUMNS = ("path", "second", "start_s", "end_s", "area", "left", "top", "right", "bottom", "error")


def masks_to_csv(found: Sequence[tuple[str, FoundMasks | None, str]], spreadsheet: bool = False) -> str:
    """A row a segment: its mask's share of the frame, and the box around it in shares of the frame's sides.

    Args:
        found: of every clip its path, its masks, and its error.
        spreadsheet: whether cells that begin as a formula does are quoted.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for path, masks, error in found:
        for cells in _rows(masks):
            told = [as_text(cell) for cell in (path, *cells, error)]
            writer.writerow([no_formula(cell) for cell in told] if spreadsheet else told)
    return out.getvalue()


def _rows(masks: FoundMasks | None) -> Iterator[list[str]]:
    if masks is None:
        yield [""] * (len(COLUMNS) - 2)
        return
    for number, each in enumerate(masks.areas, 1):
        box = ["", "", "", ""] if each.box is None else [f"{share:.4f}" for share in each.box]
        yield [str(number), f"{each.start_s:g}", f"{each.end_s:g}", f"{each.area:.6f}", *box]
