import re
from importlib.resources import files

from matplotlib.figure import Figure

from pipeline.report.figures import COLORS, INK, LINE, draw
from pipeline.report.html import Markup, details, join, table, tag


def test_figures_take_the_colours_of_the_page() -> None:
    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        axes.set_title("title", color=INK)
        axes.plot([0, 1], [0, 1], color=COLORS["image"])

    drawn = draw(2, 2, paint, "f", "a line")
    assert "var(--ink)" in drawn and "var(--line)" in drawn and COLORS["image"] in drawn
    assert not [color for color in (INK, LINE, "#ffffff") if color in drawn]
    style = (files("pipeline.report") / "page.css").read_text("utf-8")
    light, dark = style.split("@media (prefers-color-scheme: dark)", 1)
    names = set(re.findall(r"(--[a-z-]+):", light)) - {"--sans", "--mono"}
    assert names == set(re.findall(r"(--[a-z-]+):", dark.split("} }", 1)[0]))
    assert not re.findall(r"#[0-9a-f]{3,6}\b", dark.split("} }", 1)[1])  # a colour by itself would stay light


def test_text_is_escaped_and_markup_is_not() -> None:
    assert tag("p", "<b>&", tag("i", "x"), None, ["a", tag("br")]) == "<p>&lt;b&gt;&amp;<i>x</i>a<br></p>"
    assert join(["<", Markup("<hr>")]) == "&lt;<hr>"


def test_attributes_are_escaped() -> None:
    written = tag("a", "x", href='"><script>', cls="c", aria_label="l", title=None)
    assert written == '<a href="&quot;&gt;&lt;script&gt;" class="c" aria-label="l">x</a>'


def test_joining_markup_with_text_gives_text_again() -> None:
    """A string made by hand is no longer trusted, whatever it was made of."""
    assert tag("p", tag("b", "x") + "<script>") == "<p>&lt;b&gt;x&lt;/b&gt;&lt;script&gt;</p>"


def test_tables_and_details() -> None:
    assert table(["n", "<"], [["1", "2"]], numeric=[1]) == (
        '<div class="scroll"><table><thead><tr><th>n</th><th class="num">&lt;</th></tr></thead>'
        '<tbody><tr><td>1</td><td class="num">2</td></tr></tbody></table></div>'
    )
    assert details("s", "x", opened=True) == "<details open><summary>s</summary>x</details>"
