"""Step 5: tags and entities of HTML and XML. A tag that a sentence speaks of stays."""

import html
import re

__all__ = ["table_tags", "without_entities", "without_tags"]

_CELL_END = re.compile(r"\s*</t[dh]>\s*(?:<t[dh][^<>]{0,200}>\s*)?", re.IGNORECASE)
_ROW = re.compile(r"\s*<tr[^<>]{0,200}>\s*(?:<t[dh][^<>]{0,200}>\s*)?", re.IGNORECASE)
_ROW_END = re.compile(r"\s*</tr>\s*", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_ATTRIBUTES = r"(?:\s[^<>=]{1,40}=[^<>]{0,200})?\s?/?"
_BLOCKS = (
    r"li|ol|ul|dl|dt|dd|p|br|div|table|thead|tbody|tr|td|th|h[1-6]|hr|html|body|head|section|article|blockquote|pre|center|text"
    r"|sentences?(?:[_-]?\d{1,3})?|items?|answers?|output|response|result|captions?|descriptions?|list|data|root|examples?|s\d{1,2}"
)
_BLOCK = rf"<(?:/?(?:{_BLOCKS}){_ATTRIBUTES}|!DOCTYPE[^<>]{{0,100}}|\?xml[^<>]{{0,100}}|!--[^<>]{{0,300}}--)>"
_RUN = re.compile(rf"{_BLOCK}(?:\s*+{_BLOCK})*[ \t]*+", re.IGNORECASE)
_REMARK = re.compile(r"<(?:explanation|reason|reasoning|rationale|note|comment)>\s*(?=\S)", re.IGNORECASE)
_REMARK_END = re.compile(r"</(?:explanation|reason|reasoning|rationale|note|comment)>", re.IGNORECASE)
_DATA = re.compile(r"<!\[CDATA\[([^\]<]{0,2000})\]\]>")
_INLINE = re.compile(
    r"<(/?)(b|i|em|strong|u|span|mark|code|small|sup|sub|a|font|q|cite|s|del|ins|tt|kbd)" + _ATTRIBUTES + ">", re.I
)
_WRAPPED = re.compile(rf"[ \t]*<([A-Za-z][\w:-]{{0,40}}){_ATTRIBUTES}>(.*)</\1>[ \t]*")
_LONE = re.compile(rf"[ \t]*</?[A-Za-z][\w:-]{{0,40}}{_ATTRIBUTES}>[ \t]*")
_SENTENCE_ENDS = ".!?…:\"”’')]>*_`"


def table_tags(text: str) -> str:
    """Write a table of HTML as one with bars; other text as it is."""
    if not re.search(r"<t[dh][\s>]", text, re.IGNORECASE):
        return text
    text = _ROW_END.sub(" |\n", _ROW.sub("\n| ", text))
    return re.sub(r"\| \|$", "|", _CELL_END.sub(" | ", text), flags=re.MULTILINE)


def without_entities(text: str) -> str:
    """Write &quot; and the like as the characters they stand for."""
    return _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)


def without_tags(text: str) -> str:
    """Leave tags out: a block's ends the line, one of emphasis does not; <explanation> becomes "Explanation:"."""
    if "<" not in text:
        return text
    text = _REMARK.sub("\nExplanation: ", _REMARK_END.sub("\n", _DATA.sub(r"\1", text)))
    lines = (_unwrapped(line) for line in _RUN.sub(_instead, text).split("\n"))
    return "\n".join(_without_inline(line) for line in lines)


def _instead(run: re.Match[str]) -> str:
    text, start, end = run.string, run.start(), run.end()
    word, space, after = text[max(0, start - 2) : start - 1], text[max(0, start - 1) : start], text[end : end + 1]
    spoken_of = space in (" ", "\t") and word not in _SENTENCE_ENDS + "\n\t " and (after.islower() or after in ",.;:!?")
    if spoken_of and after and run[0].count("<") == 1:
        return run[0]
    return "\n"


def _unwrapped(line: str) -> str:
    """A line without tags of any name that hold all of it."""
    if _LONE.fullmatch(line):
        return ""
    for _ in range(3):
        wrapped = _WRAPPED.fullmatch(line)
        if not wrapped:
            break
        line = wrapped[2]
    return line


def _without_inline(line: str) -> str:
    """A line without pairs of <b> and </b>, and without one whose partner stands on another line at the line's ends.

    Where they hold a title, as in <b>Dog:</b>, they become the marks of Markdown.
    """
    gone: list[tuple[int, int]] = []
    marks: list[str] = []
    open_: dict[str, list[re.Match[str]]] = {}
    for tag in _INLINE.finditer(line):
        name, before, after = (
            tag[2].lower(),
            line[max(0, tag.start() - 1) : tag.start()],
            line[tag.end() : tag.end() + 1],
        )
        if not tag[1] and after.strip():
            open_.setdefault(name, []).append(tag)
        elif tag[1] and before.strip() and open_.get(name):
            start = open_[name].pop()
            gone += [start.span(), tag.span()]
            marks += ["**" if _is_title(line, start, tag) else ""] * 2
    for (first, end), mark in sorted(zip(gone, marks, strict=True), reverse=True):
        line = line[:first] + mark + line[end:]
    return line


def _is_title(line: str, start: re.Match[str], end: re.Match[str]) -> bool:
    """Whether tags make a title of what they hold, as "**Dog:** " is one in Markdown."""
    bold = start[2].lower() in ("b", "strong")
    return bold and (
        line[start.end() : end.start()].rstrip().endswith(":") or line[end.end() :].lstrip()[:1] in (":", "–", "—")
    )
