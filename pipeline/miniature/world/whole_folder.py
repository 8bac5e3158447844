"""A folder of media that appears at once and whole, or not at all."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline.miniature.errors import MiniatureError
from pipeline.miniature.world.classes import WORLD_VERSION
from stores.commit import make_folder
from stores.disk import writing
from stores.errors import UnreadableError
from stores.reading import reading

MARKER = ".world.json"


def publish_folder(root: Path, request: dict[str, Any], fill: Callable[[Path], None]) -> Path:
    """Makes a folder that remembers what was asked for, unless `root` already answers the request.

    Raises:
        MiniatureError: `root` holds something else.
    """
    request = request | {"world": WORLD_VERSION}

    def fill_and_mark(part: Path) -> None:
        fill(part)
        (part / MARKER).write_text(json.dumps(request))

    if not root.exists():
        appear_whole(root, fill_and_mark)
    found = _marker(root)
    if found != request:
        raise MiniatureError(
            f"miniature media: asked for {_told(request)} in {root}, but that folder holds "
            f"{_told(found) if found else 'something else'}. Name a new folder, or remove it: rm -r {root}"
        )
    return root


def appear_whole(root: Path, fill: Callable[[Path], None]) -> None:
    """Fills a hidden neighbour of `root` and renames it; where another process was quicker, its folder stays."""
    make_folder(root.parent)
    for stale in root.parent.glob(f".{root.name}.part-*"):
        if not _alive(int(stale.name.rsplit("-", 1)[1])):
            shutil.rmtree(stale, ignore_errors=True)
    part = root.parent / f".{root.name}.part-{os.getpid()}"
    shutil.rmtree(part, ignore_errors=True)
    try:
        with writing(root):
            part.mkdir()
            fill(part)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    try:
        os.replace(part, root)
    except OSError:
        shutil.rmtree(part)
        if not root.exists():
            raise


def _marker(root: Path) -> dict[str, Any] | None:
    try:
        with reading(root / MARKER):
            found: dict[str, Any] = json.loads((root / MARKER).read_text())
    except (OSError, ValueError) as error:
        if isinstance(error, UnreadableError):  # the machine's fault: nobody is told to remove the folder
            raise
        return None
    return found


def _told(request: dict[str, Any]) -> str:
    size = f"{request['count']} files" if "count" in request else f"{request['per_class']} files a class"
    world = f"version {request.get('world', 1)} of the world"
    return f"{request['media']} of seed {request['seed']} ({size}, {len(request['classes'])} classes, {world})"


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
