"""Clips whose classes are motions that are each other's time reverse: one shape on a ground that rests.

A clip of the second class of a pair is a clip of the first, drawn alike, played backwards. So the frames of both have one
distribution, in whatever order they are read: who knows frames and not their order tells the pair, and is right within it in half
of the clips. The motion itself tells the two apart.

Dims: T = frames of a clip; positions are shares of the picture's side.
"""

from dataclasses import dataclass
from math import pi

import numpy as np
from numpy.random import Generator
from PIL import Image

from pipeline.miniature.world.classes import COLORS
from pipeline.miniature.world.shapes import shape_mask

REVERSALS_VERSION = 2
"""Part of where clips lie: raise it when a change gives other clips."""
PAIRS: tuple[tuple[str, str], ...] = (
    ("sliding left", "sliding right"), ("growing", "shrinking"), ("rising", "falling"),
    ("turning clockwise", "turning counterclockwise"),
)  # fmt: skip
REVERSAL_CLASSES: tuple[str, ...] = tuple(name for pair in PAIRS for name in pair)
BASE_CLASSES, NOVEL_CLASSES = REVERSAL_CLASSES[:4], REVERSAL_CLASSES[4:]
FRAMES, FRAMES_PER_SECOND, SIDE = 13, 8, 64
"""Four frames, every fourth one, fill a clip; so no place of a view tells the beginning from the end."""

_OVERSAMPLING = 3
_SHAPES = ("square", "triangle", "star", "cross", "heart", "crescent", "arrow", "pentagon")
_GROUNDS = ("white", "black", "gray", "yellow", "blue", "pink")


@dataclass(frozen=True)
class Reversal:
    """What a clip shows.

    Attributes:
        label: one of `REVERSAL_CLASSES`.
        shape: its name.
        color: its name.
        ground: colour below, and `texture` of it.
        texture: of the ground: 9 x 9 shares.
        places: (T, 4): x, y, radius, and turn in radians.
    """

    label: str
    shape: str
    color: str
    ground: str
    texture: np.ndarray
    places: np.ndarray


def sample_reversal(rng: Generator, label: str) -> Reversal:
    """Decides what a clip of a class shows."""
    forward, backward = next(pair for pair in PAIRS if label in pair)
    ground = str(rng.choice(_GROUNDS))
    color = str(rng.choice([name for name in COLORS if name != ground]))
    shape, texture = str(rng.choice(_SHAPES)), rng.uniform(-1, 1, (9, 9)).astype(np.float32)
    places = _places(rng, forward)
    return Reversal(label, shape, color, ground, texture, places[::-1] if label == backward else places)


def render_reversal(scene: Reversal, side: int = SIDE) -> np.ndarray:
    """Draws a clip; uint8 (T, side, side, 3). Drawn larger and averaged, so that shapes move by parts of a pixel."""
    large = side * _OVERSAMPLING
    coarse = Image.fromarray(scene.texture).resize((large, large), Image.Resampling.BILINEAR)
    base = np.array(COLORS[scene.ground], np.float32) + 24 * np.asarray(coarse)[..., None]
    ground = Image.fromarray(np.clip(base, 0, 255).astype(np.uint8))
    pictures = []
    for x, y, radius, turn in scene.places.tolist():
        canvas, diameter = ground.copy(), max(3, round(2 * radius * large))
        left, top = round(x * large - diameter / 2), round(y * large - diameter / 2)
        mask = shape_mask(scene.shape, diameter, turn)
        canvas.paste(COLORS[scene.color], (left, top, left + diameter, top + diameter), mask)
        pictures.append(np.asarray(canvas.resize((side, side), Image.Resampling.BOX)))
    return np.stack(pictures)


def _places(rng: Generator, motion: str) -> np.ndarray:
    """The first motion of a pair, from somewhere to somewhere, at its own pace."""
    along, reach = np.linspace(-0.5, 0.5, FRAMES), rng.uniform(0.35, 0.55)
    x, y = (np.full(FRAMES, rng.uniform(0.4, 0.6)) for _ in range(2))
    radius, turn = np.full(FRAMES, rng.uniform(0.15, 0.22)), np.full(FRAMES, rng.uniform(0, 2 * pi))
    if motion == "sliding left":
        x = x - reach * along
    elif motion == "rising":
        y = y - reach * along
    elif motion == "growing":
        radius = radius * np.exp(1.2 * along * rng.uniform(0.8, 1.1))
    else:  # y grows downwards, so a growing angle turns clockwise
        turn = turn + pi * along * rng.uniform(0.7, 1.1)
        radius = radius * 1.3
    return np.stack([x, y, radius, turn], 1)
