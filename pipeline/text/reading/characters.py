"""Step 1: characters that nobody sees or that a tokenizer left behind."""

import json
import re

__all__ = ["readable"]

_INVISIBLE = re.compile("[\ufeff\u200b\u2060\u00ad\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_BYTE_TOKEN = re.compile(r"<0x0[AaDd]>")
_WRITTEN_BREAK = re.compile(r"""(?<=[.!?…:"”’'])(?:\\r)?\\n(?:\\n)*""")
_FEW = 3


def readable(text: str) -> str:
    r"""The text without invisible marks, and with spaces and line breaks where they were written in other signs.

    Such signs are SentencePiece's "▁", "Ġ" and "Ċ" of byte-level BPE, the byte token <0x0A>, and a backslash with an "n"
    behind a sentence. A half of a surrogate pair, which no file can hold, becomes U+FFFD.
    """
    if any("\ud800" <= character <= "\udfff" for character in text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    text = _BYTE_TOKEN.sub("\n", _INVISIBLE.sub("", text))
    text = _unpacked(text)
    if "▁" in text:
        text = text.replace("▁", " ")
    if text.count("Ġ") >= _FEW:
        text = text.replace("Ġ", " ").replace("Ċ", "\n")
    return _WRITTEN_BREAK.sub("\n", text)


def _unpacked(text: str) -> str:
    """What a text holds that is one string of JSON with an answer in it."""
    packed = text.strip()
    if packed[:1] == packed[-1:] == '"' and "\\" in packed:
        try:
            answer = json.loads(packed)
        except ValueError:
            return text
        return str(answer) if answer.lstrip()[:1] in ("[", "{") or "\n" in answer else text
    return text
