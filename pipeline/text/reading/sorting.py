"""Step 14: which lines are sentences, and why the others are none."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pipeline.text.reading.emphasis import without_emphasis
from pipeline.text.reading.endings import has_end, sentences_of
from pipeline.text.reading.line import Line
from pipeline.text.reading.quotes import bare
from pipeline.text.reading.remarks import is_chatter, remark_label, without_label, without_opening, without_remark
from pipeline.text.reading.symbols import EMOJI

__all__ = ["CHATTER", "EMPTY", "Fragment", "Piece", "sorted_pieces"]

CHATTER, EMPTY = "chatter", "no sentence"

_HEADING = re.compile(r"#{1,6}\s+(.*?)\s*#*")
_TITLE = re.compile(r"#{1,6}\s+([^.!?]{1,80}?)[:#\s]*|\*\*([^*.!?]{1,80}?):?\*\*:?")
_LEADING_EMOJI = re.compile(rf"{EMOJI}\s*(?=\S)")
_EMOJI_BEHIND = re.compile(rf"(?<=[.!?…\"”])\s*{EMOJI}$")
_TAIL = 60


@dataclass(frozen=True)
class Fragment:
    """A part of an answer that is no sentence, and why."""

    text: str
    reason: str


@dataclass(frozen=True)
class Piece:
    """A part of an answer.

    Attributes:
        text: Without what stands around it.
        reason: Why it is no sentence, or None.
        whole: Whether it cannot have been cut off.
    """

    text: str
    reason: str | None
    whole: bool = False


def sorted_pieces(lines: Sequence[Line]) -> list[Piece]:
    """Every line as a sentence, or as something else with its reason; where items are listed, only they are sentences."""
    remarks = _remarks(lines)
    listed = any(
        line.marked and not remark and _has_words(line.text) for line, remark in zip(lines, remarks, strict=True)
    )
    return [piece for line, remark in zip(lines, remarks, strict=True) for piece in _pieces(line, remark, listed)]


def _pieces(line: Line, remark: bool, listed: bool) -> Iterator[Piece]:
    heading = _HEADING.fullmatch(line.text)
    if heading:
        line = replace(line, text=heading[1])
    text, behind = without_remark(without_label(line.text))
    if not (line.marked or listed or remark):
        opening, text = without_opening(text)
        if opening:
            yield Piece(_clean(opening), CHATTER)
    for part in [text] if line.marked else sentences_of(text):
        raw, part = part, _clean(part)
        if not _has_words(part):
            yield Piece(raw, EMPTY)
        elif remark or (heading and not line.marked and not has_end(part)):
            yield Piece(part, CHATTER)
        elif (listed and not line.marked) or (not line.marked and is_chatter(part)):
            yield Piece(part, CHATTER)
        else:
            yield Piece(part, None, line.whole)
    if behind:
        yield Piece(_clean(behind), CHATTER)


def _remarks(lines: Sequence[Line]) -> list[bool]:
    """Which lines speak of sentences: with a label, below a heading such as "Explanation:", or below an item as its parts."""
    found: list[bool] = []
    outer = min((line.indent for line in lines if line.marked), default=0)
    tops = [line for line in lines if line.marked and line.indent == outer]
    nested = len(tops) > 1 or any(line.number is not None for line in tops)
    below_heading, count, latest = False, 0, Line("")
    for line in lines:
        title = _TITLE.fullmatch(line.text)
        label = remark_label(f"{title[1] or title[2]}:" if title else line.text)
        opens = line.text.rstrip("*_ ").endswith(":")
        beside = line.marked and line.number is None and count > 0 and is_chatter(line.text)
        goes_on = line.number is not None and line.number == count + 1
        if label == "" and line.indent <= latest.indent:
            below_heading = True
        elif label is None and (goes_on or ((opens or title) and not line.marked)):
            below_heading = False
        part = nested and line.marked and line.number is None and line.indent > latest.indent and has_end(latest.text)
        found.append(label is not None or below_heading or part or beside or (opens and line.marked))
        if line.marked and not found[-1]:
            count, latest = line.number or count, line
    return found


def _clean(text: str) -> str:
    text = bare(without_emphasis(text))
    if _LEADING_EMOJI.match(text) or _EMOJI_BEHIND.search(text[-_TAIL:]):
        text = _LEADING_EMOJI.sub("", text, count=1)
        text = bare(text[:-_TAIL] + _EMOJI_BEHIND.sub("", text[-_TAIL:]))
    return text


def _has_words(text: str) -> bool:
    return re.search(r"[^\W\d_]", text) is not None
