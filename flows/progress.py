"""Progress on the page of the run: a bar for every piece of long work, a line in its log now and then."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast
from uuid import UUID

from prefect import get_run_logger

from flows.page import in_run, showing
from pipeline.telemetry.progress import Progress, ProgressTask

_SECONDS_BETWEEN = 5.0  # every change is a request to the server


class PageTask(ProgressTask):
    """One bar; what is done sooner than the first change is due has none."""

    def __init__(self, name: str, total: int | None, unit: str):
        super().__init__(name, total, unit, None, None)
        self._artifact: UUID | None = None
        self._due = time.monotonic() + _SECONDS_BETWEEN

    def advance(self, count: int = 1) -> None:
        """Count `count` more units as done."""
        super().advance(count)
        if time.monotonic() >= self._due:
            self.tell()
            self._due = time.monotonic() + _SECONDS_BETWEEN

    def tell(self) -> None:
        """Bring the page up to date."""
        of = f" of {self.total:,}" if self.total else ""
        text = f"{self.name}: {self.done:,}{of} {self.unit}, {self.pace}"
        get_run_logger().info(text)
        if self.total:
            with showing():
                self._show(min(100.0, 100 * self.done / self.total), text)

    def end(self) -> None:
        """Say the last state, if the page showed one before."""
        if self._artifact is not None:
            self.tell()

    def _show(self, percent: float, text: str) -> None:
        from prefect.artifacts import create_progress_artifact, update_progress_artifact

        if self._artifact is None:
            self._artifact = cast(UUID, create_progress_artifact(percent, description=text))
        else:
            update_progress_artifact(self._artifact, percent, description=text)


class PageProgress(Progress):
    """Progress of a flow run."""

    def __init__(self) -> None:
        super().__init__(None)

    def say(self, text: str) -> None:
        """Write one line of plain news to the log of the run."""
        get_run_logger().info(text)

    @contextmanager
    def task(self, name: str, total: int | None = None, unit: str = "row") -> Iterator[ProgressTask]:
        """Show one piece of work of `total` units while the block runs."""
        found = PageTask(name, total, unit)
        yield found
        found.end()


def run_progress() -> Progress:
    """Progress on the page of the run; on standard error where a flow's function is called without a run."""
    return PageProgress() if in_run() else Progress.on_stderr()
