"""Events of clips, printed or written as files that other programs read."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from pipeline.cli.options import names_apart
from pipeline.cli.output import say

if TYPE_CHECKING:
    from pipeline.datasets.av.windows import FoundEvent
    from pipeline.predictions import Prediction


_ENDINGS = {"csv": ".csv", "vtt": ".vtt", "audacity": ".txt"}


def write_tracks(found: "Sequence[Prediction]", track: Any, out: Path | None, spreadsheet: bool = False) -> None:
    """Print the events of clips, or write a file for each of them; what is wrong with a file goes to standard error.

    Args:
        found: what a run says.
        track: "csv", "vtt" or "audacity".
        out: folder of the files; None prints.
        spreadsheet: whether cells of a table that begin as a formula does are quoted.
    """
    from pipeline.datasets.av.event_files import events_to_audacity, events_to_csv, events_to_vtt
    from pipeline.printable import printable
    from stores.commit import replace_bytes
    from stores.text import as_text

    fine = [each for each in found if not each.error]
    for each in found:
        if told := each.error or each.note:
            print(printable(f"{each.path}: {told}"), file=sys.stderr)
    if any(each.events is None for each in fine):
        raise typer.BadParameter("this run answers about whole files and not second by second. Leave --as out.")
    if out is None and track != "csv" and len(fine) > 1:
        raise typer.BadParameter(
            f"--as {track} is one file for each clip, and these are {len(fine)}. Give --out FOLDER."
        )
    written = {"csv": lambda each: events_to_csv(_by_file([each]), spreadsheet),
        "vtt": lambda each: events_to_vtt(each.events), "audacity": lambda each: events_to_audacity(each.events),
    }[track]  # fmt: skip
    if out is None:
        print(events_to_csv(_by_file(fine), spreadsheet) if track == "csv" else "".join(map(written, fine)), end="")
        return
    names = names_apart([each.path for each in fine])
    out.mkdir(parents=True, exist_ok=True)
    for name, each in zip(names, fine, strict=True):
        replace_bytes(out / f"{name}{_ENDINGS[track]}", as_text(written(each)).encode())
    say(f"Wrote {len(fine):,} files into {out}")


def _by_file(found: "Sequence[Prediction]") -> "dict[str, tuple[FoundEvent, ...]]":
    return {each.path: each.events or () for each in found}
