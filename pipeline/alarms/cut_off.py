"""Texts that are longer than the encoder reads: what stands behind its last token does not count.

There is no threshold: each of them is told, for nobody can see it in the figures.
"""

from collections.abc import Iterator, Sequence

from pipeline.alarms.alarm import Alarm

_SHOWN, _LETTERS = 3, 50


def cut_off(
    modality: str, what: str, found: Sequence[tuple[str, int]], count: int, limit: int, remedy: str
) -> Iterator[Alarm]:
    """One alarm for all texts that are cut off.

    Args:
        modality: of the encoder.
        what: what they are, e.g. "sentences".
        found: (text, its tokens) of those that are too long.
        count: how many texts there are.
        limit: tokens that the encoder reads.
        remedy: what to type.
    """
    if not found:
        return
    longest = sorted(found, key=lambda each: (-each[1], each[0]))
    shown = ", ".join(f"“{_begin(text)}” ({tokens:,} tokens)" for text, tokens in longest[:_SHOWN])
    more = ", …" if len(longest) > _SHOWN else ""
    told = (
        f"{len(found):,} of {count:,} {modality} {what} are longer than the {limit:,} tokens that the encoder reads, and are "
        f"cut off there: {shown}{more}"
    )
    yield Alarm("truncated", modality, (), told, remedy)


def _begin(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LETTERS else line[: _LETTERS - 1] + "…"
