"""One file of an artifact, as its manifest names it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """One immutable file of rows.

    Attributes:
        file: its name, "<ordinal>-<first 16 digits of its SHA-256>.<suffix>".
        rows: how many rows it holds.
        first_key: key of its first row.
        last_key: key of its last row.
        size: bytes.
        sha256: hexadecimal, of its bytes.
        keys: digest of its rows' keys, see `stores.whole_shards`; empty in manifests older than that.
    """

    file: str
    rows: int
    first_key: str
    last_key: str
    size: int
    sha256: str
    keys: str = ""

    @property
    def ordinal(self) -> int:
        """Place in the order of publishing; numbers of dropped parts stay free."""
        return int(self.file.split("-")[0])
