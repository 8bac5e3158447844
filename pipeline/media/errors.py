"""Why a media file could not be decoded."""

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
