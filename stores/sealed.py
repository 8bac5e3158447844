"""JSON objects that end with a checksum of themselves, so that a flipped bit is an error and never another value.

The checksum is the last field, on a line of its own, and covers every byte before that line. Documents that older versions wrote
have none, and are taken as they are.
"""

import json
import re
from typing import Any

from stores.fingerprint import bytes_key

CHECKSUM = "checksum"
_TAIL = len('\n "checksum": "') + 32 + len('"\n}\n')
_END = re.compile(rb',?\n "checksum": "([0-9a-f]{32})"\n\}\n\Z')


def sealed(text: str) -> bytes:
    """Return the bytes of a JSON object with its checksum; `text` is the object, indented or not, without such a field."""
    body = text.rstrip().removesuffix("}").rstrip().encode()
    return b'%s%s\n "checksum": "%s"\n}\n' % (body, b"" if body == b"{" else b",", bytes_key(body).encode())


def unsealed(data: bytes) -> dict[str, Any]:
    """Return the object, without its checksum, after comparing it.

    Raises:
        ValueError: it is no JSON object, or its checksum is not that of its bytes.
    """
    end = _END.search(data)
    if end is not None and bytes_key(data[: end.start()]).encode() != end[1]:
        raise ValueError("its bytes are not those of its checksum")
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"it is no JSON ({error})") from error
    if not isinstance(content, dict):
        raise ValueError(f"it is a {type(content).__name__}, not an object")
    if (CHECKSUM in content) != (end is not None) or (end is None and _ends_as_sealed(data)):
        raise ValueError("its checksum is damaged")
    content.pop(CHECKSUM, None)
    return content


def _ends_as_sealed(data: bytes) -> bool:
    """Whether a checksum of what stands before it ends the object under another name, as after a flip in its own."""
    bodies = (data[: -_TAIL - comma] for comma in (0, 1))
    return any(bytes_key(body).encode() in data[len(body) :] for body in bodies)
