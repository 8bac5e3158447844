"""What a run says of a user's files, and how it is shown: as a table, as JSON, and as CSV for a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rich.markup import escape
from rich.table import Table

from pipeline.datasets.av.masks.areas import masks_to_csv
from pipeline.datasets.av.masks.found import FoundMasks
from pipeline.datasets.av.windows import FoundEvent
from pipeline.printable import no_formula, printable
from stores.text import as_text

NONE_OF_THESE = "none of these"
"""What is shown of a file that no class was named for."""
_SHOWN = 10
"""Seconds of masks that a table has lines for."""


@dataclass(frozen=True)
class Prediction:
    """What a run says of one file.

    Attributes:
        path: the file as it was given; of a text that was given by itself, the text.
        modality: what it was taken for; None where that could not be told.
        classes: the most probable classes with their probabilities, best first; empty with an error, and where the file shows
            none of the classes.
        error: why there are none; empty if there are, or if the file shows none of the classes.
        events: what happens when, in order; None of a run that answers about whole files.
        note: what must be known of the answer, for example that the file has no sound.
        question: what was asked about the file; then the classes are answers.
        masks: what sounds where, second by second; None of a run that answers otherwise.
        licence: the strictest of what the run stands on, where that asks for more than attribution.
    """

    path: str
    modality: str | None
    classes: tuple[tuple[str, float], ...] = ()
    error: str = ""
    events: tuple[FoundEvent, ...] | None = None
    note: str = ""
    question: str = ""
    masks: FoundMasks | None = None
    licence: str = ""


def at_least(predictions: Iterable[Prediction], threshold: float) -> list[Prediction]:
    """The predictions without classes and events whose probability lies below `threshold`."""
    return [
        replace(
            each,
            classes=tuple(named for named in each.classes if named[1] >= threshold),
            events=None if each.events is None else tuple(e for e in each.events if e.probability >= threshold),
        )
        for each in predictions
    ]


def predictions_to_json(predictions: Iterable[Prediction]) -> list[dict[str, Any]]:
    """The predictions as values for JSON, probabilities as fractions."""
    return [
        {
            "path": prediction.path,
            "modality": prediction.modality,
            "predictions": [{"label": label, "probability": share} for label, share in prediction.classes],
            "error": prediction.error or None,
            **_more(prediction),
        }
        for prediction in predictions
    ]


def _more(prediction: Prediction) -> dict[str, Any]:
    """What only runs say that answer second by second, by masks, or are asked a question."""
    asked = {"question": prediction.question} if prediction.question else {}
    events = {} if prediction.events is None else {"events": [vars(event) for event in prediction.events]}
    masks = {} if prediction.masks is None else {"masks": [vars(each) for each in prediction.masks.areas]}
    noted = {"note": prediction.note} if prediction.note else {}
    return asked | events | masks | noted | ({"licence": prediction.licence} if prediction.licence else {})


def predictions_to_csv(predictions: Sequence[Prediction], spreadsheet: bool = False) -> str:
    """One row a file: path, modality, then label and probability of each class that is shown, best first, then the error.

    The columns are `path, modality, label, probability, label_2, probability_2, …, error`; cells that there is nothing for are
    empty. Where questions were asked, a row is a file and a question, with the columns `question` behind `modality` and `note` at
    the end. Of masks a row is a segment, see `masks_to_csv`. For a `spreadsheet` no cell begins as a formula does, see
    `no_formula`.
    """
    if any(each.masks is not None for each in predictions):
        return masks_to_csv([(each.path, each.masks, each.error) for each in predictions], spreadsheet)
    places = max((len(each.classes) for each in predictions), default=1) or 1
    names = [name for n in range(1, places + 1) for name in (_numbered("label", n), _numbered("probability", n))]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    asked = any(each.question for each in predictions)
    question, note = (["question"], ["note"]) if asked else ([], [])
    writer.writerow(["path", "modality", *question, *names, "error", *note])
    for each in predictions:
        shown = [cell for label, share in each.classes for cell in (label, f"{share:.6f}")]
        shown += [""] * (2 * places - len(shown))
        told = [each.path, each.modality or "", *([each.question] if asked else []), *shown, each.error]
        cells = [as_text(cell) for cell in (*told, *([each.note] if asked else []))]
        writer.writerow([no_formula(cell) for cell in cells] if spreadsheet else cells)
    return out.getvalue()


def render_predictions(predictions: Iterable[Prediction]) -> Table:
    """One row a file, or a file and a question: what it is, its classes with their probabilities in percent, the best in bold."""
    predictions = list(predictions)
    asked = any(prediction.question for prediction in predictions)
    table = Table(show_lines=True)
    table.add_column("file", overflow="fold")
    table.add_column("modality")
    if asked:
        table.add_column("question")
    masked = any(prediction.masks is not None for prediction in predictions)
    table.add_column("answer" if asked else "when" if masked else "class")
    table.add_column("% of the frame that sounds" if masked else "%", justify="right", no_wrap=not masked)
    for prediction in predictions:
        names = [escape(printable(label)) for label, _ in prediction.classes]
        shares = [f"{100 * share:.1f}" for _, share in prediction.classes]
        if prediction.error:
            names, shares = [f"[red]{escape(printable(prediction.error))}[/red]"], ["-"]
        elif prediction.events is not None:
            names, shares = _event_lines(prediction)
        elif prediction.masks is not None:
            names, shares = _mask_lines(prediction.masks)
        elif not names:
            names, shares = [f"[dim]{NONE_OF_THESE}[/dim]"], ["-"]
        else:
            names[0], shares[0] = f"[bold]{names[0]}[/bold]", f"[bold]{shares[0]}[/bold]"
        if prediction.note and prediction.events is None and not prediction.error:
            names, shares = [*names, f"[dim]{escape(printable(prediction.note))}[/dim]"], [*shares, ""]
        question = [escape(printable(prediction.question))] if asked else []
        cells = [escape(printable(prediction.path)), prediction.modality or "-", *question]
        table.add_row(*cells, "\n".join(names), "\n".join(shares))
    return table


def _event_lines(prediction: Prediction) -> tuple[list[str], list[str]]:
    """When what happens, then what must be known of the answer."""
    events = prediction.events or ()
    names = [f"{clock(e.start_s)}–{clock(e.end_s)}  [bold]{escape(printable(e.label))}[/bold]" for e in events]
    shares = [f"{100 * event.probability:.1f}" for event in events]
    if not events:
        names, shares = [f"[dim]{NONE_OF_THESE}[/dim]"], ["-"]
    if prediction.note:
        names, shares = [*names, f"[dim]{escape(printable(prediction.note))}[/dim]"], [*shares, ""]
    return names, shares


def _mask_lines(masks: FoundMasks) -> tuple[list[str], list[str]]:
    """How much of the frame sounds in each second; of a long clip those with the most."""
    most = sorted(range(len(masks)), key=lambda place: -masks.areas[place].area)[:_SHOWN]
    shown = [masks.areas[place] for place in sorted(most)]
    names = [f"{clock(each.start_s)}–{clock(each.end_s)}" for each in shown]
    shares = [f"{100 * each.area:.1f}" for each in shown]
    if len(masks) > len(shown):
        names, shares = [*names, f"[dim]and {len(masks) - len(shown):,} seconds with less[/dim]"], [*shares, ""]
    return names, shares


def clock(seconds: float) -> str:
    """A time of a file as minutes, seconds and tenths: 1:02.5."""
    tenths = round(10 * seconds)
    return f"{tenths // 600}:{tenths // 10 % 60:02}.{tenths % 10}"


def _numbered(name: str, place: int) -> str:
    return name if place == 1 else f"{name}_{place}"
