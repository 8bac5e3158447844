"""What pictures of masks hold: each is read whole once, in a process that it cannot harm, and remembered by its bytes."""

from collections.abc import Iterable
from pathlib import Path
from typing import get_args

import numpy as np

from pipeline.datasets.av.memory import Memory
from pipeline.datasets.file_keys import FileKeys
from pipeline.media.isolation import decode_many
from pipeline.media.masks import MaskLook, Values, look_at_mask

_VERSION = 1
"""Raise it when another rule tells what a picture holds."""
_VALUES: tuple[Values, ...] = get_args(Values)


class Looks:
    """What pictures hold, with a memory in the workspace.

    Args:
        workspace: where the memory lies.
        keys: of the files.
        workers: processes that read them; 0 reads in this one, which is for files that this one has written.
    """

    def __init__(self, workspace: Path, keys: FileKeys, workers: int = 1):
        self._keys, self._workers = keys, workers
        self._memory = Memory(workspace / "cache" / "mask-looks.json", "masks", "looks", _VERSION, _is_known)

    def learn(self, paths: Iterable[Path]) -> None:
        """Read the pictures of which nothing is known yet; all of them are there.

        Raises:
            MachineFault: the machine failed while one was read.
            FileChanged: one of them is gone now.
        """
        unknown = {self._keys.key(path): path for path in paths}
        unknown = {key: path for key, path in unknown.items() if key not in self._memory.known}
        if not unknown:
            return
        found = decode_many([str(path) for path in unknown.values()], None, workers=self._workers, decode=_look)
        for key, decoded in zip(unknown, found, strict=True):
            decoded.require_verdict()
            self._memory.add(key, decoded.reason if decoded.array is None else decoded.array.tolist())

    def of(self, path: Path) -> MaskLook | str:
        """What a picture holds, or why it cannot be read; `learn` has been told of it."""
        known = self._memory.known[self._keys.key(path)]
        return known if isinstance(known, str) else MaskLook(known[0], known[1], _VALUES[known[2]])

    def save(self) -> None:
        """Keep what was learned."""
        self._memory.save()


def _look(path: str, spec: None) -> np.ndarray:
    """Width, height and what the pixels hold, as numbers: what decoders of other processes give are arrays."""
    found = look_at_mask(path)
    return np.array([found.width, found.height, _VALUES.index(found.values)])


def _is_known(known: object) -> bool:
    return isinstance(known, str) or (
        isinstance(known, list)
        and len(known) == 3
        and all(isinstance(one, int) for one in known)
        and 0 <= known[2] < len(_VALUES)
    )
