"""Events as files: a table that is read back as `events.csv`, subtitles (WebVTT), and a label track for Audacity."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from html import escape

from pipeline.datasets.av.events_table import COLUMNS
from pipeline.datasets.av.windows import FoundEvent
from pipeline.printable import no_formula
from stores.text import as_text


def events_to_csv(files: Mapping[str, Sequence[FoundEvent]], spreadsheet: bool = False) -> str:
    """One row an event: file, label, start_s, end_s, probability; a file without events is a row with nothing but its name.

    For a `spreadsheet` no cell begins as a formula does, see `no_formula`.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*COLUMNS, "probability"])
    for file, events in files.items():
        rows = [[e.label, _seconds(e.start_s), _seconds(e.end_s), f"{e.probability:.6f}"] for e in events]
        for row in rows or [[""] * 4]:
            cells = [as_text(cell) for cell in (file, *row)]
            writer.writerow([no_formula(cell) for cell in cells] if spreadsheet else cells)
    return out.getvalue()


def events_to_vtt(events: Iterable[FoundEvent]) -> str:
    """Subtitles of one file: a cue an event, with its probability in percent."""
    cues = [
        f"{_clock(e.start_s)} --> {_clock(e.end_s)}\n{escape(_one_line(e.label), quote=False)} ({100 * e.probability:.0f} %)\n"
        for e in events
    ]
    return "\n".join(["WEBVTT\n", *cues])


def events_to_audacity(events: Iterable[FoundEvent]) -> str:
    """A label track of one file: a line an event, with start, end and label divided by tabs."""
    return "".join(f"{e.start_s:.6f}\t{e.end_s:.6f}\t{_one_line(e.label)}\n" for e in events)


def _seconds(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _clock(seconds: float) -> str:
    """Hours, minutes, seconds and thousandths, as WebVTT has them."""
    thousandths = round(seconds * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{rest // 1000:02d}.{rest % 1000:03d}"


def _one_line(label: str) -> str:
    return " ".join(as_text(label).split())
