"""HTML that is safe by construction: every string is escaped unless it was made here.

Sentences of a language model, class names and file names are not to be trusted; they can only enter a page as text.
"""

from collections.abc import Iterable, Sequence
from html import escape

_VOID = {"img", "br", "meta"}


class Markup(str):
    """A piece of finished HTML. Plain strings are text and get escaped; only this class is not."""

    __slots__ = ()


Child = str | None | Iterable["Child"]


def tag(name: str, /, *children: Child, **attributes: str | int | float | None) -> Markup:
    """One element.

    Args:
        name: the element's name.
        children: texts (escaped), markup, lists of these; None is left out.
        attributes: `cls` is written as class, `_` in a name as `-`; None leaves the attribute out.
    """
    written = "".join(
        f' {_attribute(key)}="{escape(str(value))}"' for key, value in attributes.items() if value is not None
    )
    if name in _VOID:
        return Markup(f"<{name}{written}>")
    return Markup(f"<{name}{written}>{join(children)}</{name}>")


def join(children: Iterable[Child]) -> Markup:
    """Texts and elements one after the other."""
    return Markup("".join(_write(child) for child in children))


def table(
    head: Sequence[Child], rows: Iterable[Sequence[Child]], *, numeric: Sequence[int] = (), cls: str | None = None
) -> Markup:
    """A table; the columns listed in `numeric` are set flush right."""
    side = {i: "num" for i in numeric}
    header = tag("tr", [tag("th", cell, cls=side.get(i)) for i, cell in enumerate(head)])
    body = [tag("tr", [tag("td", cell, cls=side.get(i)) for i, cell in enumerate(row)]) for row in rows]
    return tag("div", tag("table", tag("thead", header), tag("tbody", body), cls=cls), cls="scroll")


def details(summary: Child, *children: Child, opened: bool = False) -> Markup:
    """A part that unfolds on a click."""
    element = tag("details", tag("summary", summary), *children)
    return Markup(element.replace("<details>", "<details open>", 1)) if opened else element


def page(title: str, style: str, *children: Child) -> Markup:
    """A whole document with its style inside; it asks for nothing from anywhere."""
    policy = "default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", title),
        tag("style", Markup(style)),
    )
    return Markup(f"<!doctype html>\n{tag('html', head, tag('body', *children), lang='en')}\n")


def _attribute(key: str) -> str:
    return "class" if key == "cls" else key.rstrip("_").replace("_", "-")


def _write(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Markup):
        return child
    if isinstance(child, str):
        return escape(child)
    return "".join(_write(inner) for inner in child)
