"""Run records: which artifacts the newest run of a recipe stands on. They are pointers; all data is in the artifacts.

On object storage a record is a numbered document, `run-000007.json`, see `stores.numbered`: no lock is needed to change it.
"""

import json
import random
import re
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from stores.address import Location, is_remote, location
from stores.commit import make_folder, replace_bytes
from stores.disk import is_forbidden
from stores.entries import names
from stores.errors import DiskError, MmptError, PublishError
from stores.lock import held
from stores.reading import reading
from stores.sealed import sealed, unsealed

REPORT = "report.html"
_ATTEMPTS = 20


class RunError(MmptError):
    """There is no such run, or it is not finished."""


@dataclass
class RunRecord:
    """What a recipe's newest run made.

    Attributes:
        recipe: the recipe that the checkpoint was learned by, as JSON.
        columns: [modality, label] of every column of the checkpoint.
        artifacts: what it is ("texts/image", "checkpoint", "evaluation", …) -> fingerprint.
        mode: how the checkpoint was learned: "scratch", "frozen" or "continue"; "carried" where classes only left or were
            renamed.
        base: fingerprint of the checkpoint that it extends, or None.
        report_of: fingerprint of everything the report shows, so that it is drawn once.
        facts: seconds of each stage and other things to show; nothing depends on them.
        warnings: stage -> what was wrong with what it left, as `pipeline.alarms` writes it.
        renamed: [modality, old, new] of classes that were called otherwise, in the order in which that was done.
    """

    recipe: dict[str, Any] = field(default_factory=dict)
    columns: list[list[str]] = field(default_factory=list)
    artifacts: dict[str, str] = field(default_factory=dict)
    mode: str = "scratch"
    base: str | None = None
    report_of: str | None = None
    facts: dict[str, str] = field(default_factory=dict)
    warnings: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    renamed: list[list[str]] = field(default_factory=list)


def run_folder(workspace: Location, name: str) -> Location:
    """Where the record and the report of a recipe's run lie."""
    return location(workspace) / "runs" / name


def read_run(folder: Location) -> RunRecord | None:
    """The record in `folder`, or None.

    Raises:
        RunError: the record cannot be trusted.
        UnreadableError: the machine could not read it.
    """
    return _read_run(folder)[1]


def _read_run(folder: Location) -> tuple[int, RunRecord | None]:
    """The version of a remote record, and the record."""
    if is_remote(folder):
        from stores.numbered import newest

        version, content = newest(folder, "run")
        return version, _parsed(content, folder / "run.json") if content else None
    path = folder / "run.json"
    found = _bytes(path)
    return 0, None if found is None else _parsed(found, path)


def _bytes(path: Path) -> bytes | None:
    """The bytes of a file, or None if there is none.

    Raises:
        UnreadableError: the machine could not read it.
    """
    with reading(path):
        return path.read_bytes() if path.is_file() else None


def _parsed(content: bytes, path: Location) -> RunRecord:
    try:
        return RunRecord(**unsealed(content))
    except (ValueError, TypeError) as error:
        raise RunError(
            f"{path} is no run record ({error}). Put it back from a copy. If there is none: Remove it and run the recipe again. "
            "Until then `mmpt-pipeline store gc` cannot know what this run needs, and deletes nothing."
        ) from error


def update_run(folder: Location, change: Callable[[RunRecord], None]) -> None:
    """Change the record in `folder`, or start one; two processes that do so at once take turns."""
    if is_remote(folder):
        _update_remote(folder, change)
        return
    path, same = folder / "run.json", False
    if (there := read_run(folder)) is not None:
        before = _content(there)
        change(there)
        same = _content(there) == before
        if same and _bytes(path) == before:  # found without a lock, so also by who may not write there
            return
    try:
        make_folder(folder)
        with held(folder / ".lock", f"run '{folder.name}'", poll_s=0.02):
            record = read_run(folder) or RunRecord()
            change(record)
            data = _content(record)
            if _bytes(path) != data:
                replace_bytes(path, data)
    except DiskError as error:
        if not (same and is_forbidden(error)):  # a record without a checksum, of an older version, may stay as it is
            raise


def _update_remote(folder: Location, change: Callable[[RunRecord], None]) -> None:
    """Who is overtaken by another's change makes his own again, on top of it."""
    from stores.numbered import create_next

    assert is_remote(folder)
    for attempt in range(_ATTEMPTS):
        version, record = _read_run(folder)
        before = _content(record) if record else None
        record = record or RunRecord()
        change(record)
        if _content(record) == before:
            return
        try:
            create_next(folder, "run", version, _content(record))
            return
        except PublishError:
            if attempt == _ATTEMPTS - 1:
                raise
            time.sleep(random.uniform(0, min(2.0, 0.02 * 2**attempt)))  # so that many workers do not meet again


def _content(record: RunRecord) -> bytes:
    content = asdict(record)
    for name in ("warnings", "renamed"):
        if not content[name]:  # then earlier versions can read it, too
            del content[name]
    # Sorted but for the recipe: there the order of methods says which is the first.
    ordered = json.loads(json.dumps(content, sort_keys=True)) | {"recipe": content["recipe"]}
    return sealed(json.dumps(ordered, indent=1))


def find_run(name: str, workspace: Location) -> tuple[Location, RunRecord]:
    """A finished run by its recipe's name, its folder, or its record.

    Raises:
        RunError: there is none, with the names of those there are.
    """
    named = location(name)
    for folder in (run_folder(workspace, name), named, named.parent):
        record = read_run(folder)
        if record is not None:
            if not record.recipe:
                raise RunError(f"run '{name}' is not trained yet. Finish it: mmpt-pipeline run RECIPE")
            return folder, record
    there = [folder.name for folder in run_folders(workspace)]
    raise RunError(
        f"there is no run '{name}' in workspace {workspace}. Runs there: {', '.join(there) or 'none'}. "
        f"Make one with: mmpt-pipeline run RECIPE"
    )


def roots(workspace: Location) -> set[str]:
    """Fingerprints of every artifact that some run stands on."""
    found: set[str] = set()
    for folder in run_folders(workspace):
        record = read_run(folder)
        if record is not None:
            found |= set(record.artifacts.values()) | ({record.base} if record.base else set())
    return found


def run_folders(workspace: Location) -> list[Location]:
    """The folder of every run that has a record, by name."""
    folders = [run_folder(workspace, name) for name in names(location(workspace) / "runs")]
    return [folder for folder in folders if any(re.fullmatch(r"run(-\d+)?\.json", name) for name in names(folder))]
