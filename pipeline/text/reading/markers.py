"""Step 7: what an item of a list begins with. Sure markers are known by themselves, weak ones only in company.

"1." is sure. "A." may be an initial, "I." too, and "2 -" a score: they count if the answer has them in their order, from the
first on (`weak_markers.py`).
"""

import re
from dataclasses import dataclass

from pipeline.text.reading.symbols import BULLETS, EMOJI, SYMBOL_NUMBER, symbol_value

__all__ = ["ROMAN", "Marker", "read_marker"]

_WORDS = "one two three four five six seven eight nine ten".split()
_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth".split()
ROMAN = "i ii iii iv v vi vii viii ix x xi xii xiii xiv xv".split()
"""Roman numerals from 1 on."""
_NAMES = "sentence|caption|description|example|option|version|variation|variant|statement|entry|prompt|output|text|item"
_MEDIA = "scene|image|picture|photo|video|audio|sound|clip|answer|line|number|no|nr|s(?=[\\d_-])"
_SURE = re.compile(
    rf"""
      [(（\[【〔{{<] \s? (?P<n1>\d{{1,3}}) \.? \s? [)）\]】〕}}>] [.:、]?                  # (1) [1] (1). (1.)
    | (?:\#|№)? \s? (?P<n2>\d{{1,3}}) \s? (?:[.．]?[)）\]:：] | [.．、。｡](?:\.(?!\.))?) (?!\d)   # 1. 1) #1. １． not 1.5
    | (?P<n3>{SYMBOL_NUMBER} | [一二三四五六七八九十](?=[、．.])) [.):、．]?                 # 1️⃣ ① 一、
    | № \s? (?P<n4>\d{{1,3}}) (?=\s)
    | "?(?P<n5>\d{{1,3}})"? (?:\t|,(?=["“]))                                          # a column of numbers
    | \#? (?:(?:english|sample|new|generated|example|image|video|audio)[ ])?
      (?:(?:{_NAMES}|{_MEDIA}) [ ]? \.? [ _-]? (?:\#|no\.[ ]?|number[ ])? (?=\d) | (?:{_NAMES})[ ])
      (?P<n6>\d{{1,3}}|{"|".join(_WORDS)}|[a-h](?=\W|\Z)|[ivx]{{1,4}}(?=\W)) \b
      (?:[ ]?(?:/|of)[ ]?\d{{1,3}})? (?:[ ]?\([^()\n]{{1,60}}\))?
      [*_]{{0,3}} \s? (?:[.)：:–—|=](?!\d)|-(?!\w)|\s*\Z)      # Sentence 1: Caption one -
    | [(\[] (?:{_NAMES}) [ ]? \#? (?P<n8>\d{{1,3}}) [)\]] [:.]?                        # [Sentence 1]
    | (?:the[ ])? (?P<n7>(?:{"|".join(_ORDINALS)}|\d{{1,2}}(?:st|nd|rd|th))) (?:[ ](?:{_NAMES}))? [*_]{{0,3}} \s? [:：]
    | (?P<n9>\d{{1,2}})(?:st|nd|rd|th)[.)](?=\s)                                       # 1st.
    | (?P<label>(?:sentence|caption|description|example)[*_]{{0,3}}(?:\s?[:：]|\s[-–—](?=\s))(?=[\s*_"“]|\Z))   # Sentence:
    | (?P<bullet>[{BULLETS}]\ufe0f? | (?:-{{1,2}}>|=>|--|\\item)(?=\s)
        | [-*–—−‐‑⁻+»›~¶§](?=\s|["“'‘])) (?:\s*\[[ xX✓]\](?=\s))?
    """,
    re.VERBOSE | re.IGNORECASE,
)
_WEAK = re.compile(
    rf"""
      (?P<letter>[(（\[]?(?P<l>[a-z])(?:[.]?[)）\]]|[.:．]|\s?[-–—](?=\s))[.:]?) (?=[\s"“‘*_]|(?<=[)）\]])\w)    # a) (a) A. a -
    | (?P<roman>[(（\[]?(?P<r>[ivx]{{1,5}})(?:[.]?[)）\]]|[.:．])[.:]?) (?=[\s"“‘*_])                             # ii) IV.
    | (?P<dash>(?P<d>\d{{1,3}})\s?[-–—](?!\s?\d)(?=\s|["“]|[^\W\d_]))                                # 1 - 1– but not 1-2
    | (?P<other>(?P<o>\d{{1,3}})\s?(?:-{{1,2}}>|=>|[|>→/º°~,;]|/\d{{1,3}}[:.)]?)(?=\s))                  # 1-> 1/5
    | (?P<decimal>\d{{1,2}}\.(?P<e>\d{{1,2}})[.):]?(?=\s))                                              # 1.1
    | (?P<hash>\#\s?(?P<h>\d{{1,3}})(?=\s|[-–—:]))                                                    # #1
    | (?P<bare>(?P<b>\d{{1,3}})(?=[\s*_]))                                                                # 1
    | (?P<emoji>{EMOJI})
    | (?P<tight>[-–—+](?=[^\W\d_])|(?-i:o)(?=\s))                                                    # -A dog
    """,
    re.VERBOSE | re.IGNORECASE,
)
_BEFORE = re.compile(r"(?:\#{1,6}\s+)?+(?P<mark>[*_~`]{0,3})")
_BEHIND = re.compile(r"(?P<mark>[*_~`]{0,3})\s*")
_SEPARATOR = re.compile(r"[-–—:.|]\s+")


@dataclass(frozen=True)
class Marker:
    """What stands before an item.

    Attributes:
        style: Equal for items of one list.
        number: What it counts; None for bullets and letters.
        rest: The item.
        letters: What a letter or a Roman numeral counts is known in company only.
        sure: Whether it is a marker by itself.
    """

    style: str
    number: int | None
    rest: str
    letters: str = ""
    sure: bool = True


def read_marker(line: str, *, weak: bool = True) -> Marker | None:
    """The marker that a line begins with, with marks of emphasis or of a heading around it."""
    start = _BEFORE.match(line)
    begin, mark = (start.end(), start["mark"]) if start else (0, "")
    found = _SURE.match(line, begin) if mark else None
    found = found or _SURE.match(line, begin - len(mark)) or _SURE.match(line)
    if found is not None:
        number = None if found["bullet"] or found["label"] else _number(found)
        return Marker(_style(found), number, _rest(line, found, mark if found.start() == begin else ""))
    found = _WEAK.match(line, begin) if weak else None
    return None if found is None else _weak(line, found, mark)


def _style(found: re.Match[str]) -> str:
    kind = str(found.lastgroup)
    return kind + found[0].strip()[-1:] if kind in ("n1", "n2") else kind


def _number(found: re.Match[str]) -> int | None:
    text = str(found[str(found.lastgroup)]).lower()
    if found.lastgroup == "n3":
        return symbol_value(found["n3"])
    for words in (_WORDS, _ORDINALS, ROMAN):
        if text in words:
            return words.index(text) + 1
    digits = text[:-2] if text[-2:] in ("st", "nd", "rd", "th") else text
    return int(digits) if digits.isdecimal() else ord(text) - 96 if len(text) == 1 else None


def _weak(line: str, found: re.Match[str], mark: str) -> Marker:
    kind = next(kind for kind, text in found.groupdict().items() if text is not None and len(kind) > 1)
    rest = _rest(line, found, mark)
    if kind in ("tight", "emoji"):
        return Marker(kind, None, rest, sure=False)
    if kind in ("letter", "roman"):
        letters = found["l"] or found["r"]
        shape = found[kind].replace(letters, "x" if letters.islower() else "X", 1)
        return Marker(f"letter {shape}", None, rest, letters.lower(), sure=False)
    separator = _SEPARATOR.match(rest) if kind == "hash" else None
    number = int(found["d"] or found["o"] or found["e"] or found["h"] or found["b"])
    return Marker(kind, number, rest[separator.end() :] if separator else rest, sure=False)


def _rest(line: str, found: re.Match[str], mark: str) -> str:
    """What follows a marker; emphasis that was opened before it is closed before the rest, or opened there."""
    behind = _BEHIND.match(line, found.end())
    if mark and behind and behind["mark"] == mark:
        return line[behind.end() :]
    return mark + line[found.end() :].lstrip()
