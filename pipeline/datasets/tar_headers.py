"""Headers of tars that are damaged, or that say more than a name needs: each extension is read into memory as a whole."""

import tarfile
from typing import Self

_EXTENSIONS = (
    *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
    *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
)
_MOST_BYTES = 1 << 20

_DAMAGED = (tarfile.InvalidHeaderError, tarfile.TruncatedHeaderError)  # type: ignore[attr-defined]  # not in its stubs


class ShortHeader(tarfile.TarInfo):
    """A member whose extensions, a long name or a table of attributes, are of a size that they can have."""

    @classmethod
    def fromtarfile(cls, tar: tarfile.TarFile) -> Self:
        """The next member.

        Raises:
            tarfile.ReadError: its header is damaged or cut off, which tarfile takes for the end of the tar.
        """
        try:
            return super().fromtarfile(tar)
        except _DAMAGED as error:
            raise tarfile.ReadError(f"a header is damaged: {error}") from error

    def _proc_member(self, tar: tarfile.TarFile) -> tarfile.TarInfo:
        if self.type in _EXTENSIONS and not 0 <= self.size <= _MOST_BYTES:
            raise tarfile.ReadError(
                f"an extension of a header says that it has {self.size:,} bytes; a name or attributes have at most "
                f"{_MOST_BYTES:,}"
            )
        found: tarfile.TarInfo = super()._proc_member(tar)  # type: ignore[misc]
        return found
