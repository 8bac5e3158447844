"""What `store verify` checks: the artifacts, and what lies beside them, which is run records, reports, history and memories."""

from collections.abc import Iterator

from pipeline.datasets.file_keys import memory_problem
from pipeline.datasets.webdataset import damaged_memories
from pipeline.records import REPORT, RunError, read_run, run_folders
from pipeline.report.sealed_page import page_problem
from pipeline.telemetry.history import damaged_entries
from stores import Problem, Store
from stores.address import Location, is_remote, local_side
from stores.entries import is_file, remove
from stores.errors import WorkspaceError

UNMENDABLE = ("manifest", "run")
"""Kinds of problems that `--repair` leaves: what they name would be lost with them."""


def verify_workspace(store: Store, prefix: str | None = None, repair: bool = False) -> dict[str, list[Problem]]:
    """Check one artifact, or everything in a workspace; see `Store.verify`.

    Returns:
        "kind/fingerprint" of each artifact checked to what was found, and the same of "runs/NAME" and "cache" where
            something was.
        A repair removes damaged reports, which are drawn again, entries of the history and memories; never a run record.

    Raises:
        UnreadableError: the machine could not read something; then nothing more is dropped.
        WorkspaceError: there is no such folder, of which nobody can say that all is sound.
    """
    if not is_remote(store.workspace) and not store.workspace.is_dir():
        raise WorkspaceError(
            f"there is no workspace {store.workspace}, so nothing was checked. Name the folder that a run has written: -w FOLDER"
        )
    found = store.verify(prefix, repair)
    if prefix is None:
        for name, problem in _beside(store):
            found.setdefault(name, []).append(problem)
            if repair and problem.kind not in UNMENDABLE:
                place = local_side(store.workspace) if problem.kind == "memory" else store.workspace
                remove([place / name / problem.file])
    return found


def _beside(store: Store) -> Iterator[tuple[str, Problem]]:
    for folder in run_folders(store.workspace):
        yield from ((f"runs/{folder.name}", problem) for problem in _of_run(folder))
    memory = local_side(store.workspace) / "cache" / "file-keys.json"
    if wrong := memory_problem(memory):
        yield "cache", Problem("memory", memory.name, wrong)
    for name in damaged_memories(memory.parent):
        yield "cache", Problem("memory", name, "cannot be trusted")


def _of_run(folder: Location) -> Iterator[Problem]:
    try:
        read_run(folder)
    except RunError as error:
        yield Problem("run", "run.json", str(error))
    if is_file(folder / REPORT) and (wrong := page_problem(folder / REPORT)):
        yield Problem("report", REPORT, wrong)
    for file in damaged_entries(folder):
        yield Problem("history", file, "cannot be trusted")
