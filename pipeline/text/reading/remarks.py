"""Step 11: what an answer says about its sentences: labels in front of them, explanations, openings and closings."""

import re

__all__ = ["is_chatter", "is_remark", "remark_label", "without_label", "without_opening", "without_remark"]

_MARKS = r"[*_`\"“”'\[({]{0,4}"
_SENTENCE_LABEL = re.compile(
    rf"""{_MARKS}(?:(?:the|my|your|english|final|new|example|generated|sample|revised)\s)?
        (?:sentence|caption|description|text|output|answer|response|result|example|statement|english|image|photo|picture|video
          |audio|sound|scene|clip)s?
        (?:\s?\([^()]{{0,40}}\))?[*_`"”']{{0,4}}\s*[:：][*_`]{{0,3}}\s*""",
    re.VERBOSE | re.IGNORECASE,
)
_ANNOUNCED = re.compile(
    rf"""(?P<marks>{_MARKS})(?:in\ (?:one|a\ single)\ (?:[\w-]+\ )?sentence\s?[:,]\s*(?=\S)|A:\s+(?=["“‘]?[A-Z]))""",
    re.VERBOSE | re.IGNORECASE,
)
_OPENED, _CLOSED = re.compile(r"[*_`]+"), re.compile(r"[*_`]\s*(?:[:：]\s*)?$")
_TITLE = re.compile(r"(\*\*|__)(?=\S)[^*_:]{1,60}(?:(?::\1|\1\s?:)\s+(?=\S)|\1\s?[-–—]\s+(?=[\"“‘*_]{0,3}[A-Z]))")
_REMARK_LABEL = re.compile(
    rf"""{_MARKS}(?:(?:the|my|brief|short|quick|please|important|final|additional|side)\s)?
        (?:explanations?|notes?|n\.?b|reason(?:ing|s)?|rationale|justification|comments?|remarks?|analysis|labels?
          |class(?:es)?(?:\sname)?s?|categor(?:y|ies)|objects?|key\s?words?|tags?|words?(?:\s(?:count|used|limit))?|count|length
          |includes?|included|contains|translation|source|disclaimer|topic|title|theme|context|breakdown|verification
          |requirements?|ids?|index|why(?:\sit\sworks)?|p\.?\s?s)
        (?:\s?\([^()]{{0,40}}\))?[*_`"”']{{0,4}}\s*[:：]""",
    re.VERBOSE | re.IGNORECASE,
)
_BEHIND = re.compile(
    r"""(?<=[.!?…"”’')*])\s+[(\[*_–—-]{0,4}\s?
        (?:explanation|note|reason(?:ing)?|rationale|justification|translation|key\s?words?|labels?|word\s?count)
        [*_]{0,3}\s?[:：]""",
    re.VERBOSE | re.IGNORECASE,
)
_WORD_COUNT = re.compile(
    r"""(?:(?<=[.!?"”])(?:\s\#\w+)+|[-–—]?\s?[(\[*_]{1,3}\s?(?:word\scount\s?:\s?)?~?\d{1,3}\swords?\s?[)\]*_]{1,3}
        |(?<=[.!?"”])\s[-–—]\s?~?\d{1,3}\swords?|(?<=[.!?"”])\s[(\[][^()\[\].!?]{1,50}[)\]])\.?$""",
    re.VERBOSE | re.IGNORECASE,
)
_TAIL = 60
_MADE = r"(?:sentence|example|caption|description|list|statement|version|answer|response|option|request)s?\b"
_CANNOT = (
    r"i(?:(?:'|’)m|\ am)?\ (?:can(?:'|’)t|cannot|can\ not|won(?:'|’)t|unable\ to|not\ able\ to|not\ comfortable)\ "
    r"(?:help|assist|write|provid|creat|generat|fulfil|comply|produc|complet|engag|do\ that)"
)
_OPENING = re.compile(
    rf"""[^:.?]{{0,20}}\b(?:here|below|these|following)\b[^:.?]{{1,160}}\b{_MADE}[^:.?]{{0,160}}:\s+(?=["“‘]?[A-Z][^\n]*[.!?])""",
    re.IGNORECASE,
)
_CHATTER = re.compile(
    rf"""(?:sure|of\ course|certainly|absolutely|okay|ok|no\ problem|great|understood|got\ it)
            (?=\s*$|\s*[,!.:;—–]|\s-\s|\ (?:here|thing|question|i|let)\b)
      | thank(?:s|\ you)(?=\s|[!,.]|$) | you(?:'|’)re\ welcome
      | (?:here|below|these)\ (?:are|is)\b(?=.{{0,60}}\b{_MADE}) | here\ you\b | here(?:'|’)s\b(?=.{{0,60}}\b(?:{_MADE}|i\b))
      | (?:these|the|all|each|every)\ (?:(?:of|the|these|five|above|\d)\ ){{0,3}}sentences?\b
      | (?:i\ )?hope\ (?:this|these|that|you|it|they)\b
      | i(?:\ have|(?:'|’)ve|\ can|\ will|(?:'|’)ll)\ (?:also\ )?
            (?:provided?|written|created?|generated?|made?|make|included|tried|used|kept|help|give|write)\b
      | let\ me\ know | please\b(?!\ (?:look|watch|listen)\b) | note\ that | feel\ free | as\ an\ ai | is\ there\ anything
      | (?:do|would|if)\ you(?:(?:'|’)d)?\ (?:want|need|like|have\ any|would|require|prefer)
      | (?:i(?:'|’)m\ (?:(?:so|very|really)\ )?sorry|i\ apologi[sz]e|sorry|unfortunately)\b[,.]?\ (?:but\ )?
            (?:as\ an\ ai|{_CANNOT}) | {_CANNOT}
      | (?:answer|output|response|sentences?)\W*$
    """,
    re.VERBOSE | re.IGNORECASE,
)


def without_label(text: str) -> str:
    """A sentence without "Sentence:", "In one sentence:", "A:" or a title in bold type in front of it."""
    while task := _ANNOUNCED.match(text):
        text = text[task.end() :]
        text = text.rstrip("\"”'*_`") if task["marks"] else text
    title, label = _TITLE.match(text), _SENTENCE_LABEL.match(text)
    if title and not (label and label.end() >= title.end()):
        return text[title.end() :]
    if label is None or not text[label.end() :].strip():
        return text
    opened = _OPENED.match(text)
    return text[label.end() :] if opened is None or _CLOSED.search(label[0]) else opened[0] + text[label.end() :]


def without_opening(text: str) -> tuple[str, str]:
    """An opening such as "Here are two sentences:", and what goes on behind it on the same line; "" where there is none."""
    opening = _OPENING.match(text) if is_chatter(text) else None
    behind = text[opening.end() :] if opening else ""
    return (text[: len(text) - len(behind)].strip(), behind) if behind.lstrip('"“‘')[:1].isupper() else ("", text)


def without_remark(text: str) -> tuple[str, str]:
    """A sentence, and what is said about it on the same line: an explanation, or how many words it has."""
    behind = _BEHIND.search(text)
    text, remark = (text[: behind.start()], text[behind.start() :].strip()) if behind else (text, "")
    text = text.rstrip()
    return text[:-_TAIL] + _WORD_COUNT.sub("", text[-_TAIL:]).rstrip(), remark


def remark_label(text: str) -> str | None:
    """What follows a label such as "Explanation:", which may be nothing; None without such a label."""
    label = _REMARK_LABEL.match(text)
    return None if label is None else text[label.end() :].strip("*_ ")


def is_remark(text: str) -> bool:
    """Whether a line speaks of a sentence, or to the reader, and is none."""
    return remark_label(text) is not None or is_chatter(text) or _SENTENCE_LABEL.fullmatch(text) is not None


def is_chatter(text: str) -> bool:
    """Whether a line of text without a list is an opening or a closing."""
    return text.rstrip("*_ ").endswith(":") or _CHATTER.match(text.lstrip('*_ "“')) is not None
