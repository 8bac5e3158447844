"""Why a media file could not be decoded."""

import os

from stores.errors import MmptError


class MediaError(MmptError):
    """One file cannot be decoded.

    Attributes:
        reason: a few words, the same for all files with the same fault, so that reasons can be counted; what is
            particular to the file follows a colon.
    """

    def __init__(self, reason: str) -> None:
        """Keep the reason, which is also the message."""
        super().__init__(reason)
        self.reason = reason


def require_content(path: str) -> None:
    """Check that there is a file with at least one byte.

    Raises:
        MediaError: there is no such file, it cannot be read, or it is empty.
    """
    if not os.path.exists(path):
        raise MediaError("no such file")
    if not os.path.isfile(path):
        raise MediaError("not a file")
    if not os.access(path, os.R_OK):
        raise MediaError("not readable: permission denied")
    if os.path.getsize(path) == 0:
        raise MediaError("empty file")
