"""Text that can be stored: names of files whose bytes are no UTF-8 are half letters in Python, which no file of text holds."""

import re

_HALF = re.compile("[\ud800-\udfff]")


def as_text(text: str) -> str:
    r"""The text with each half letter written out: the name `caf\xe9.jpg` shows its byte as `\xe9`, others stand as `\ud800`."""
    return _HALF.sub(_written_out, text) if _HALF.search(text) else text


def as_json_text(text: str) -> str:
    r"""The same of JSON, in which a half letter is spelled `\udce9` and so comes back as it was."""
    return _HALF.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _written_out(found: "re.Match[str]") -> str:
    code = ord(found[0])
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"
