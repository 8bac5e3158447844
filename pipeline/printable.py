"""Other people's text on a terminal: it is shown, and moves no cursor, sets no title, hides no line."""

import re

# Control characters but tab and line feed, and those that turn the direction of what follows.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    """The text with everything that steers a terminal replaced by a mark."""
    return _UNPRINTABLE.sub("�", text)
