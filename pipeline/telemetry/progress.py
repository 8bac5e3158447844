"""Progress of long work: a live bar on a terminal, a line now and then in a pipe, silence in tests.

Where the logs are JSON, a program reads them: then it is events, one now and then, and one at the end of each piece of work.
"""

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress

from pipeline.printable import printable
from pipeline.telemetry.logs import in_json

_log = logging.getLogger(__name__)
_SECONDS_BETWEEN_LINES = 5.0


class ProgressTask:
    """One piece of long work; `advance` counts, `note` says how it goes."""

    def __init__(self, name: str, total: int | None, unit: str, bar: RichProgress | None, out: Console | None):
        self.name, self.total, self.unit = name, total, unit
        self.done = 0
        self.told = -1
        self._bar, self._out = bar, out
        self._start = self._last_line = time.monotonic()
        self._note = ""
        self._id: TaskID | None = bar.add_task(name, total=total, note="") if bar else None

    def advance(self, count: int = 1) -> None:
        """Count `count` more units as done."""
        self.done += count
        if self._bar is not None and self._id is not None:
            self._bar.update(self._id, advance=count, note=self._text())
        elif time.monotonic() - self._last_line > _SECONDS_BETWEEN_LINES:
            self.line()

    def note(self, text: str) -> None:
        """Show `text` beside the bar from now on."""
        self._note = text
        if self._bar is not None and self._id is not None:
            self._bar.update(self._id, note=self._text())

    @property
    def rate(self) -> float:
        """Units a second since the task began."""
        return self.done / max(time.monotonic() - self._start, 1e-9)

    def line(self) -> None:
        """Print the state as one plain line (where there is no live bar)."""
        self.mark()
        if self._out is not None:
            total = f"/{self.total}" if self.total is not None else ""
            self._out.print(
                f"{self.name}: {self.done}{total} {self.unit}  {self._text()}",
                markup=False,
                highlight=False,
                soft_wrap=True,
            )

    def mark(self) -> None:
        """Remember that the state was told just now."""
        self._last_line, self.told = time.monotonic(), self.done

    def _text(self) -> str:
        return "  ".join(part for part in (self.pace, self._note) if part)

    @property
    def pace(self) -> str:
        """How fast it goes; what takes longer than a second is told in seconds, for "0 query/s" tells nothing."""
        rate = self.rate
        return f"{1 / rate:,.1f} s/{self.unit}" if 0 < rate < 1 else f"{rate:,.0f} {self.unit}/s"


class Progress:
    """Where progress is shown. One instance serves a whole run."""

    def __init__(self, console: Console | None):
        self._console = console

    @classmethod
    def on_stderr(cls) -> "Progress":
        """Progress on standard error, so that standard output stays clean for pipes; as events where the logs are JSON."""
        return LoggedProgress() if in_json() else cls(Console(file=sys.stderr))

    @classmethod
    def silent(cls) -> "Progress":
        """Progress that shows nothing."""
        return cls(None)

    def say(self, text: str) -> None:
        """Print one line of plain news."""
        if self._console is not None:
            self._console.print(printable(text), markup=False, highlight=False, soft_wrap=True)

    @contextmanager
    def task(self, name: str, total: int | None = None, unit: str = "row") -> Iterator[ProgressTask]:
        """Show one piece of work of `total` units while the block runs."""
        if self._console is None:
            yield ProgressTask(name, total, unit, None, None)
        elif self._console.is_terminal:
            with self._bar() as bar:
                yield ProgressTask(name, total, unit, bar, None)
        else:
            task = ProgressTask(name, total, unit, None, self._console)
            yield task
            if task.told != task.done:
                task.line()

    def _bar(self) -> RichProgress:
        return RichProgress(
            TextColumn("{task.description:<24}"), BarColumn(bar_width=24), MofNCompleteColumn(),
            TimeElapsedColumn(), TimeRemainingColumn(), TextColumn("{task.fields[note]}"), console=self._console,
        )  # fmt: skip


class LoggedTask(ProgressTask):
    """One piece of long work, told as events."""

    def line(self) -> None:
        """Log how far it is."""
        self.mark()
        fields = {
            "task": self.name,
            "done": self.done,
            "total": self.total,
            "unit": self.unit,
            "rate": round(self.rate, 1),
        }
        _log.info("progress", extra={"fields": fields})


class LoggedProgress(Progress):
    """Progress of a run whose logs are JSON."""

    def __init__(self) -> None:
        super().__init__(None)

    def say(self, text: str) -> None:
        """Log one line of plain news."""
        _log.info("news", extra={"fields": {"text": text}})

    @contextmanager
    def task(self, name: str, total: int | None = None, unit: str = "row") -> Iterator[ProgressTask]:
        """Log one piece of work of `total` units while the block runs."""
        found = LoggedTask(name, total, unit, None, None)
        yield found
        if found.told != found.done:
            found.line()
