"""Where a sentence ends. A full stop behind "Dr", an initial or "U.S" ends none."""

import re

from pipeline.text.reading.symbols import EMOJI

__all__ = ["ends_in_abbreviation", "ends_in_initial", "has_end", "has_stop", "leaves_open", "sentences_of"]

_ENDS = re.compile(rf"""[.!?…。！？][\"”’'»›」』)\]*_`~]*(?:(?<=["”’'»]),)?\s*(?:{EMOJI}\s*)*$""")
_TAIL = 60
_ABBREVIATION = re.compile(
    r"""(?:^|(?<=[\s("“'‘«]))(?:
        (?:Mr|Mrs|Ms|Dr|St|Prof|Sr|Jr|Mt|Ft|Rev|Hon|Gen|Col|Lt|Sgt|Capt|Gov|Sen|Rep|Messrs|No|Nos|Vol|Fig|e\.g|i\.e)
      | (?:[A-Z]\.)+[A-Z]                       # U.S. J.R.R.
      | (?P<initial>[A-Z])
    )\.$""",
    re.VERBOSE,
)
_NAME_BEFORE = re.compile(r"(?:^|\s)[\"“'‘«]?(?:[A-Z][\w’'-]*|[A-Z]\.)\s+[A-Z]\.$")
_INITIAL_FIRST = re.compile(r"[A-Z]\.(?:\s|$)")
_WANTS_MORE = re.compile(
    r"(?:^|\s)(?:a|an|the|of|in|on|at|to|by|for|with|from|near|under|over|and|or|but|its|his|her|their|our|my|your|into|onto"
    r"|through|between|behind|beside|above|below|across|along|around|against|toward|towards|next|is|are|was|were|as|that|which"
    r"|while|some|two|three|this|these)$|[,;]$",
    re.IGNORECASE,
)
_PARAGRAPH_STOP = re.compile(r"""(?<=[.!?])["”’']?\s+(?=["“‘']?[A-Z])""")


def has_stop(text: str) -> bool:
    """Whether a text ends in a full stop or the like, perhaps with quotation marks or a picture behind it."""
    return _ENDS.search(text[-_TAIL:]) is not None


def has_end(text: str) -> bool:
    """Whether a text ends as a sentence does."""
    return has_stop(text) and not ends_in_abbreviation(text.rstrip())


def leaves_open(text: str) -> bool:
    """Whether a text breaks off behind a comma or a word that another has to follow."""
    tail = text[-_TAIL:].rstrip()
    return _WANTS_MORE.search(tail) is not None or ends_in_abbreviation(tail)


def ends_in_abbreviation(text: str) -> bool:
    """Whether the last full stop belongs to a title, an initial or an abbreviation."""
    found = _ABBREVIATION.search(text[-_TAIL:])
    if found is None:
        return False
    begins = found.start() == 0 or _NAME_BEFORE.search(text[-_TAIL:]) is not None
    return begins if found["initial"] else True


def ends_in_initial(text: str) -> bool:
    """Whether the last word is one capital with a full stop, as in "C. elegans"."""
    found = _ABBREVIATION.search(text[-_TAIL:])
    return found is not None and found["initial"] is not None


def sentences_of(paragraph: str) -> list[str]:
    """A paragraph's sentences."""
    found: list[str] = []
    for part in _PARAGRAPH_STOP.split(paragraph):
        if found and (ends_in_abbreviation(found[-1]) or (_INITIAL_FIRST.match(part) and ends_in_initial(found[-1]))):
            found[-1] += " " + part
        else:
            found.append(part)
    return found
