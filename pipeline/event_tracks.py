"""Events of clips as files that other programs read: a table, subtitles for a player, label tracks for Audacity.

The table has the columns that `recipes new --events` reads, and so have label tracks their form: what a run says can be corrected
by hand and learned from.
"""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from pipeline.predictions import Prediction
from pipeline.printable import no_formula, printable
from stores.text import as_text

Track = Literal["csv", "vtt", "audacity"]
ENDINGS: Mapping[Track, str] = {"csv": ".csv", "vtt": ".vtt", "audacity": ".txt"}


def events_to_csv(predictions: Sequence[Prediction], spreadsheet: bool = False) -> str:
    """A row an event of every file: file, label, start_s, end_s, probability; a file without one has no row.

    For a `spreadsheet` no cell begins as a formula does.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["file", "label", "start_s", "end_s", "probability"])
    for each in predictions:
        for event in each.events or ():
            cells = [as_text(each.path), as_text(event.label), f"{event.start_s:.3f}", f"{event.end_s:.3f}"]
            cells.append(f"{event.probability:.6f}")
            writer.writerow([no_formula(cell) for cell in cells] if spreadsheet else cells)
    return out.getvalue()


def events_to_vtt(prediction: Prediction) -> str:
    """WebVTT subtitles of one file: a cue an event."""
    cues = [
        f"{_stamp(event.start_s)} --> {_stamp(event.end_s)}\n{_cue(event.label)} ({100 * event.probability:.0f} %)\n"
        for event in prediction.events or ()
    ]
    return "\n".join(["WEBVTT\n", *cues])


def events_to_audacity(prediction: Prediction) -> str:
    """Audacity's label track of one file: start, end and label between tabs, a line an event."""
    lines = [
        f"{event.start_s:.6f}\t{event.end_s:.6f}\t{_one_line(event.label)}\n" for event in prediction.events or ()
    ]
    return "".join(lines)


ONE: Mapping[Track, Callable[[Prediction], str]] = {
    "csv": lambda prediction: events_to_csv([prediction]), "vtt": events_to_vtt, "audacity": events_to_audacity
}  # fmt: skip
"""What writes the events of one file."""


def _stamp(seconds: float) -> str:
    thousandths = round(1000 * seconds)
    minutes, rest = divmod(thousandths, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"


def _one_line(label: str) -> str:
    """A label that ends no line and no column."""
    return " ".join(printable(label).split())


def _cue(label: str) -> str:
    """A label that opens no markup and is taken for no time."""
    return _one_line(label).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
