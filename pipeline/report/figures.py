"""How every figure of the report is drawn: colours, fonts, and matplotlib figures as inline SVG.

Text stays text in the SVG, so that a page can be searched. Ink, lines and ground take the page's own colours, which are others
in the dark. The bytes depend on the data only: no date, fixed ids.
"""

import io
import re
import warnings
from collections.abc import Callable
from typing import Any, Literal

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.report.html import Markup, tag

INK, MUTED, LINE, ZERO_SHOT, WRONG = "#1c2430", "#667085", "#e4e7ec", "#98a2b3", "#d92d20"
COLORS = {"video": "#2f6fde", "image": "#e07b00", "audio": "#0f9d76", "text": "#8b5cf6"}
"""One colour a modality, the same in every figure; distinct also without red-green vision."""
CATEGORICAL = (
    "#2f6fde", "#e07b00", "#0f9d76", "#c2410c", "#8b5cf6", "#0891b2", "#ca8a04", "#db2777", "#4d7c0f", "#64748b",
    "#93c5fd", "#fdba74", "#6ee7b7", "#fca5a5", "#c4b5fd", "#67e8f9", "#fde047", "#f9a8d4", "#bef264", "#cbd5e1",
)  # fmt: skip
"""Colours of up to 20 classes."""

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "mmpt-pipeline",
    "text.parse_math": False,  # a class may be called "$100"
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8.5,
    "text.color": INK,
    "axes.labelcolor": MUTED,
    "axes.edgecolor": "#c3c9d3",
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": LINE,
    "grid.linewidth": 0.7,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "legend.frameon": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
}
_WRAPPING = re.compile(r' xmlns(:\w+)?="[^"]*"|<metadata>.*?</metadata>', re.DOTALL)  # needed outside HTML only
_OF_THE_PAGE = {INK: "--ink", MUTED: "--muted", LINE: "--line", "#c3c9d3": "--edge", "#ffffff": "--paper"}
_IDS = re.compile(r'(id="|url\(#|href="#)(?=[^"])')


def color_of(modality: str) -> str:
    """The modality's colour."""
    return COLORS.get(modality, "#7c3aed")


def draw(
    width: float,
    height: float,
    paint: Callable[[Figure], None],
    name: str,
    alt: str,
    layout: Literal["constrained"] | None = "constrained",
) -> Markup:
    """A figure as inline SVG.

    Args:
        width: inches.
        height: inches.
        paint: draws on the empty figure.
        name: unique on the page; keeps the ids of different figures apart.
        alt: what a reader who cannot see it should know.
        layout: what makes room for texts; None where axes are placed by hand.
    """
    with rc_context(_STYLE), warnings.catch_warnings():
        # A class may be called 🐶: text stays text, and the reader's browser has signs that no font here has.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        figure = Figure(figsize=(width, height), layout=layout)
        paint(figure)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    svg = buffer.getvalue()
    svg = _WRAPPING.sub("", svg[svg.index("<svg") :])
    svg = svg.replace("'DejaVu Sans'", "var(--sans)").replace("DejaVu Sans", "var(--sans)")
    for color, name_of_it in _OF_THE_PAGE.items():
        svg = svg.replace(color, f"var({name_of_it})")
    svg = _IDS.sub(lambda match: f"{match.group(1)}{name}-", svg)
    return tag("div", Markup(svg), cls="figure", role="img", aria_label=alt)


def bare(axes: Axes) -> None:
    """Take ticks and grid from axes whose numbers mean nothing, and leave a light frame."""
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(False)
    for spine in axes.spines.values():
        spine.set_visible(True)
        spine.set_color(LINE)
