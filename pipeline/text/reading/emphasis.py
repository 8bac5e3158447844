"""Step 12: marks of Markdown inside a sentence: emphasis, code, links. A mark counts only with its partner."""

import re

__all__ = ["without_emphasis"]

_RUN = re.compile(r"\*{1,3}|_{1,3}|~~|`{1,2}(?!`)")
_LINK = re.compile(r"!?\[([^\[\]]{1,300})\]\((?:https?:|www\.|/|#|\.)[^()\s]{0,300}\)")
_FOOTNOTE = re.compile(r"(?<=[.!?…\"”])\s?(?:\[\^?\d{1,3}\])+$")
_OPENS = "\"“'‘«([{¿¡"
_CLOSES = ".!?…,;:\"”'’»)]}%"


def without_emphasis(text: str) -> str:
    """A sentence without **…**, *…*, _…_, ~~…~~, `…` and without the address of a link."""
    text = _FOOTNOTE.sub("", _LINK.sub(r"\1", text))
    gone: list[tuple[int, int]] = []
    open_: dict[str, tuple[int, int]] = {}
    for run in _RUN.finditer(text):
        before, after = text[max(0, run.start() - 1) : run.start()], text[run.end() : run.end() + 1]
        inner_before, inner_after = before.isalnum() or before in _CLOSES, after.isalnum() or after in _OPENS
        ends = not after.isalnum() or "*" in run[0]
        if run[0] in open_ and before and inner_before and ends:
            gone += [open_.pop(run[0]), run.span()]
        elif after and (inner_after or after in "*_`~") and not before.isalnum():
            open_[run[0]] = run.span()
        elif before in "*_`~" and run[0] in open_ and ends:
            gone += [open_.pop(run[0]), run.span()]
    kept, place = [], 0
    for start, end in sorted(gone):
        kept.append(text[place:start])
        place = end
    return "".join([*kept, text[place:]])
