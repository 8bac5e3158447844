"""The history of a recipe's runs: one small JSON file a run, in the workspace, where it outlives the database of any service.

A file is written when the run begins, after each of its stages and when it ends, and never again; a run that was killed is told
from one that is at work.
Nothing reads it but people and monitors: times, hosts and errors stay here, out of everything that is named by its content.
"""

import json
import os
import platform
import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

from stores.address import Location, is_remote
from stores.commit import make_folder, replace_bytes
from stores.entries import names, read_bytes
from stores.errors import StorageError
from stores.reading import reading
from stores.sealed import sealed, unsealed

HISTORY = "history"
_ENTRY = re.compile(r"[0-9].*\.json")

State = Literal["done", "failed", "interrupted", "under way", "did not end", "unreadable"]


@dataclass
class StageEntry:
    """One stage of a run.

    Attributes:
        stage: its name.
        seconds: how long it took.
        counts: what it did, e.g. {"encoded": 120, "rejected": 1}.
        error: why it failed, if it did.
    """

    stage: str
    seconds: float = 0.0
    counts: dict[str, int | float | str] = field(default_factory=dict)
    error: str | None = None


@dataclass
class RunEntry:
    """One run.

    Attributes:
        run: its id.
        command: what was run: "run", "refresh", "train", …
        recipe: the recipe's name.
        started: UTC, ISO 8601.
        ended: the same; None until then.
        outcome: "done", "failed" or "interrupted"; None until then.
        error: what it failed with.
        counts: what the command as a whole has to say, e.g. {"verdict": "kept"}.
        stages: the stages that ended, in order.
        host: where it ran.
        pid: its process.
        born: when that process was started, in the kernel's own count, so that its id cannot be taken for another's.
        version: of this package.
    """

    run: str
    command: str
    recipe: str
    started: str
    ended: str | None = None
    outcome: Literal["done", "failed", "interrupted"] | None = None
    error: str | None = None
    counts: dict[str, int | float | str] = field(default_factory=dict)
    stages: list[StageEntry] = field(default_factory=list)
    host: str = ""
    pid: int = 0
    born: int | None = None
    version: str = ""

    @property
    def state(self) -> State:
        """What became of the run, as far as this machine can tell."""
        if self.outcome is not None:
            return self.outcome
        if not self.started:
            return "unreadable"
        here = self.host == platform.node()
        return "under way" if not here or (self.born is not None and _born(self.pid) == self.born) else "did not end"

    @property
    def seconds(self) -> float | None:
        """How long it took; None until it ended."""
        if self.ended is None:
            return None
        return (datetime.fromisoformat(self.ended) - datetime.fromisoformat(self.started)).total_seconds()


def new_entry(command: str, recipe: str) -> RunEntry:
    """A run that begins now, in this process."""
    return RunEntry(
        secrets.token_hex(4), command, recipe, now(), host=platform.node(), pid=os.getpid(), born=_born(os.getpid()),
        version=_version(),
    )  # fmt: skip


def now() -> str:
    """The time as the history writes it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def write_entry(folder: Location, entry: RunEntry) -> None:
    """Write a run's file below a recipe's run folder, or replace it.

    Raises:
        OSError: the folder cannot be written to.
        StorageError: the same of object storage.
    """
    place = folder / HISTORY
    make_folder(place)
    moment = entry.started.replace("-", "").replace(":", "").partition("+")[0]
    replace_bytes(place / f"{moment}Z-{entry.run}.json", sealed(json.dumps(asdict(entry), indent=1)))


def last_runs(workspace: Location, recipe: str | None = None, count: int = 10) -> list[RunEntry]:
    """The newest runs of a recipe, or of all, the newest first."""
    runs = workspace / "runs"
    folders = [runs / name / HISTORY for name in ([recipe] if recipe else names(runs))]
    found = (folder / name for folder in folders for name in names(folder) if _ENTRY.fullmatch(name))
    files = sorted(found, key=lambda file: file.name)
    return [_read(file) for file in reversed(files[-count:])]


def damaged_entries(folder: Location) -> list[str]:
    """Files of the history of a run, below its folder, that cannot be trusted.

    Raises:
        UnreadableError: the machine could not read one.
    """
    damaged = []
    for name in names(folder / HISTORY):
        try:
            if _ENTRY.fullmatch(name):
                _parsed(_bytes(folder / HISTORY / name))
        except (ValueError, KeyError, TypeError, FileNotFoundError):  # the last of a link that leads nowhere
            damaged.append(f"{HISTORY}/{name}")
    return damaged


def _bytes(file: Location) -> bytes:
    """The bytes of an entry; a pipe in its place would be waited for."""
    with reading(file):
        if not is_remote(file) and not file.is_file():
            raise FileNotFoundError(f"{file} is no file")
    return read_bytes(file)


def _parsed(data: bytes) -> RunEntry:
    content: Mapping[str, Any] = unsealed(data)
    stages = [StageEntry(**stage) for stage in content["stages"]]
    return RunEntry(**{**content, "stages": stages})


def _read(file: Location) -> RunEntry:
    try:
        return _parsed(_bytes(file))
    except (OSError, StorageError, ValueError, KeyError, TypeError) as error:
        return RunEntry(file.stem, "", file.parent.parent.name, "", error=f"{file} cannot be read: {error}")


def _born(pid: int) -> int | None:
    """When a process was started, in ticks since the machine was; None where there is no such process, or no /proc."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return int(stat.rpartition(")")[2].split()[19])


def _version() -> str:
    try:
        return version("mmpt-pipeline")
    except PackageNotFoundError:
        return "unknown"
