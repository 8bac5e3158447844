"""Outlines of the shapes, as masks that images and videos share.

An outline is a list of strokes in the square [-1, 1]²: filled polygons, holes and lines, drawn in order.
"""

from collections.abc import Callable
from math import cos, pi, sin

from PIL import Image, ImageDraw

Point = tuple[float, float]
Stroke = tuple[str, list[Point]]  # "fill", "hole" or "line", and its points

_OVERSAMPLING = 3


def shape_mask(name: str, diameter: int, turn: float = 0.0, stretch: float = 1.0) -> Image.Image:
    """A soft-edged mask of a shape.

    Args:
        name: A class of `OUTLINES`.
        diameter: Side of the mask in pixels.
        turn: Rotation in radians.
        stretch: Width relative to height, about 1.

    Returns:
        A greyscale picture (diameter, diameter), 255 inside the shape.
    """
    side = diameter * _OVERSAMPLING
    mask = Image.new("L", (side, side), 0)
    pen = ImageDraw.Draw(mask)
    c, s = cos(turn), sin(turn)
    for kind, points in OUTLINES[name]():
        placed = []
        for x, y in points:
            x = x * min(1.0, stretch)
            y = y * min(1.0, 1 / stretch)
            placed.append(((x * c - y * s + 1) * side / 2, (x * s + y * c + 1) * side / 2))
        if kind == "line":
            pen.line(placed, fill=255, width=max(1, round(side * 0.11)), joint="curve")
        else:
            pen.polygon(placed, fill=255 if kind == "fill" else 0)
    return mask.resize((diameter, diameter), Image.Resampling.BOX)


def _ellipse(a: float, b: float, x: float = 0.0, y: float = 0.0) -> list[Point]:
    return [(x + a * cos(2 * pi * k / 32), y + b * sin(2 * pi * k / 32)) for k in range(32)]


def _polygon(corners: int, radius: float = 0.95) -> list[Point]:
    return [(radius * sin(2 * pi * k / corners), -radius * cos(2 * pi * k / corners)) for k in range(corners)]


def _box(a: float, b: float) -> list[Point]:
    return [(-a, -b), (a, -b), (a, b), (-a, b)]


def _star() -> list[Point]:
    radii = (0.98, 0.4)
    return [(radii[k % 2] * sin(pi * k / 5), -radii[k % 2] * cos(pi * k / 5)) for k in range(10)]


def _cross() -> list[Point]:
    a, b = 0.3, 0.9
    return [
        (-a, -b),
        (a, -b),
        (a, -a),
        (b, -a),
        (b, a),
        (a, a),
        (a, b),
        (-a, b),
        (-a, a),
        (-b, a),
        (-b, -a),
        (-a, -a),
    ]


def _arrow() -> list[Point]:
    return [(-0.95, -0.22), (0.1, -0.22), (0.1, -0.65), (0.95, 0.0), (0.1, 0.65), (0.1, 0.22), (-0.95, 0.22)]


def _heart() -> list[Point]:
    points = []
    for k in range(40):
        t = 2 * pi * k / 40
        x = 16 * sin(t) ** 3
        y = 13 * cos(t) - 5 * cos(2 * t) - 2 * cos(3 * t) - cos(4 * t)
        points.append((x / 17.5, -(y + 2.5) / 17.5))
    return points


def _spiral() -> list[Point]:
    turns = 2.4
    return [
        (0.9 * k / 60 * cos(turns * 2 * pi * k / 60), 0.9 * k / 60 * sin(turns * 2 * pi * k / 60)) for k in range(61)
    ]


def _zigzag() -> list[Point]:
    return [(-0.92 + 1.84 * k / 5, -0.42 if k % 2 else 0.42) for k in range(6)]


def _petals() -> list[Stroke]:
    return [("fill", _ellipse(0.37, 0.37, 0.56 * sin(2 * pi * k / 5), -0.56 * cos(2 * pi * k / 5))) for k in range(5)]


def _puffs() -> list[Stroke]:
    puffs = (_ellipse(0.42, 0.36, -0.48, 0.18), _ellipse(0.5, 0.48, 0.0, -0.14), _ellipse(0.42, 0.36, 0.5, 0.18))
    return [("fill", puff) for puff in puffs]


OUTLINES: dict[str, Callable[[], list[Stroke]]] = {
    "circle": lambda: [("fill", _ellipse(0.9, 0.9))],
    "oval": lambda: [("fill", _ellipse(0.96, 0.58))],
    "ring": lambda: [("fill", _ellipse(0.92, 0.92)), ("hole", _ellipse(0.54, 0.54))],
    "square": lambda: [("fill", _box(0.78, 0.78))],
    "rectangle": lambda: [("fill", _box(0.94, 0.5))],
    "diamond": lambda: [("fill", [(0, -0.97), (0.68, 0), (0, 0.97), (-0.68, 0)])],
    "triangle": lambda: [("fill", [(0, -0.9), (0.92, 0.8), (-0.92, 0.8)])],
    "pentagon": lambda: [("fill", _polygon(5))],
    "hexagon": lambda: [("fill", _polygon(6))],
    "star": lambda: [("fill", _star())],
    "cross": lambda: [("fill", _cross())],
    "arrow": lambda: [("fill", _arrow())],
    "heart": lambda: [("fill", _heart())],
    "crescent": lambda: [("fill", _ellipse(0.9, 0.9)), ("hole", _ellipse(0.78, 0.78, 0.45, -0.1))],
    "spiral": lambda: [("line", _spiral())],
    "zigzag": lambda: [("line", _zigzag())],
    "cloud": lambda: [*_puffs(), ("fill", [(0.5, 0.5), (-0.5, 0.5), (-0.5, 0.1), (0.5, 0.1)])],
    "flower": lambda: [*_petals(), ("hole", _ellipse(0.2, 0.2))],
}  # fmt: skip
