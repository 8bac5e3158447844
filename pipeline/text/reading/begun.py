"""A list that the query began: a model that completes texts goes on behind the "1." that a template ends in."""

import re

from pipeline.text.reading.markers import read_marker

__all__ = ["begun_list", "continued"]

_BEGUN = re.compile(
    r"""(?:^|(?<=[\s:]))((?:sentence\s)?[(\[\#]?\d{1,2}\s?[.):\]]{1,2}\s*["“]?|[(\[]?[aA][.)\]]\s*["“]?|[-*•]\s*["“]?|\[\s*["“]?)\s*\Z""",
    re.VERBOSE | re.IGNORECASE,
)
_LONGEST = 40


def begun_list(query_end: str) -> str:
    """The marker, or the opening bracket of a list in JSON, that a query ends in; "" if it ends otherwise."""
    found = _BEGUN.search(query_end[-_LONGEST:])
    return found[1].rstrip() if found else ""


def continued(begun: str, answer: str) -> str:
    """An answer behind the marker that the query ended in, unless it writes one of its own."""
    if not begun:
        return answer
    first = answer.lstrip().split("\n", 1)[0]
    if read_marker(first, weak=False) is not None or first.startswith(("[", "{", "```")):
        return answer
    return f"{begun} {answer.lstrip()}" if begun[-1].isalnum() or begun[-1] in ".):]-*•" else begun + answer.lstrip()
