"""Step 8: which weak markers count. They do where the answer has them in their order, from the first on."""

from collections import defaultdict
from collections.abc import Callable, Sequence

from pipeline.text.reading.markers import ROMAN, Marker

__all__ = ["counting_markers"]

_SINGLE = ("dash", "hash", "letter x)", "letter (x)", "letter X)", "letter (X)", "letter [x]", "letter [X]")


def counting_markers(markers: Sequence[Marker | None]) -> list[Marker | None]:
    """The markers of an answer's lines, without those that are words of a sentence."""
    groups: dict[str, list[int]] = defaultdict(list)
    for place, marker in enumerate(markers):
        if marker is not None and not marker.sure and _may_begin(marker):
            groups[marker.style].append(place)
    kept = {place for style, places in groups.items() for place in _in_order(style, places, markers)}
    return [marker if marker and (marker.sure or place in kept) else None for place, marker in enumerate(markers)]


def _may_begin(marker: Marker) -> bool:
    """Whether a sentence may begin behind it: behind "A." and a bare number that takes a capital."""
    strict = marker.style in ("bare", "decimal") or (marker.letters and marker.style[-1] not in ")]）")
    first = marker.rest.lstrip("\"'“‘«*_`")[:1]
    return bool(first) and not (strict and first.islower())


def _in_order(style: str, places: Sequence[int], markers: Sequence[Marker | None]) -> list[int]:
    if style in ("tight", "emoji"):
        return list(places) if len(places) > 1 else []
    counts: tuple[Callable[[Marker], int | None], ...]
    counts = (_letter, _roman) if style.startswith("letter") else (lambda marker: marker.number,)
    return max((_run(style, places, markers, count) for count in counts), key=len)


def _run(
    style: str, places: Sequence[int], markers: Sequence[Marker | None], count: Callable[[Marker], int | None]
) -> list[int]:
    kept: list[int] = []
    value, longest = 0, 0
    for place in places:
        marker = markers[place]
        found = count(marker) if marker else None
        if found == value + 1 or found == 1:
            kept.append(place)
            value = found
            longest = max(longest, value)
    alone = len(places) == 1 and longest == 1 and style in _SINGLE and _begins_large(markers[places[0]])
    return kept if longest > 1 or alone else []


def _begins_large(marker: Marker | None) -> bool:
    return marker is not None and not marker.rest.lstrip("\"'“‘«*_`")[:1].islower()


def _letter(marker: Marker) -> int | None:
    return ord(marker.letters) - 96 if len(marker.letters) == 1 and marker.letters.isascii() else None


def _roman(marker: Marker) -> int | None:
    return ROMAN.index(marker.letters) + 1 if marker.letters in ROMAN else None
