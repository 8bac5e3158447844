"""Attention of the class token as heat on the picture; one scale for all pictures.

Dims: g patches along a side, S pixels of the tower, P pixels shown.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.report.few_shot.data import AttentionRow
from pipeline.report.html import Markup, join, tag
from pipeline.report.thumbnails import picture_element

_SIDE = 168  # pixels; shown at less than that on dense screens
_HEAT = np.array([224, 70, 0], float)
_PAPER = np.array([255, 255, 255], float)
_PALE = 0.55  # how far the gray picture below the heat is washed out


def attention_section(rows: Sequence[AttentionRow], why_none: str | None = None) -> Markup | None:
    """A line an image: the picture, then the heat without and with the prompts of every method; or why there is none."""
    if not rows:
        return tag("p", why_none) if why_none else None
    most = max(float(one.max()) for row in rows for one in row.maps.values())
    titles = list(rows[0].maps)
    head = tag("tr", [tag("th", title) for title in ("", *titles)])
    lines = [
        tag("tr", tag("td", _named(row)), [tag("td", _cell(row, title, most)) for title in titles]) for row in rows
    ]
    return join([_scale(most), tag("div", tag("table", head, lines, cls="heat"), cls="scroll")])


def heat(row: AttentionRow, title: str, most: float) -> NDArray[np.uint8]:
    """The map on the washed-out picture, (P, P, 3): `most` is pure heat, nothing is the picture."""
    gray = np.asarray(Image.fromarray(row.picture).convert("L").resize((_SIDE, _SIDE)), float)[..., None]
    ground = (1 - _PALE) * gray + _PALE * _PAPER
    strength = np.clip(upsampled(row.maps[title]) / most, 0, 1)[..., None]
    return (ground + strength * (_HEAT - ground)).round().astype(np.uint8)


def upsampled(weights: NDArray[np.float32]) -> NDArray[np.float64]:
    """Bilinear from patches (g, g) to pixels (P, P); the values are kept, not their sum."""
    image = Image.fromarray(weights.astype(np.float32))
    return np.asarray(image.resize((_SIDE, _SIDE), Image.Resampling.BILINEAR), float)


def _named(row: AttentionRow) -> Markup:
    picture = Image.fromarray(row.picture).resize((_SIDE, _SIDE), Image.Resampling.BICUBIC)
    return join([picture_element(np.asarray(picture), row.label), tag("p", tag("b", row.label), " ", row.test_set)])


def _cell(row: AttentionRow, title: str, most: float) -> Markup:
    shown = picture_element(heat(row, title, most), f"{row.label}: {title}")
    return join([shown, tag("p", f"{100 * row.maps[title].sum():.0f} % on the picture")])


def _scale(most: float) -> Markup:
    """The bar that says how much the strongest heat is."""
    stops = f"background:linear-gradient(90deg,#eee,rgb({','.join(str(int(x)) for x in _HEAT)}))"
    return tag("p", "0 ", tag("i", style=stops), f" {100 * most:.1f} % of the attention on one patch", cls="scale")
