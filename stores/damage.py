"""What to tell of a shard that is gone or damaged."""

from pathlib import Path

from stores.address import shown
from stores.copies_limit import COPIES
from stores.errors import ShardError


def damaged(path: Path, found: str) -> ShardError:
    """The error that says which file of which artifact it is, and how to drop it.

    Args:
        path: of the shard, or of its copy.
        found: what is wrong with it, in a few words.
    """
    artifact = path.parent.parent
    return ShardError(
        f"{path.parent.name}/{path.name} of {artifact.parent.name}/{artifact.name[:12]} {found}. "
        f"Drop it with `mmpt-pipeline store verify {artifact.name[:12]} --repair -w "
        f"{_workspace_of(artifact)}` and run the stage that made it again: only its rows are missing then.",
        found,
    )


def _workspace_of(artifact: Path) -> str:
    """The workspace of an artifact, given its folder or that of its copies, as the user named it."""
    root = artifact.parent.parent
    return shown(root.parent) if root.name == COPIES and shown(root.parent) != str(root.parent) else str(root)
