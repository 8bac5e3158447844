"""A page that ends with a checksum of itself, in a comment, so that a figure in it cannot change without a word."""

import re

from stores import bytes_key
from stores.address import Location
from stores.entries import is_file, read_bytes
from stores.text import as_text

_CLOSE = "</html>\n"
_END = re.compile(rb"<!-- checksum ([0-9a-f]{32}) --></html>\n\Z")
_OLDER = b"</body></html>\n"
"""How pages of older versions end, which have no checksum."""


def sealed_page(content: str) -> bytes:
    """The bytes of a whole document with its checksum."""
    body = as_text(content).removesuffix(_CLOSE).encode()
    return body + f"<!-- checksum {bytes_key(body)} -->{_CLOSE}".encode()


def page_problem(path: Location) -> str:
    """What is wrong with a page; nothing where it is whole.

    Raises:
        UnreadableError: the machine could not read it.
    """
    if not is_file(path):
        return "is gone"
    data = read_bytes(path)
    end = _END.search(data)
    whole = data.endswith(_OLDER) if end is None else bytes_key(data[: end.start()]).encode() == end[1]
    return "" if whole else "has other bytes than were drawn"
