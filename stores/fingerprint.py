"""Names made from content: row keys and fingerprints.

A key is the hash of a row's content, so the same input is the same row wherever it lies. A fingerprint is the
hash of a canonical JSON text, so equal values have equal fingerprints on every machine. Both are BLAKE2b of
16 bytes, written as 32 hexadecimal digits.
"""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from stores.errors import KeyFormatError, SpecError

KEY_LENGTH = 32
"""Hexadecimal digits in a key or a fingerprint."""

_DIGITS = b"0123456789abcdef"
_PLAIN = frozenset((str, int, bool, type(None)))


def bytes_key(data: bytes) -> str:
    """Return the key of a row whose content is `data`."""
    return _blake2b(data).hexdigest()


def text_key(text: str) -> str:
    """Return the key of a text, which is that of its UTF-8 bytes."""
    return bytes_key(text.encode("utf-8", errors="surrogatepass"))


def file_key(path: str | Path) -> str:
    """Return the key of a file's bytes; equal to `bytes_key` of its content, read piece by piece.

    Raises:
        OSError: if the file cannot be read.
    """
    with open(path, "rb") as file:
        return hashlib.file_digest(file, _blake2b).hexdigest()


def fingerprint(value: Any) -> str:
    """Return the fingerprint of a value made of JSON's types; the order of a dict's keys does not matter.

    Raises:
        SpecError: if the value holds something with no stable text, see `canonical_json`.
    """
    return text_key(canonical_json(value))


def canonical_json(value: Any) -> str:
    """Return the one JSON text of a value: sorted keys, no blanks, ASCII, floats by `repr`.

    Raises:
        SpecError: if the value holds NaN, an infinity, a dict key that is no str, or a type other than str,
            int, float, bool, None, list, tuple and dict.
    """
    return json.dumps(plain(value), sort_keys=True, separators=(",", ":"), allow_nan=False)


def plain(value: Any, where: str = "") -> Any:
    """Return a deep copy in JSON's own types (tuples become lists); `where` names the place in errors.

    Raises:
        SpecError: see `canonical_json`.
    """
    # Exact types: a numpy scalar or an enum prints differently from one library version to the next.
    if type(value) in _PLAIN:
        return value
    if type(value) is float and math.isfinite(value):
        return value
    if isinstance(value, list | tuple):
        # Long lists of texts are common: what needs no copy is not asked about one by one.
        return [item if type(item) in _PLAIN else plain(item, f"{where}[{index}]") for index, item in enumerate(value)]
    if isinstance(value, Mapping) and all(type(name) is str for name in value):
        return {name: plain(item, f"{where}.{name}" if where else name) for name, item in value.items()}
    raise SpecError(_unstable(value, where))


def check_keys(keys: Iterable[str]) -> None:
    """Check that every key is 32 lower-case hexadecimal digits; quick enough for a million.

    Raises:
        KeyFormatError: naming the first that is not.
    """
    keys = list(keys)
    try:
        joined = "".join(keys).encode("ascii", errors="replace")
    except TypeError:
        joined = b"?"
    if joined.translate(None, _DIGITS) or any(len(key) != KEY_LENGTH for key in keys):
        bad = next(key for key in keys if not _is_key(key))
        raise KeyFormatError(
            f"{bad!r} is not a key: a key is {KEY_LENGTH} hexadecimal digits made from a row's content. "
            "Use text_key(text), file_key(path) or bytes_key(data)."
        )


def _blake2b(data: bytes = b"") -> "hashlib.blake2b":
    return hashlib.blake2b(data, digest_size=KEY_LENGTH // 2)


def _is_key(key: object) -> bool:
    return isinstance(key, str) and len(key) == KEY_LENGTH and set(key) <= set(_DIGITS.decode())


def _unstable(value: Any, where: str) -> str:
    found = f"{value!r}" if len(repr(value)) <= 60 else f"{repr(value)[:57]}..."
    if isinstance(value, Mapping):
        found += " with a key that is no str"
    return (
        f"field {where or 'value'!r} is {found} ({type(value).__name__}), which has no stable fingerprint. "
        "Allowed are str, int, finite float, bool, None, and lists, tuples and dicts (with str keys) of "
        "these. Convert it, e.g. str(path), float(number), sorted(set), or leave the field out."
    )
