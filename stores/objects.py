"""What is done with objects on remote storage, one request each where possible; every failure is told as ours.

FileNotFoundError and FileExistsError keep their meaning. Libraries retry by themselves (botocore five times, over about ten
seconds, what is worth retrying); what comes through here is final.
"""

import os
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stores.errors import StorageError

if TYPE_CHECKING:
    from upath import UPath

_systems: dict[tuple[int, str, str], Any] = {}
_checked: set[tuple[int, str]] = set()
_OURS = (AssertionError, AttributeError, NameError, TypeError)
_ADVICE = {
    "NoCredentials|PartialCredentials|Unable to locate credentials": (
        "Give credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
    ),
    "bucket does not exist|NoSuchBucket": "Make the bucket first, or correct the URL",
    "EndpointConnection|ClientConnector|ConnectTimeout|Connect call failed|Could not connect": (
        "Nobody answers there: check AWS_ENDPOINT_URL and the network"
    ),
    "PermissionError|AccessDenied|InvalidAccessKeyId|SignatureDoesNotMatch|Forbidden": (
        "These credentials may not do that: they must list, get, put and delete"
    ),
}


def read(path: "UPath") -> bytes:
    """Return an object's bytes.

    Raises:
        FileNotFoundError: if there is none.
    """
    with _told("read", path):
        return bytes(_system(path).cat_file(path.path))


def put(path: "UPath", data: bytes) -> None:
    """Make or replace an object; whoever reads sees the old or the new one."""
    with _told("write", path):
        _system(path).pipe_file(path.path, data)


def create(path: "UPath", data: bytes) -> None:
    """Make an object that must not be there yet; of several who try, one succeeds.

    Raises:
        FileExistsError: if it is there.
    """
    for attempt in range(5):
        try:
            with _told("create", path):
                _system(path).pipe_file(path.path, data, mode="create")
            return
        except StorageError as error:  # S3 answers 409 while another's create of the same name is under way
            if "ConditionalRequestConflict" not in str(error.__cause__) or attempt == 4:
                raise
            time.sleep(0.1 * 2**attempt)
        except FileExistsError:
            # The answer to our first attempt may have been lost, and the library may have tried again.
            if _content(path) != data:
                raise
            return


def upload(local: Path, path: "UPath") -> None:
    """Copy a local file to an object, which appears whole or not at all."""
    with _told("upload", path):
        _system(path).put_file(str(local), path.path)
    found = size(path)
    if found != local.stat().st_size:
        raise StorageError(
            f"{path} was uploaded, but the storage holds {found} of {local.stat().st_size} bytes. Run this again."
        )


def copy(path: "UPath", to: "UPath") -> None:
    """Copy an object within the storage; the new one appears whole or not at all."""
    with _told("copy", path):
        _system(path).cp_file(path.path, to.path)


def download(path: "UPath", local: Path) -> None:
    """Copy an object to a local file.

    Raises:
        FileNotFoundError: if there is none.
    """
    with _told("download", path):
        _system(path).get_file(path.path, str(local))


def size(path: "UPath") -> int:
    """Return an object's length.

    Raises:
        FileNotFoundError: if there is none.
    """
    with _told("look at", path):
        return int(_system(path).info(path.path, **_fresh(path))["size"])


def names(folder: "UPath") -> list[str]:
    """Return the names of the objects and folders directly below a folder, sorted; none if there is no such folder."""
    try:
        with _told("list", folder):
            found = _system(folder).ls(folder.path, detail=False, **_fresh(folder))
    except FileNotFoundError:
        return []
    own = folder.path.strip("/")
    return sorted({entry.strip("/").rpartition("/")[2] for entry in found if entry.strip("/") != own})


def below(folder: "UPath") -> "dict[UPath, int]":
    """Return all objects below a folder, at any depth, with their lengths."""
    with _told("list", folder):
        found = _system(folder).find(folder.path, detail=True)
    start = folder.path.strip("/") + "/"
    return {folder / name.strip("/").removeprefix(start): int(entry["size"]) for name, entry in sorted(found.items())}


def delete(paths: "Iterable[UPath]") -> None:
    """Remove objects one after the other, in the order given; those that are gone already do not matter."""
    for path in paths:
        try:
            with _told("delete", path):
                _system(path).rm_file(path.path)
        except FileNotFoundError:
            continue


def check(workspace: "UPath") -> None:
    """Ask the storage for the workspace once a process, so that a wrong URL or key is told before any work.

    Raises:
        StorageError: if it cannot be listed.
    """
    key = (os.getpid(), str(workspace))
    if key not in _checked:
        names(workspace)
        _checked.add(key)


def _content(path: "UPath") -> bytes | None:
    try:
        return read(path)
    except FileNotFoundError:
        return None


def _system(path: "UPath") -> Any:
    """Return the file system: one for all threads of a process, since making one takes a quarter of a second."""
    key = (os.getpid(), path.protocol, repr(sorted(path.storage_options.items())))
    if key not in _systems:
        from fsspec import filesystem

        _systems[key] = filesystem(path.protocol, **path.storage_options)
    return _systems[key]


def _fresh(path: "UPath") -> dict[str, bool]:
    return {"refresh": True} if path.protocol in ("s3", "s3a") else {}


@contextmanager
def _told(verb: str, path: "UPath") -> Iterator[None]:
    try:
        yield
    except _OURS:
        raise
    except (FileNotFoundError, FileExistsError) as error:
        if "bucket does not exist" in str(error):
            raise _storage_error(verb, path, error) from error
        raise
    except Exception as error:
        raise _storage_error(verb, path, error) from error


def _storage_error(verb: str, path: "UPath", error: Exception) -> StorageError:
    came = " ".join(f"{type(error).__name__}: {error}".split())
    came = re.sub(r"//[^/@\s]+@", "//…@", came)[:400].rstrip(".")
    chain = f"{came} {type(error.__cause__).__name__}"
    advice = next(
        (text for pattern, text in _ADVICE.items() if re.search(pattern, chain)),
        "If it goes on, ask whoever runs the storage",
    )
    return StorageError(
        f"could not {verb} {path}. The storage said: {came}. {advice}, then run the same command again: what was "
        "published is safe."
    )
