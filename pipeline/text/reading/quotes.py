"""Step 13: what stands around a sentence: white space, quotation marks, marks of emphasis."""

import re

from pipeline.text.reading.endings import has_stop

__all__ = ["bare"]

_QUOTES = {
    '"': '"”', "“": "”\"“", "”": "”", "„": "“”\"", "'": "'’", "‘": "’'", "«": "»", "»": "«", "‹": "›", "›": "‹", "`": "`'",
    "「": "」", "『": "』", "《": "》", "＂": "＂", "❝": "❞", "″": "″",
}  # fmt: skip
_BRACKETS = {"[": "]", "{": "}", "<": ">", "(": ")"}
_LATEX = re.compile(r"^(?:``|'')|(?:''|``)(?=\.?$)")
_DEEPEST = 4
_ASIDES = "*_ "


def bare(text: str) -> str:
    """A sentence on one line without what stands around all of it."""
    text = " ".join(text.split()).removesuffix("\\").replace('\\"', '"')
    for _ in range(_DEEPEST):
        before, text = text, _unquoted(_LATEX.sub('"', text.strip(_ASIDES)))
        if text == before:
            break
    return text


def _unquoted(text: str) -> str:
    closing = _QUOTES.get(text[:1])
    bracket = _BRACKETS.get(text[:1])
    if (
        bracket
        and text[-1] == bracket
        and has_stop(text[1:-1])
        and not any(sign in text[1:-1] for sign in (text[0], bracket))
    ):
        return text[1:-1].strip()
    if closing is None or len(text) < 3:
        return _without_lone_end(text)
    body = text[:-1] if text[-1] in ",;" and text[-2] in closing else text
    if body[-1] in closing and _encloses(body[1:-1], text[0], closing):
        return body[1:-1].strip()
    if body[-1] in ".!?" and body[-2] in closing and len(body) > 3 and _encloses(body[1:-2], text[0], closing):
        return body[1:-2].strip() + body[-1]
    if text[0] in '"“„«' and has_stop(text) and not any(mark in text[1:] for mark in {text[0], *closing}):
        return text[1:].lstrip()  # its partner was cut off
    return text


def _encloses(inner: str, opening: str, closing: str) -> bool:
    """Whether the marks around belong to each other: the first mark inside does not close what was opened before."""
    for place, sign in enumerate(inner):
        if sign not in closing and sign != opening:
            continue
        before, after = inner[max(0, place - 1) : place], inner[place + 1 : place + 2]
        if sign in "'’" and before.isalnum() and after.isalnum():
            continue  # an apostrophe
        if opening not in closing:
            return sign == opening
        return (not before or before in " ([-—") and bool(after.strip())
    return True


def _without_lone_end(text: str) -> str:
    """Without a closing mark that nothing opened."""
    if (
        text[-1:] in ("”", "»")
        and "“" not in text
        and "„" not in text
        and "«" not in text
        and text.count(text[-1]) == 1
    ):
        return text[:-1].rstrip()
    return text
