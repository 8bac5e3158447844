"""Where an export is written: a file or a folder that somebody named, made with what lies above it."""

from pathlib import Path

from pipeline.exports.errors import ExportError
from stores.commit import make_folder, replace_bytes
from stores.errors import MmptError


def write_file(path: Path, content: bytes) -> None:
    """Write a file whole, and the folders above it.

    Raises:
        ExportError: it cannot be written there.
    """
    if path.is_dir():
        raise ExportError(f"export: {path} is a folder, and one file is written. Name it: --out {path / 'FILE'}")
    export_folder(path.parent)
    try:
        replace_bytes(path, content)
    except (OSError, MmptError) as error:
        raise ExportError(f"export: {path} cannot be written ({_why(error)}). Give another file: --out FILE") from error


def export_folder(folder: Path) -> None:
    """Make a folder that an export goes into.

    Raises:
        ExportError: it cannot be made.
    """
    try:
        make_folder(folder)
    except (OSError, MmptError) as error:
        raise ExportError(
            f"export: the folder {folder} cannot be made ({_why(error)}). Give another place: --out PATH"
        ) from error


def _why(error: BaseException) -> str:
    """What the system said; errors of the stores advise about workspaces, which this is none."""
    cause = error if isinstance(error, OSError) else error.__cause__
    return (cause.strerror or str(cause)) if isinstance(cause, OSError) else str(error)
