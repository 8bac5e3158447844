"""Signs that lists use: bullets, numbers in circles and keycaps, emoji."""

import re
import unicodedata

__all__ = ["BULLETS", "EMOJI", "SYMBOL_NUMBER", "symbol_value"]

BULLETS = "•‣▪▫◦●○◉◎■□▶►▷▸▹➤➔→⇒➢➣❯❖◆◇★☆✓✔✗✘✦✧✪⁃∙·・⦿⦾※◾◽⁌⁍☐☑☒✅❑❒➥↪"
"""Signs that begin an item whatever follows."""

SYMBOL_NUMBER = (
    "(?:[0-9]\ufe0f?\u20e3|\U0001f51f"
    "|[\u2460-\u249b\u24ea-\u24ff\u2776-\u2793\u3220-\u3229\u3251-\u325f\u3280-\u3289\u32b1-\u32bf\U0001f100-\U0001f10a]"
    "|[\u249c-\u24e9\U0001f110-\U0001f129\U0001f130-\U0001f149\U0001f150-\U0001f169\U0001f170-\U0001f189]\ufe0f?"
    "|[\u2160-\u216b\u2170-\u217b](?=[\\s.)、]))"
)
"""A number or letter that is one sign: 1️⃣ 🔟 ① ⑴ ⒈ ❶ ㈠ Ⓐ ⓐ 🅐 Ⅰ."""

_PICTURES = (
    "\U0001f000-\U0001faff\u2600-\u275a\u2761-\u27bf\u2b00-\u2bff\u231a-\u23ff\u25aa-\u25fe\u2190-\u21ff"
    "\u2934\u2935\u3030\u303d"
)
EMOJI = f"(?:[{_PICTURES}][\ufe0e\ufe0f\u200d\U0001f3fb-\U0001f3ff]*)+"
"""One or more pictures in a row."""

_LETTERS = re.compile(r"(?:LETTER|SQUARED|CIRCLED|PARENTHESIZED)\b.*?\b([A-Z])$")


def symbol_value(sign: str) -> int | None:
    """What a `SYMBOL_NUMBER` counts; A is 1."""
    first = sign[0]
    if first == "\U0001f51f":
        return 10
    if first.isascii():
        return int(first)
    value = unicodedata.numeric(first, None)
    if value is not None:
        return int(value)
    letter = _LETTERS.search(unicodedata.name(first, ""))
    return ord(letter[1]) - 64 if letter else None
