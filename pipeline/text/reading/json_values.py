"""Step 4: the values of JSON, which may be fenced, cut off, or written as Python writes lists."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["NOTE", "OUTSIDE", "SENTENCE", "Found", "json_values"]

_START = re.compile(r"""(?:^|(?<=[:=>`]))[ \t]*(?=[\[{]\s*["'“\[{])""", re.MULTILINE)
_TOKEN = re.compile(
    r"""\s*+(?:
        "(?P<double>[^"\\]*+(?:\\.[^"\\]*+)*+)(?P<end>"|\Z)
      | “(?P<curly>[^”]*+)(?P<end2>”|\Z)
      | '(?P<single>(?:[^'\\]|\\.|'(?!\s{0,9}[,\]}:]))*+)(?P<end3>'|\Z)
      | (?P<sign>[\[\]{},:])
      | (?P<other>-?\d[\d.eE+-]{0,30}|true|false|null|None|True|False)(?![\w])
      | (?P<comment>(?://|\#)[^\n]*+)
    )""",
    re.VERBOSE | re.DOTALL,
)
_ENDS = re.compile(r"[ \t]*[;,]?[ \t]*(?=\r?\n|\Z|[`<\[{])")
_SENTENCE_KEY = re.compile(
    r"(sentence|text|caption|description|content|example|statement|value|output|answer|response|s)s?[\W_]*\d*", re.I
)
_OTHER_KEY = re.compile(
    r"(explanation|reason(ing)?|rationale|notes?|comments?|thoughts?|thinking|analysis|ids?|index|number|no|labels?|class(es)?"
    r"|category|categories|objects?|keywords?|tags?|type|language|lang|title|topic|query|prompt|count|word_?count|words|length"
    r"|model|role|source|status|translation|includes?|instruction|requirements?|modality|style)",
    re.I,
)  # fmt: skip


OUTSIDE, SENTENCE, NOTE = "outside", "sentence", "note"
_WORDS_OF_A_NOTE = 3


@dataclass(frozen=True)
class Found:
    """A part of a text.

    Attributes:
        text: Of the part, or the value.
        kind: `OUTSIDE` of JSON, or a value of it: a `SENTENCE`, or a `NOTE` about one.
        whole: Whether the value was closed.
    """

    text: str
    kind: str
    whole: bool = False


@dataclass
class _Block:
    end: int
    values: list[tuple[str, str, bool]] = field(default_factory=list)


def json_values(text: str) -> Iterator[Found]:
    """Divide a text into values of JSON, those that are sentences by their keys, and what stands around it."""
    outside, look = 0, 0
    while start := _START.search(text, look):
        block = _read(text, start.end())
        look = block.end
        if block.values and _ENDS.match(text, block.end):
            yield Found(text[outside : start.start()], OUTSIDE)
            yield from _kinds(block.values)
            outside = block.end
    yield Found(text[outside:], OUTSIDE)


def _read(text: str, start: int) -> _Block:
    """Read one value of JSON; without values if it is none. `end` is behind all that was looked at."""
    block, place = _Block(start), start
    open_: list[str] = []
    keys: list[str] = []
    latest: tuple[str, bool] | None = None
    while token := _TOKEN.match(text, place):
        place = token.end()
        if token["comment"] is not None:
            continue
        sign, string = token["sign"], _string(token)
        if latest is not None and not (sign == ":" and open_[-1] == "{"):
            block.values.append((keys[-1], *latest))
        elif latest is not None:
            keys[-1] = latest[0]
        latest = string
        if sign in ("[", "{"):
            open_.append(sign)
            keys.append(keys[-1] if keys else "")
        elif sign in ("]", "}"):
            if open_.pop() != {"]": "[", "}": "{"}[sign]:
                break
            keys.pop()
            if not open_:
                return _Block(place, block.values)
    place = max(place, start + 1)
    cut_off = not text[place:].strip() if len(text) - place < 1000 else False
    if latest is not None and keys:
        block.values.append((keys[-1], *latest))
    return _Block(place, block.values if cut_off else [])


def _string(token: re.Match[str]) -> tuple[str, bool] | None:
    for kind, end in (("double", "end"), ("curly", "end2"), ("single", "end3")):
        body = token[kind]
        if body is not None:
            return _decoded(body), bool(token[end])
    return None


def _decoded(body: str) -> str:
    if "\\" not in body:
        return body
    try:
        return str(json.loads(f'"{body}"', strict=False))
    except ValueError:
        return re.sub(r"\\(.)", lambda escape: {"n": "\n", "t": " "}.get(escape[1], escape[1]), body, flags=re.DOTALL)


def _kinds(values: list[tuple[str, str, bool]]) -> Iterator[Found]:
    """Tell sentences from what else an object says about them, by the keys."""
    named = any(_SENTENCE_KEY.fullmatch(key.strip()) for key, _, _ in values)
    for key, value, whole in values:
        key = key.strip()
        if _SENTENCE_KEY.fullmatch(key) if named else not _OTHER_KEY.fullmatch(key):
            yield Found(value, SENTENCE, whole)
        elif len(value.split()) >= _WORDS_OF_A_NOTE:
            yield Found(value, NOTE)
