"""Step 10: sentences that run over two lines, and markers that stand on a line of their own."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from pipeline.text.reading.endings import ends_in_initial, has_end, leaves_open
from pipeline.text.reading.line import Line

__all__ = ["joined"]

_LONGEST = 600
_TITLE_WORDS = 6
_TITLE = re.compile(r"(\*\*|__)(?=\S)[^*_.!?]{1,80}\1")
_HEADING = re.compile(r"#{1,6}\s")
_FIRST = re.compile(r"""["'“‘«*_`(\[]*(\S)""")


def joined(lines: Sequence[Line], is_remark: Callable[[str], bool]) -> list[Line]:
    """Lines with each sentence on one; blank lines are gone.

    An item goes on in the line below while it has no end. Where nothing is marked, a line goes on in one that begins with
    a small letter, if it began with a capital, or breaks off behind a word that wants another.

    Args:
        lines: Of the answer, without their markers.
        is_remark: Tells what is no sentence, and so goes on with none.
    """
    found: list[Line] = []
    blank = False
    for line in lines:
        if not line.text.strip() and not line.marked:
            blank = True
            continue
        if found and not line.marked and _goes_on(found[-1], line.text, blank, is_remark):
            last = found[-1]
            text = line.text if _is_title(last, line.text) else _together(last.text, line.text)
            found[-1] = replace(last, text=text, written=f"{last.written} {line.written}".strip())
        else:
            found.append(line)
        blank = False
    return [replace(line, text=line.written) if line.marked and not line.text.strip() else line for line in found]


def _goes_on(last: Line, text: str, blank: bool, is_remark: Callable[[str], bool]) -> bool:
    if last.whole or len(last.text) > _LONGEST or is_remark(text):
        return False
    if last.marked and not last.text.strip():
        return True
    if _is_title(last, text):
        return not is_remark(last.text)
    first = _FIRST.match(text.lstrip())
    small = first is not None and (first[1].islower() or (first[1].isdigit() and not last.marked))
    if (has_end(last.text) and not (small and ends_in_initial(last.text))) or last.text.rstrip().endswith(":"):
        return False
    if last.marked:
        return (small or not blank) and not is_remark(last.text)
    begins = _FIRST.match(last.text.lstrip())
    large = begins is not None and not begins[1].islower()
    return not is_remark(last.text) and ((small and large and not blank) or leaves_open(last.text))


def _is_title(last: Line, text: str) -> bool:
    """Whether an item is a title, in bold type or a heading, of the sentence below: "**1. The Runner**"."""
    title = last.marked and (_TITLE.fullmatch(last.text.strip()) or _HEADING.match(last.written))
    first = _FIRST.match(text.lstrip())
    short = len(last.text.split()) <= _TITLE_WORDS and not has_end(last.text)
    return bool(title) and short and first is not None and first[1].isupper() and has_end(text)


def _together(first: str, second: str) -> str:
    first, second = first.rstrip(), second.strip()
    first = first.removesuffix("\\").rstrip()
    hyphen = re.search(r"\w[-‐]$", first) and second[:1].islower()
    return first + second if hyphen or not first else f"{first} {second}"
