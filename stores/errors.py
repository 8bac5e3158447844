"""Every error a user can cause, as one tree.

Each message says what was asked, what was found, what is allowed and what to type next, so that the command
line can print it as it is and leave.

    MmptError
    └── StoreError
        ├── WorkspaceError      the workspace path cannot be used
        ├── StorageError        remote storage did not do what it was asked
        ├── DiskError           the disk is full, or may not be written to
        ├── UnreadableError     the machine could not read a file, which says nothing about the file
        ├── SpecError           a spec that has no stable fingerprint
        ├── KeyFormatError      a key that is not 32 hexadecimal digits
        ├── ArtifactNotFound    no artifact, or more than one, has this name
        ├── ManifestError       a manifest that cannot be read or trusted
        ├── ShardError          a shard that is gone or damaged
        ├── PublishError        rows that may not be published
        ├── MissingKeys         rows were asked for that are not stored
        ├── ReadError           a way of reading, or a column, that the artifact does not have
        ├── LockHeld            another writer is at work
        └── LockLost            another writer has taken over
"""

from collections.abc import Sequence
from pathlib import Path


class MmptError(Exception):
    """Something the user asked for cannot be done; the message says why and what to do."""


class StoreError(MmptError):
    """An error of the workspace or of an artifact in it."""


class WorkspaceError(StoreError):
    """The workspace path cannot be used."""


class StorageError(StoreError):
    """Remote storage did not do what it was asked, also when asked again."""


class DiskError(StoreError, OSError):
    """The disk is full, or may not be written to; the cause is what the system said."""


class UnreadableError(StoreError, OSError):
    """The machine could not read a file now; that says nothing about what the file holds. The cause is what the system said."""


class SpecError(StoreError):
    """The spec of an artifact has no stable fingerprint."""


class KeyFormatError(StoreError):
    """A key is not 32 lower-case hexadecimal digits."""


class ArtifactNotFound(StoreError):
    """No artifact, or more than one, has this name."""


class ManifestError(StoreError):
    """A manifest cannot be read, or does not describe the artifact it lies in."""


class ShardError(StoreError):
    """A shard that the manifest names is gone or damaged.

    Attributes:
        found: what is wrong with it, in a few words.
    """

    def __init__(self, path: Path, found: str) -> None:
        """Say which file of which artifact it is, by its path or that of its copy, and how to drop it."""
        from stores.local_copy import workspace_of

        artifact = path.parent.parent
        super().__init__(
            f"{path.parent.name}/{path.name} of {artifact.parent.name}/{artifact.name[:12]} {found}. "
            f"Drop it with `mmpt-pipeline store verify {artifact.name[:12]} --repair -w "
            f"{workspace_of(artifact)}` and run the stage that made it again: only its rows are missing then."
        )
        self.found = found


class PublishError(StoreError):
    """These rows may not be published in this artifact."""


class ReadError(StoreError):
    """The artifact cannot be read this way, or has no such column."""


class LockHeld(StoreError):
    """Another writer holds the artifact."""


class LockLost(StoreError):
    """Another writer took the artifact over, since this one gave no sign of life."""


class MissingKeys(StoreError):
    """Rows were asked for that are not stored.

    Attributes:
        keys: the keys that are not stored, in the order asked.
    """

    def __init__(self, message: str, keys: Sequence[str]) -> None:
        """Keep the keys beside the message, which names only some of them."""
        super().__init__(message)
        self.keys = tuple(keys)
