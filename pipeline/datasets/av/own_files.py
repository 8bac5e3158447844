"""Own videos that a table names: whether each can be used, and which split it is of."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.datasets.av.listed import Split
from pipeline.datasets.av.probe import Span
from pipeline.datasets.av.spans import Spans
from pipeline.datasets.av.windows import hashed_splits
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.inside import require_inside
from pipeline.datasets.listing import names_below
from pipeline.media.errors import MediaError
from pipeline.media.formats import EXTENSIONS
from stores import text_key


@dataclass(frozen=True)
class OwnFile:
    """A file that can be used: where it lies, the key of its bytes, and where its pictures and sound lie together."""

    path: Path
    key: str
    span: Span


def look_at(root: Path, name: str, table: Path, spans: Spans, apart: float, share: bool = False) -> OwnFile | str:
    """A file that a table names, or why it cannot be used.

    Args:
        root: the folder of the files.
        name: its path below that folder.
        table: which names it, for the message.
        spans: what is known of files.
        apart: how far apart pictures and sound may begin, and end: seconds.
        share: take `apart` as a share of the file's length instead.

    Raises:
        MachineFault: the machine failed while it was read.
    """
    try:
        path = require_inside(root, name, str(table))
    except DatasetError:
        return f"the path {name!r} leads out of {root}"
    try:
        allowed = apart * spans.of(path, "video").end if share else apart
        span = spans.together(path, path, allowed)
        return OwnFile(path, spans.keys.key(path), span)
    except MediaError as error:
        return str(error)
    except OSError as error:
        return error.strerror or str(error)


def splits_of_files(
    given: Mapping[str, Split | None], found: Mapping[str, OwnFile | str], seed: int
) -> dict[str, Split]:
    """The split of every file; those of which the table says none are drawn by their bytes, unusable ones by their names."""
    drawn = {}
    for name, split in given.items():
        usable = found[name]
        if split is None:
            drawn[name] = text_key(name) if isinstance(usable, str) else usable.key
    usable_keys = [key for name, key in drawn.items() if not isinstance(found[name], str)]
    by_key = hashed_splits(usable_keys, seed)
    by_key |= {key: split for key, split in hashed_splits(list(drawn.values()), seed).items() if key not in by_key}
    return {name: split or by_key[drawn[name]] for name, split in given.items()}


def strange_videos(root: Path, known: Mapping[str, object]) -> tuple[str, ...]:
    """Videos below a folder of which nothing is written down."""
    return tuple(
        name
        for name in sorted(names_below(root))
        if Path(name).suffix.lower() in EXTENSIONS["video"] and name not in known
    )
