"""A part of a file, told by its path: `clip.mp4#t=10,20` is from 10 to before 20 seconds, as W3C's media fragments write it."""

import os
import re

_PART = re.compile(r"#t=(\d+(?:\.\d+)?),(\d+(?:\.\d+)?)$")

Part = tuple[float, float]
"""From and to before, seconds."""


def part_path(path: str, part: Part) -> str:
    """The path of a part of a file."""
    return f"{path}#t={part[0]:g},{part[1]:g}"


def part_of(path: str) -> tuple[str, Part | None]:
    """The file and the part that a path means; a file whose own name ends so is meant as a whole."""
    found = _PART.search(path)
    if found is None or os.path.lexists(path):
        return path, None
    return path[: found.start()], (float(found[1]), float(found[2]))
