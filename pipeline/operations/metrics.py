"""A status in Prometheus' text format, for node_exporter's textfile collector or anything else that reads it."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from pipeline.operations.status import Status

Labels = dict[str, str]
Sample = tuple[Labels, float]


def metrics(status: Status) -> str:
    """Every figure of the status; families without a sample are left out."""
    return "".join(_family(*family) for family in _families(status))


def _families(status: Status) -> Iterator[tuple[str, Literal["gauge"], str, list[Sample]]]:
    of = {"workspace": status.workspace} | ({"recipe": status.recipe} if status.recipe else {})
    kinds = [(of | {"kind": each.kind}, each) for each in status.stored]
    yield "mmpt_artifacts", "gauge", "Published artifacts.", [(labels, each.artifacts) for labels, each in kinds]
    yield "mmpt_rows", "gauge", "Stored rows.", [(labels, each.rows) for labels, each in kinds]
    yield "mmpt_stored_bytes", "gauge", "Bytes of stored rows.", [(labels, each.bytes) for labels, each in kinds]
    failed: dict[tuple[str, str], int] = {}
    for each in status.failed:
        failed[each.what, each.reason] = failed.get((each.what, each.reason), 0) + each.count
    samples = [(of | {"what": what, "reason": reason}, float(count)) for (what, reason), count in failed.items()]
    yield "mmpt_rejected_rows", "gauge", "Rows that could not be made, by reason.", samples
    missing = [(of | {"stage": step.stage, "what": step.what}, float(step.missing)) for step in status.missing]
    yield "mmpt_missing_rows", "gauge", "Rows that the next run has to make.", missing
    lost = [(of | {"what": step.what}, float(len(step.unreadable))) for step in status.missing if step.unreadable]
    yield "mmpt_unreadable_files", "gauge", "Files that a data set names and that cannot be read.", lost
    beside: dict[tuple[str, str], int] = {}
    for step in status.missing:
        for aside in step.aside:
            beside[step.what, aside.what] = beside.get((step.what, aside.what), 0) + aside.count
    others = [(of | {"what": step, "kind": kind}, float(count)) for (step, kind), count in beside.items()]
    yield "mmpt_files_not_judged", "gauge", "Files that lie in a data set and are not judged, by what they are.", others
    told = Counter((recipe, alarm.code) for recipe, alarm in status.warnings)
    wrong = [(of | {"recipe": recipe, "code": code}, float(count)) for (recipe, code), count in told.items()]
    yield "mmpt_warnings", "gauge", "What is wrong with runs though nothing failed, by what it is.", wrong
    yield "mmpt_locks_held", "gauge", "Artifacts that somebody writes now.", [(of, len(status.locks))]
    left = sum(each.rows for each in status.leftovers if not each.in_use)
    yield "mmpt_unpublished_rows", "gauge", "Rows that a killed run made and nobody published.", [(of, left)]
    for name, count in (("free", status.disk_free), ("total", status.disk_total)):
        samples = [(of, float(count))] if count is not None else []
        yield f"mmpt_disk_{name}_bytes", "gauge", f"Bytes {name} on the workspace's file system.", samples
    yield from _of_runs(status, of)


def _of_runs(status: Status, of: Labels) -> Iterator[tuple[str, Literal["gauge"], str, list[Sample]]]:
    newest = {run.recipe: run for run in reversed(status.runs)}.values()
    known = [({**of, "recipe": run.recipe, "command": run.command}, run) for run in newest if run.started]
    began = [(labels, datetime.fromisoformat(run.started).timestamp()) for labels, run in known]
    yield "mmpt_last_run_started_timestamp_seconds", "gauge", "When the newest run began.", began
    states = [({**labels, "state": run.state}, 1.0) for labels, run in known]
    yield "mmpt_last_run_state", "gauge", "What became of the newest run: done, failed, interrupted, …", states
    took = [(labels, run.seconds) for labels, run in known if run.seconds is not None]
    yield "mmpt_last_run_seconds", "gauge", "How long the newest run took.", took
    stages: dict[tuple[str, str, str], float] = {}
    for _, run in known:
        for stage in run.stages:  # a stage that was tried again stands there twice
            where = (run.recipe, run.command, stage.stage)
            stages[where] = stages.get(where, 0.0) + stage.seconds
    samples = [
        ({**of, "recipe": recipe, "command": command, "stage": stage}, seconds)
        for (recipe, command, stage), seconds in stages.items()
    ]
    yield "mmpt_last_run_stage_seconds", "gauge", "How long each stage of the newest run took.", samples


def _family(name: str, kind: str, about: str, samples: list[Sample]) -> str:
    if not samples:
        return ""
    lines = [f"# HELP {name} {about}", f"# TYPE {name} {kind}"]
    lines += [f"{name}{{{_labels(labels)}}} {value:.17g}" for labels, value in samples]
    return "\n".join(lines) + "\n"


def _labels(labels: Labels) -> str:
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
