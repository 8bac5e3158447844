"""Step 9: from lines to items of lists, also where several stand on one line."""

import re
from collections.abc import Iterable

from pipeline.text.reading.endings import has_end
from pipeline.text.reading.line import Line
from pipeline.text.reading.markers import Marker, read_marker
from pipeline.text.reading.remarks import is_chatter
from pipeline.text.reading.symbols import SYMBOL_NUMBER
from pipeline.text.reading.weak_markers import counting_markers

__all__ = ["items"]

_INLINE = re.compile(
    rf"""(?<=[.!?…:;"”’'»)*_])\s+(?=[*_]{{0,3}}(?:
            [(\[（]?\d{{1,3}}[.)\]:）．、]{{1,2}}[*_\s] | [(\[]?[b-jB-J][)\]]\s | [•‣▪●◦]\s
            | (?:sentence|caption|example|option|description)\s\#?\d{{1,3}}))
      | (?<=\S)\s+(?={SYMBOL_NUMBER} | [(\[（]?\d{{1,3}}[)）\]]\s)""",
    re.VERBOSE | re.IGNORECASE,
)
_ESCAPED = re.compile(r"\\(?=[.)\]\[(*_#>`~|+!-])")
_QUOTED = re.compile(r"(?:>[ \t]?)+(?=\S)")
_AROUND = re.compile(r"""["“]([(\[]?\d{1,3}[.)\]:]\s[^"”]*)["”],?""")
_FENCE = re.compile(r"\s*(?:```|~~~)\s*[\w+-]{0,20}\s*")
_LONGEST_MARKER = 80


def items(lines: Iterable[str]) -> list[Line]:
    """Every line, or each item of it, without its marker."""
    parts = [part for line in lines if not _FENCE.fullmatch(line) for part in _parts(line)]
    texts = [text for text, _ in parts]
    markers = _without_strays(texts, counting_markers([read_marker(text) for text in texts]))
    return [_item(text, indent, marker) for (text, indent), marker in zip(parts, markers, strict=True)]


def _without_strays(texts: list[str], markers: list[Marker | None]) -> list[Marker | None]:
    """Markers without dashes and stars that a wrapped line begins with by chance, among numbers or alone."""
    bullets = [place for place, marker in enumerate(markers) if marker is not None and marker.style == "bullet"]
    numbered = sum(marker is not None and marker.number is not None for marker in markers)
    if len(bullets) != 1 and len(bullets) >= numbered:
        return markers
    strays = {place for place in bullets if place and _is_stray(texts[place - 1], texts[place])}
    return [None if place in strays else marker for place, marker in enumerate(markers)]


def _is_stray(before: str, text: str) -> bool:
    small = re.match(r"[-*–—+]\s+(\S)", text)
    goes_on = small is not None and (small[1].islower() or small[1].isdigit())
    return goes_on and bool(before) and not has_end(before) and not before.endswith(":")


def _item(text: str, indent: int, marker: Marker | None) -> Line:
    if marker is None:
        return Line(text, indent=indent, written=text)
    number, rest = marker.number, marker.rest
    second = read_marker(rest, weak=False)
    if second is not None and second.rest and (second.number is None or number is None or second.style == "n6"):
        number, rest = (number if second.number is None else second.number), second.rest
    return Line(rest, marked=True, number=number, indent=indent, written=text)


def _parts(line: str) -> list[tuple[str, int]]:
    """A line divided before numbers that go on counting, and its indent."""
    text = line.strip()
    quoted = _QUOTED.match(text)
    text = _ESCAPED.sub("", text[quoted.end() :] if quoted else text)
    around = _AROUND.fullmatch(text)
    text = around[1] if around else text
    indent = len(line) - len(line.lstrip())
    cuts, latest = [0], read_marker(text[:_LONGEST_MARKER])
    for gap in _INLINE.finditer(text):
        marker = read_marker(text[gap.end() : gap.end() + _LONGEST_MARKER])
        if marker is not None and (_begins(text, gap, marker) if latest is None else _goes_on(latest, marker)):
            cuts.append(gap.end())
            latest = marker
    parts = [text[start:end].strip() for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True)]
    return [(part, indent) for part in parts]


def _begins(text: str, gap: re.Match[str], marker: Marker) -> bool:
    """Whether a list begins in the middle of a line, behind an opening."""
    opening = text[gap.start() - 1] in ":!" or is_chatter(text[:_LONGEST_MARKER])
    return marker.number == 1 and marker.sure and opening


def _goes_on(latest: Marker, marker: Marker) -> bool:
    if latest.style != marker.style:
        return False
    if marker.letters and len(marker.letters) == len(latest.letters) == 1:
        return ord(marker.letters) == ord(latest.letters) + 1
    return marker.number is None or (latest.number is not None and marker.number == latest.number + 1)
