"""Step 2: what a model thinks aloud before it answers.

Thoughts stand between tags (<think>, <reasoning>, [THINK], …) or in a channel of their own. A thought that was cut off has
no closing tag, and where the query's template wrote the opening one, only the closing tag is seen.
"""

import re

__all__ = ["split_thoughts"]

_NAMES = (
    r"think|thinking|thoughts?|reasoning|reason|reflection|scratchpad|analysis|plan|planning|inner_monologue"
    r"|seed:think|ant_?thinking"
)
_TAG = re.compile(
    rf"<(?P<close>/?)(?:{_NAMES})(?:\s[^<>\n]{{0,100}})?>"
    r"|\[(?P<close2>/?)THINK\]|◁(?P<close3>/?)think▷"
    r"|<\|begin_of_thought\|>|(?P<close4><\|end_of_thought\|>)"
    r"|<\|START_THINKING\|>|(?P<close5><\|END_THINKING\|>)"
    r"|<\|channel>\w*|(?P<close6><channel\|>)",
    re.IGNORECASE,
)
_CHANNEL = re.compile(
    r"(?:<\|start\|>\s*(?:assistant)?\s*)?<\|channel\|>\s*(?P<name>analysis|commentary|final)\b"
    r"[^<\n]{0,80}?(?:<\|constrain\|>\w{0,20})?(?:<\|message\|>|(?=\s))|\A\s*(?P<bare>analysis|commentary|final)<\|message\|>",
    re.IGNORECASE,
)
_BARE_CHANNELS = re.compile(r"\A\s*analysis(?=[A-Z\"])")
_BARE_FINAL = "assistantfinal"
_ANSWER = re.compile(
    r"^[ \t]*<(answer|final|final_answer|output|response|result|solution)>(.*?)(?:</\1>|\Z)", re.I | re.M | re.S
)
_SOLUTION = re.compile(r"<\|(?:begin|end)_of_solution\|>|<\|(?:START|END)_RESPONSE\|>")
_SENTENCE_ENDS = ".!?…:\"”’')>"


def split_thoughts(text: str) -> tuple[str, list[str]]:
    """The answer itself, and the thoughts around it."""
    text, thoughts = _final_channel(text)
    text, more = _outside_tags(text)
    text, rest = _inside_answer(_SOLUTION.sub("\n", text))
    return text, [thought for part in (*thoughts, *more, *rest) if (thought := part.strip())]


def _final_channel(text: str) -> tuple[str, list[str]]:
    bare = _BARE_CHANNELS.match(text)
    if bare:  # the special tokens between channels were left out when the answer was decoded
        thought, found, answer = text[bare.end() :].rpartition(_BARE_FINAL)
        return (answer, [thought]) if found else ("", [answer])
    marks = list(_CHANNEL.finditer(text))
    if not marks:
        return text, []
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    parts = [
        ((mark["name"] or mark["bare"]).lower(), text[mark.end() : end]) for mark, end in zip(marks, ends, strict=True)
    ]
    before, final = text[: marks[0].start()], [part for name, part in parts if name == "final"]
    thoughts = [part for name, part in parts if name != "final"]
    return ("\n".join(final), [before, *thoughts]) if final else (before, thoughts)


def _outside_tags(text: str) -> tuple[str, list[str]]:
    """Leave out what stands between an opening and a closing tag, and before a closing one that nobody opened."""
    kept: list[str] = []
    thoughts: list[str] = []
    start, inside = 0, False
    for tag in _TAG.finditer(text):
        closes = any(tag.groupdict().values())
        if closes and (inside or _at_edge(text, tag)):
            thoughts += [text[start : tag.start()]] if inside else [*kept, text[start : tag.start()]]
            kept = kept if inside else []
            start, inside = tag.end(), False
        elif not closes and not inside and _begins(text, tag):
            kept.append(text[start : tag.start()])
            start, inside = tag.end(), True
    (thoughts if inside else kept).append(text[start:])
    return "\n".join(kept), thoughts


def _begins(text: str, tag: re.Match[str]) -> bool:
    """Whether a tag opens a thought, rather than being spoken of in a sentence."""
    before, after = _around(text, tag)
    return before in "\n>" or (before in _SENTENCE_ENDS and after in "\r\n")


def _at_edge(text: str, tag: re.Match[str]) -> bool:
    before, after = _around(text, tag)
    return before in "\n" + _SENTENCE_ENDS or after in "\r\n"


def _around(text: str, tag: re.Match[str]) -> tuple[str, str]:
    """The characters before and after, spaces aside; "" at the ends of the text."""
    before = text[max(0, tag.start() - 40) : tag.start()].rstrip(" \t")
    return before[-1:], text[tag.end() : tag.end() + 40].lstrip(" \t")[:1]


def _inside_answer(text: str) -> tuple[str, list[str]]:
    """What stands in <answer>, where there is one."""
    found = list(_ANSWER.finditer(text))
    inside = "\n".join(match[2] for match in found)
    if not inside.strip():
        return text, []
    starts, ends = [0, *(match.end() for match in found)], [*(match.start() for match in found), len(text)]
    return inside, [text[start:end] for start, end in zip(starts, ends, strict=True)]
