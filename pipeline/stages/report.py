"""Stage 5: one HTML file that shows the run. Drawn again only when something it shows has changed."""

from typing import Any

from pipeline.alarms import as_values
from pipeline.records import REPORT
from pipeline.report.sealed_page import page_problem
from pipeline.runs.bound import Bound
from pipeline.tasks.registry import task_of
from pipeline.telemetry.recorded import recorded_stage
from stores import fingerprint
from stores.address import Location
from stores.lock import held


@recorded_stage("report")
def report(bound: Bound[Any]) -> Location:
    """Draw the report, unless it is there already; returns its path.

    Raises:
        MmptError: the run is not judged yet.
    """
    task, path = task_of(bound.recipe), bound.folder / REPORT
    alarms = as_values(bound.warnings())
    shows = fingerprint(task.shows(bound) + ([alarms] if alarms else []))
    if _is_drawn(bound, path, shows):  # found without a lock, so also by who may not write there
        return path
    # Two runs of one recipe that end together draw it once: they would write to one temporary file.
    with held(bound.folder / ".report.lock", f"the report of run '{bound.recipe.name}'"):
        if not _is_drawn(bound, path, shows):
            with bound.progress.task("report", total=1, unit="page") as bar:
                task.draw(bound, path)
                bar.advance()
            bound.note({}, report_of=shows)
    return path


def _is_drawn(bound: Bound[Any], path: Location, shows: str) -> bool:
    return not page_problem(path) and bound.record().report_of == shows
