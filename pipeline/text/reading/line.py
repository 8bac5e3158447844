"""What the steps hand to each other."""

from dataclasses import dataclass

__all__ = ["Line"]


@dataclass(frozen=True)
class Line:
    """A line of an answer, or what a table or JSON holds in one place.

    Attributes:
        text: Without its marker.
        marked: Whether it is an item of a list: numbered, bulleted, or a value of a table or of JSON.
        number: Of a numbered item; None for all others.
        indent: Spaces before it.
        whole: Whether it has a visible end besides its punctuation, as a value of JSON has, so that it is never cut off.
        written: The line as it stood there.
    """

    text: str
    marked: bool = False
    number: int | None = None
    indent: int = 0
    whole: bool = False
    written: str = ""
