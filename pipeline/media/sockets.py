"""The folder of temporary files, as far as processes meet there."""

import os
import tempfile

from stores.errors import MmptError

_LONGEST = 107
"""Bytes in the name of a socket (sun_path, with its closing zero 108)."""
_OURS = len("/pymp-12345678/listener-12345678")


class LongTemporaryFolder(MmptError):
    """No socket can be made in the folder of temporary files, because its name is too long."""


def require_short_temporary_folder() -> None:
    """Check that the processes of `multiprocessing` can meet.

    Raises:
        LongTemporaryFolder: the name of a socket in the folder of temporary files would be too long.
    """
    folder = os.path.abspath(tempfile.gettempdir())
    length = len(os.fsencode(folder))
    if length + _OURS > _LONGEST:
        raise LongTemporaryFolder(
            f"the folder of temporary files, {folder}, has a name of {length} bytes. Processes that decode files meet at a "
            f"socket in it, whose name may have {_LONGEST} bytes, so at most {_LONGEST - _OURS} are left for the folder. Name a "
            "shorter one: export TMPDIR=/tmp"
        )
