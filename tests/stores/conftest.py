"""Fixtures of the store tests: a workspace, keys, data of every backend made from keys."""

import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import stores
from stores import Artifact, ArtifactSpec, Store, text_key

ROOT = Path(stores.__file__).resolve().parents[1]


def _table(keys: Sequence[str]) -> pa.Table:
    return pa.table({"text": [f"text of {key}" for key in keys], "labels": [[key[:2], key[2:4]] for key in keys]})


def _arrays(keys: Sequence[str]) -> dict[str, np.ndarray]:
    """Return vectors (n, 3) float16, pixels (n, 2, 2) uint8 and seen (n,) bool of each key."""
    raw = np.array([list(bytes.fromhex(key)) for key in keys], np.uint8).reshape(len(keys), 16)
    return {
        "vectors": raw[:, :3].astype(np.float16),
        "pixels": raw[:, 3:7].reshape(-1, 2, 2),
        "seen": raw[:, 7] > 99,
    }


def _blobs(keys: Sequence[str]) -> list[bytes]:
    return [f"blob of {key}".encode() for key in keys]


DATA: dict[str, Callable[[Sequence[str]], Any]] = {"parquet": _table, "hdf5": _arrays, "blob": _blobs}


@pytest.fixture(params=sorted(DATA))
def backend(request: pytest.FixtureRequest) -> str:
    """Every backend in turn."""
    return request.param


@pytest.fixture
def data_of() -> Callable[[str, Sequence[str]], Any]:
    """Make the data of a backend from keys."""
    return lambda backend, keys: DATA[backend](keys)


@pytest.fixture
def keys() -> list[str]:
    """Forty keys."""
    return [text_key(f"row {number}") for number in range(40)]


@pytest.fixture
def store(tmp_path: Path, request: pytest.FixtureRequest) -> Store:
    """A workspace that does not exist yet; in a folder, or where the test's parameter says."""
    place = getattr(request, "param", "folder")
    if place == "folder":
        return Store(tmp_path / "workspace")
    if place == "memory":
        os.environ.setdefault("MMPT_CACHE", str(request.getfixturevalue("tmp_path_factory").mktemp("cache")))
        return Store(f"memory://{uuid.uuid4().hex}")
    return Store(request.getfixturevalue("s3"))


@pytest.fixture
def artifact(store: Store, backend: str) -> Artifact:
    """An artifact of every backend in turn, not published yet."""
    return store.artifact(ArtifactSpec(kind="things", fields={"backend": backend}, backend=backend))


@pytest.fixture
def start() -> Any:
    """Start a Python process that runs a script text with arguments; its stdout can be read."""
    running: list[subprocess.Popen[str]] = []

    def start(script: str, *arguments: object) -> subprocess.Popen[str]:
        command = [sys.executable, "-W", "error", "-c", script, *map(str, arguments)]
        running.append(subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stdin.close()


@pytest.fixture
def tree() -> Callable[[Path], dict[str, bytes]]:
    """Read every file of a folder, below its locks."""
    return lambda folder: {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".locks" not in path.parts
    }
