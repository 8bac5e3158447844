"""Strict reading of a language model's answer: which parts are sentences, and what the rest is.

Understood are numbered lists ("1." "1)" "(1)" "Sentence 1:"), also on one line, bulleted lists, quoted
sentences, plain lines and plain paragraphs. Openings ("Sure! Here are …:"), closings ("I hope this helps!")
and a last sentence that was cut off are told apart and given back with a reason; nothing is lost silently.
"""

import re
from dataclasses import dataclass

__all__ = ["CHATTER", "CUT_OFF", "EMPTY", "PARSER_VERSION", "Fragment", "Parsed", "parse_answer"]

PARSER_VERSION = 1
"""Raised whenever an answer may be read differently, for texts are then others."""

CHATTER, CUT_OFF, EMPTY = "chatter", "cut off", "no sentence"

_MARKER = re.compile(
    r"""\s*(?:
        \(\d{1,3}\) | \[\d{1,3}\]             # (1) [1]
      | \#?\d{1,3}\s?[.):] (?!\d)            # 1. 1) 1: #1. but not 1.5
      | sentence\s\d{1,3}\s?[.):-]           # Sentence 1:
      | [-*•–—▪◦‣+] (?=\s|["“'‘])            # bullets
    )\s*""",
    re.VERBOSE | re.IGNORECASE,
)
_INLINE_ITEM = re.compile(r"""(?<=[.!?"”'’])\s+(?=\(?\d{1,3}[.)]\s)""")
_PARAGRAPH_STOP = re.compile(r"""(?<=[.!?])["”’']?\s+(?=["“‘']?[A-Z])""")
_CHATTER = re.compile(
    r"(sure|of course|certainly|absolutely|okay|ok|great|no problem|thank|you're welcome|here (are|is|you)|here's"
    r"|below (are|is)|these (are|sentences)|i hope|i've|i have|i can|let me know|please|note|feel free|as an ai"
    r"|do you|would you|is there anything|if you|hope (this|these)|answer|output|response|sentences?\s*:)\b",
    re.IGNORECASE,
)
_ENDS = re.compile(r"""[.!?…]["”’')\]*]*$""")
_QUOTES = {'"': '"', "“": "”", "'": "'", "‘": "’", "«": "»", "`": "`"}


@dataclass(frozen=True)
class Fragment:
    """A part of an answer that is no sentence, and why."""

    text: str
    reason: str


@dataclass(frozen=True)
class Parsed:
    """An answer, read."""

    sentences: tuple[str, ...]
    fragments: tuple[Fragment, ...]


@dataclass(frozen=True)
class _Piece:
    text: str
    marked: bool


def parse_answer(answer: str, *, cut: bool) -> Parsed:
    """Read the sentences of an answer.

    Args:
        answer: What the model wrote after the query.
        cut: Whether the model was stopped by the token limit. A last sentence without an end is dropped then;
            it is also dropped when the model itself stopped, if the other sentences do end properly.
    """
    pieces = _pieces(answer)
    listed = any(piece.marked for piece in pieces)
    sentences: list[str] = []
    fragments: list[Fragment] = []
    for piece in pieces:
        text = _bare(piece.text)
        if not re.search(r"[^\W\d_]", text):
            fragments.append(Fragment(piece.text, EMPTY))
        elif (listed and not piece.marked) or (not listed and _is_chatter(text)):
            fragments.append(Fragment(text, CHATTER))
        else:
            sentences.append(text)
    if pieces and sentences and _bare(pieces[-1].text) == sentences[-1] and _is_cut(sentences, cut):
        fragments.append(Fragment(sentences.pop(), CUT_OFF))
    if not sentences and not fragments:
        fragments.append(Fragment(answer.strip(), EMPTY))
    return Parsed(tuple(sentences), tuple(fragments))


def _pieces(answer: str) -> list[_Piece]:
    """Lines, split further at numbers within a line; plain lines are split into sentences."""
    pieces: list[_Piece] = []
    for line in answer.splitlines():
        for part in _INLINE_ITEM.split(line.strip()):
            part = re.sub(r"^[*_]{2,3}(?=\S)", "", part)
            marker = _MARKER.match(part)
            if marker and marker.end():
                pieces.append(_Piece(part[marker.end() :] or part, True))
            else:
                pieces += [_Piece(text, False) for text in _PARAGRAPH_STOP.split(part) if text.strip()]
    return pieces


def _bare(text: str) -> str:
    """Without white space, emphasis and quotation marks around it."""
    text = " ".join(text.split()).strip("*_ ")
    close = _QUOTES.get(text[:1])
    inner = text[1:]
    if close is None:
        return text
    if inner.endswith(close) and close not in inner[:-1]:
        return inner[:-1].strip()
    if len(inner) > 1 and inner[-1] in ".!?" and inner[-2] == close and close not in inner[:-2]:
        return inner[:-2].strip() + inner[-1]
    return text


def _is_chatter(text: str) -> bool:
    return text.endswith(":") or _CHATTER.match(text) is not None


def _is_cut(sentences: list[str], cut: bool) -> bool:
    if _ENDS.search(sentences[-1]):
        return False
    return cut or any(_ENDS.search(sentence) for sentence in sentences[:-1]) or len(sentences) == 1
