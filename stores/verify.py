"""Checking every byte of an artifact against its manifest, and dropping what is bad.

Bad is what has other bytes than were published, and what is gone. What the machine could not read is neither: it ends the check
with an `UnreadableError`, and then nothing is dropped.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from stores.address import Location, is_remote
from stores.backend import backend
from stores.compared import compare, other_rows
from stores.entries import remove
from stores.errors import ManifestError, ShardError
from stores.journal import JOURNAL, Journal, damaged_lines
from stores.journal_objects import JOURNAL_FOLDER
from stores.lock import is_held
from stores.manifest import REJECTED, SHARDS, Manifest, Part, part_path, read_manifest, strays
from stores.rejection import read_rejections


@dataclass(frozen=True)
class Problem:
    """Something wrong with an artifact.

    Attributes:
        kind: "manifest", "shard", "rejected" and "journal" are damage; a "stray" is a file that no manifest names. What lies
            beside the artifacts is a "run" record, a "report", an entry of the "history" or a "memory" that saves reading.
        file: path below the artifact's folder.
        found: what is wrong, in a few words.
        rows: rows, or rejections, that are lost with it.
    """

    kind: Literal["manifest", "shard", "rejected", "journal", "stray", "run", "report", "history", "memory"]
    file: str
    found: str
    rows: int = 0


def find_problems(folder: Location, lock: Location | None) -> list[Problem]:
    """Check the artifact in `folder`: each part's length, SHA-256, rows and keys, keys stored twice, strays.

    Strays are not looked for while another writer holds `lock`, since they may be its own; pass None when
    holding it.
    """
    try:
        # The order matters: a file seen before the lock was found free, and not named since, is nobody's.
        seen = set(strays(folder, None))
        busy = lock is not None and is_held(lock)
        manifest = read_manifest(folder)
    except ManifestError as error:
        return [Problem("manifest", "manifest.json", str(error))]
    problems = (_check_parts(folder, manifest) if manifest else []) + journal_problems(folder)
    left = [] if busy else [path for path in strays(folder, manifest) if path in seen]
    below = [str(path).removeprefix(f"{folder}/") for path in left]
    return problems + [Problem("stray", name, "is named by no manifest") for name in below]


def journal_problems(folder: Location) -> list[Problem]:
    """Check the lines of the journal of an artifact."""
    damaged = damaged_lines(folder)
    name = JOURNAL_FOLDER if is_remote(folder) else JOURNAL
    return [Problem("journal", name, f"has {damaged} damaged line{'s' * (damaged > 1)}", damaged)] if damaged else []


def drop_problems(folder: Location, problems: Sequence[Problem]) -> list[Problem]:
    """Drop bad parts from the manifest and bad lines of the journal, delete bad and stray files; the caller holds the lock.

    Returns:
        what was dropped; a manifest that cannot be trusted is left alone.
    """
    mendable = [problem for problem in problems if problem.kind != "manifest"]
    manifest = read_manifest(folder) if mendable else None
    bad = {problem.file for problem in mendable if problem.kind != "journal"}
    if len(bad) < len(mendable):
        Journal(folder).close()  # taking it over leaves damaged lines out
    if manifest and any(problem.kind in ("shard", "rejected") for problem in mendable):
        shards = tuple(part for part in manifest.shards if f"{SHARDS}/{part.file}" not in bad)
        rejected = tuple(part for part in manifest.rejected if f"{REJECTED}/{part.file}" not in bad)
        layout = manifest.layout if shards else {}
        replace(manifest, layout=layout, shards=shards, rejected=rejected).write(folder)
    remove(folder / file for file in sorted(bad))
    return mendable


def _check_parts(folder: Location, manifest: Manifest) -> list[Problem]:
    problems = []
    owner: dict[str, str] = {}
    for part in manifest.shards:
        found, keys = _damage(folder, SHARDS, part, manifest)
        if found := found or _stored_before(keys, part, owner):
            problems.append(Problem("shard", f"{SHARDS}/{part.file}", found, part.rows))
    for part in manifest.rejected:
        found, _ = _damage(folder, REJECTED, part, manifest)
        if found:
            problems.append(Problem("rejected", f"{REJECTED}/{part.file}", found, part.rows))
    return problems


def _damage(folder: Location, section: str, part: Part, manifest: Manifest) -> tuple[str, list[str]]:
    """Return what is wrong with a part, or nothing, and its keys."""
    try:
        path = part_path(folder, section, part, again=True)
        compare(path, part)
        keys = _keys(path, section, part, manifest)
    except ShardError as error:
        return error.found, []
    if (keys[:1], keys[-1:]) != ([part.first_key], [part.last_key]):
        return other_rows(part, keys), []
    return "", keys


def _keys(path: Path, section: str, part: Part, manifest: Manifest) -> list[str]:
    if section == REJECTED:
        return [row.key for row in read_rejections(path, part)]
    return backend(manifest.spec.backend).read_keys(path, part)


def _stored_before(keys: list[str], part: Part, owner: dict[str, str]) -> str:
    """Return which earlier shard has a key of this one, or note its keys and return nothing."""
    again = next((key for key in keys if key in owner), None)
    if again is not None:
        return f"holds row {again}, which {owner[again]} holds too"
    owner.update(dict.fromkeys(keys, part.file))
    return ""
