"""WebDataset tars: a sample is the run of members that share a key, `key.jpg` beside `key.cls`, `key.json` or `key.txt`.

The decoders (PIL, libsndfile, FFmpeg) open paths, in processes that hold nothing of a tar. So each media member is copied
out once, into the workspace, under the key of its content: the same picture in two tars is one file, a killed run leaves
whole files only, and no name from a tar ever becomes a path. Reading by offset would spare the disk, but would need a
second way into every decoder and a tar that is neither compressed nor replaced meanwhile. What a tar held is remembered by
its path, size and time of change, so it is walked once. The copies may be deleted at any time; they are then made again.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.tar_samples import Sample, walk_tar
from pipeline.datasets.walk import is_folder, listed
from pipeline.reading import reading
from pipeline.reading.regular import require_regular
from pipeline.recipe.data import WebdatasetData
from stores import fingerprint
from stores.commit import make_folder, replace_bytes
from stores.reading import reading as reading_own
from stores.sealed import sealed, unsealed

MEMORIES = "webdataset"
"""The folder, below `cache` of a workspace, of what tars held."""

_WALK_VERSION = 4
"""Raised whenever a tar may give other samples: what is remembered of it then counts for nothing."""


def read_webdataset(config: WebdatasetData, modality: str, workspace: Path) -> Iterator[Sample]:
    """The samples of all tars, in the order of the tars' names.

    A tar that is cut off gives what stands before the cut, and a last sample that says so.

    Raises:
        DatasetError: there is no such folder, or no tar in it.
    """
    copies = workspace / "media" / "webdataset"
    for shard in shards(config):
        try:
            identity = _identity(shard, modality)
        except OSError as error:
            yield Sample(str(shard), problem=error.strerror or str(error))
            continue
        memory = workspace / "cache" / MEMORIES / f"{identity}.json"
        known = _remembered(memory)
        if known is not None:
            yield from known
            continue
        samples = []
        for sample in walk_tar(shard, modality, copies):
            samples.append(sample)
            yield sample
        make_folder(memory.parent)
        replace_bytes(memory, sealed(json.dumps({"samples": [vars(sample) for sample in samples]})))


def shards(config: WebdatasetData) -> list[Path]:
    """The tars, sorted.

    Raises:
        DatasetError: there is no such folder, or no tar in it.
    """
    if not config.root.is_dir():
        raise DatasetError(f"data: there is no folder {config.root}. Give the folder of the tars: root: DIR")
    listed(config.root)  # a folder that may not be read has no files for `glob`
    try:
        found = sorted(path for path in config.root.glob(config.shards) if not is_folder(path))
    except (NotImplementedError, ValueError) as error:  # it begins at the root, or ** is a part of a name
        raise DatasetError(
            f"data: shards: {config.shards!r} is no pattern of files below {config.root}: {error}. Write for example "
            "shards: 'train-*.tar', or '**/*.tar' for those of sub-folders"
        ) from error
    if not found:
        there = sorted(path.name for path in config.root.iterdir())
        names = ", ".join(there[:6]) + (", …" if len(there) > 6 else "") or "nothing"
        raise DatasetError(
            f"data: no file in {config.root} is called {config.shards}. Found: {names}. "
            "Expected: ROOT/shard-000000.tar with 0001.jpg, 0001.cls, …; for other names write shards: 'PATTERN'"
        )
    return found


def _identity(shard: Path, modality: str) -> str:
    with reading(shard):
        state = require_regular(shard)
    return fingerprint([str(shard.resolve()), state.st_size, state.st_mtime_ns, modality, _WALK_VERSION])


def damaged_memories(cache: Path) -> list[str]:
    """Files below the cache folder of a workspace that no longer hold what tars held; removed, they are written again."""
    damaged = []
    for memory in sorted((cache / MEMORIES).glob("*.json")):
        try:
            with reading_own(memory):
                _content(memory.read_bytes())
        except (ValueError, KeyError):
            damaged.append(f"{MEMORIES}/{memory.name}")
    return damaged


def _content(data: bytes) -> Any:
    """What a memory holds; those of older versions are lists, and have no checksum."""
    return json.loads(data) if data.startswith(b"[") else unsealed(data)["samples"]


def _remembered(memory: Path) -> list[Sample] | None:
    try:
        content = _content(memory.read_bytes())
        tuples = ({"labels": tuple(entry["labels"]), "beside": tuple(map(tuple, entry["beside"]))} for entry in content)
        samples = [Sample(**{**entry, **both}) for entry, both in zip(content, tuples, strict=True)]
        whole = all(os.path.getsize(sample.file) == sample.size for sample in samples if sample.file)
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return samples if whole else None  # after a power cut a copy may have its name and not its bytes
