"""Files that come in Python packages of others: they are found where the package is installed, and nothing of it is run."""

import importlib.util
from pathlib import Path

from pipeline.encoders.errors import EncoderError

PREFIX = "package:"
"""Weights that begin with it are named by package and path in it, so that a card means the same on every machine."""


def packaged(encoder: str, weights: str) -> Path:
    """Where weights lie: `package:NAME/path/in/it`, or the path of a file or folder, as it is.

    Args:
        encoder: name for messages.
        weights: as a card has them.

    Raises:
        EncoderError: the package is not installed here, or has no such file.
    """
    if not weights.startswith(PREFIX):
        return Path(weights)
    package, _, inside = weights.removeprefix(PREFIX).partition("/")
    found = importlib.util.find_spec(package) if package.isidentifier() else None
    if found is None or found.origin is None:
        raise EncoderError(
            f"encoder {encoder!r} needs the package {package!r}, which is not installed here. "
            f"Install it: pip install {package.replace('_', '-')}"
        )
    place = Path(found.origin).parent / inside
    if not place.exists():
        raise EncoderError(f"encoder {encoder!r}: the package {package!r} that is installed here has no {inside!r}")
    return place
