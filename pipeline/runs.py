"""Run records: which artifacts the newest run of a recipe stands on. They are pointers; all data is in the artifacts."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from stores.commit import make_folder, replace_bytes
from stores.errors import MmptError
from stores.lock import held


class RunError(MmptError):
    """There is no such run, or it is not finished."""


@dataclass
class RunRecord:
    """What a recipe's newest run made.

    Attributes:
        recipe: the recipe that the checkpoint was learned by, as JSON.
        columns: [modality, label] of every column of the checkpoint.
        artifacts: what it is ("texts/image", "checkpoint", "evaluation", …) -> fingerprint.
        mode: how the checkpoint was learned: "scratch", "frozen" or "continue".
        base: fingerprint of the checkpoint that it extends, or None.
        report_of: fingerprint of everything the report shows, so that it is drawn once.
        facts: seconds of each stage and other things to show; nothing depends on them.
    """

    recipe: dict[str, Any] = field(default_factory=dict)
    columns: list[list[str]] = field(default_factory=list)
    artifacts: dict[str, str] = field(default_factory=dict)
    mode: str = "scratch"
    base: str | None = None
    report_of: str | None = None
    facts: dict[str, str] = field(default_factory=dict)


def run_folder(workspace: Path, name: str) -> Path:
    """Where the record and the report of a recipe's run lie."""
    return workspace / "runs" / name


def read_run(folder: Path) -> RunRecord | None:
    """The record in `folder`, or None.

    Raises:
        RunError: the record cannot be read.
    """
    path = folder / "run.json"
    if not path.is_file():
        return None
    try:
        return RunRecord(**json.loads(path.read_text("utf-8")))
    except (ValueError, TypeError) as error:
        raise RunError(f"{path} is no run record ({error}). Remove it and run the recipe again.") from error


def update_run(folder: Path, change: Callable[[RunRecord], None]) -> None:
    """Change the record in `folder`, or start one; two processes that do so at once take turns."""
    make_folder(folder)
    with held(folder / ".lock", f"run '{folder.name}'"):
        record = read_run(folder) or RunRecord()
        change(record)
        path, data = folder / "run.json", json.dumps(asdict(record), indent=1, sort_keys=True).encode()
        if not path.is_file() or path.read_bytes() != data:
            replace_bytes(path, data)


def find_run(name: str, workspace: Path) -> tuple[Path, RunRecord]:
    """A finished run by its recipe's name, its folder, or its record.

    Raises:
        RunError: there is none, with the names of those there are.
    """
    for folder in (run_folder(workspace, name), Path(name), Path(name).parent):
        record = read_run(folder)
        if record is not None:
            if "checkpoint" not in record.artifacts:
                raise RunError(f"run '{name}' is not trained yet. Finish it: mmpt-pipeline run RECIPE")
            return folder, record
    there = sorted(path.parent.name for path in (workspace / "runs").glob("*/run.json"))
    raise RunError(
        f"there is no run '{name}' in workspace {workspace}. Runs there: {', '.join(there) or 'none'}. "
        f"Make one with: mmpt-pipeline run RECIPE"
    )


def roots(workspace: Path) -> set[str]:
    """Fingerprints of every artifact that some run stands on."""
    found: set[str] = set()
    for path in sorted((workspace / "runs").glob("*/run.json")):
        record = read_run(path.parent)
        if record is not None:
            found |= set(record.artifacts.values()) | ({record.base} if record.base else set())
    return found
