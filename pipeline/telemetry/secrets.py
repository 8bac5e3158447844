"""Secrets are taken out of every text that leaves the program: logs, error messages, tracebacks, the history of runs.

Known are the values of environment variables whose names speak of secrets, values that the program itself used as a key, user and
password in addresses, signed parameters of addresses, and what stands after "Bearer". Values of less than eight characters are
passed over: they would be found in ordinary words.
"""

import os
import re
from collections.abc import Iterator

MASK = "***"
_SHORTEST = 8
_LONGEST = 100_000  # of one text that is searched; a log line is no place for more
_SPEAKING = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|AUTH_STRING", re.IGNORECASE)
_PLACES = re.compile(r"_(FILE|PATH|DIR)$", re.IGNORECASE)
_PATTERNS = (
    (re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,30}://)[^\s/@'\"]{1,500}@"), rf"\1{MASK}@"),
    (
        re.compile(
            r"([?&;](?:[\w.-]{0,40}(?:key|token|secret|password|signature|credential)|sig|auth)=)[^&;\s'\"]+",
            re.IGNORECASE,
        ),
        rf"\1{MASK}",
    ),
    (re.compile(r"\b(Bearer|Basic)(\s+)[A-Za-z0-9._~+/=-]{8,4000}"), rf"\1\2{MASK}"),
)

_used: set[str] = set()


def keep_secret(value: str | None) -> None:
    """Take this value out of everything that is written from now on, wherever it came from."""
    if value and len(value) >= _SHORTEST:
        _used.add(value)


def redact(text: str) -> str:
    """The text with every known secret replaced by `***`."""
    text = text if len(text) <= _LONGEST else text[:_LONGEST] + " … (cut off)"
    for value in sorted({*_used, *_of_environment()}, key=len, reverse=True):
        text = text.replace(value, MASK)
    for pattern, mask in _PATTERNS:
        text = pattern.sub(mask, text)
    return text


def _of_environment() -> Iterator[str]:
    for name, value in os.environ.items():
        if len(value) >= _SHORTEST and _SPEAKING.search(name) and not _PLACES.search(name):
            yield value
