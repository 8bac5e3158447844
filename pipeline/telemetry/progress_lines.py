"""Progress as log events, for programs that read them: one now and then, and one at the end of each piece of work."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.telemetry.progress import Progress, ProgressTask

_log = logging.getLogger(__name__)


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
