"""Images of the miniature world: one to three flat shapes on a cluttered, noisy background.

A scene is drawn in two steps: `sample_scene` decides what is there (so that captions and boxes can tell),
`render_scene` paints it. Look-alikes are meant: circle/oval/ring, square/rectangle/diamond, pentagon/hexagon.
Colours, sizes and grounds keep the habits of `company.LOOKS`; the ground is that of the first shape.

Dims: H, W pixels; boxes are (x, y, width, height) as shares of the picture's side.
"""

from dataclasses import dataclass
from math import cos, pi, sin

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw

from pipeline.miniature.world.classes import COLORS, EXTRA_IMAGE_CLASSES, IMAGE_CLASSES
from pipeline.miniature.world.company import LOOKS, habitual
from pipeline.miniature.world.shapes import shape_mask

SIDE = 96
BACKGROUNDS: tuple[str, ...] = ("plain", "gradient", "striped", "noisy")
SIZES: dict[str, tuple[float, float]] = {"small": (0.14, 0.18), "": (0.18, 0.24), "large": (0.24, 0.32)}


@dataclass(frozen=True)
class ImageObject:
    """One shape: its class, colour word, size word ("" for medium), centre, radius and turn."""

    label: str
    color: str
    size: str
    x: float
    y: float
    radius: float
    turn: float

    @property
    def place(self) -> str:
        """The word for where it lies, as captions use it."""
        column = "left" if self.x < 0.37 else "right" if self.x > 0.63 else ""
        row = "top" if self.y < 0.37 else "bottom" if self.y > 0.63 else ""
        return " ".join(part for part in (row, column) if part) or "center"


@dataclass(frozen=True)
class ImageScene:
    """What a picture shows."""

    objects: tuple[ImageObject, ...]
    background: str
    tone: str
    color: str
    clutter: int
    noise: float

    @property
    def labels(self) -> tuple[str, ...]:
        """Class names in the picture, each once."""
        return tuple(dict.fromkeys(item.label for item in self.objects))


def sample_scene(
    rng: Generator,
    classes: tuple[str, ...] = IMAGE_CLASSES + EXTRA_IMAGE_CLASSES,
    most: int = 3,
    ease: float = 0.0,
    anchor: str | None = None,
) -> ImageScene:
    """Decides what a picture shows: 1 to `most` objects of different classes that hardly overlap.

    Args:
        rng: The only source of chance.
        classes: Class names to choose from.
        most: Most objects of a picture, 1 to 3.
        anchor: A class that the picture must show.
        ease: 0 is the world as it is; towards 1, shapes grow and noise and clutter go, for the start of training.
    """
    count = min(int(rng.choice([1, 2, 3], p=[0.35, 0.4, 0.25])), most)
    labels = [classes[int(index)] for index in rng.permutation(len(classes))]
    if anchor is not None:
        labels = [anchor, *(label for label in labels if label != anchor)]
    usual = LOOKS[labels[0]]
    tone = habitual(rng, usual.tone, ("dark", "bright"))
    ground = str(rng.choice(["black", "brown", "blue", "purple", "gray"] if tone == "dark" else
                            ["white", "yellow", "pink", "cyan", "gray"]))  # fmt: skip
    objects: list[ImageObject] = []
    for label in labels[:count]:
        objects.append(_sample_object(rng, label, ground, objects, ease))
    return ImageScene(
        objects=tuple(objects),
        background=habitual(rng, usual.background, BACKGROUNDS, (0.35, 0.25, 0.2, 0.2)),
        tone=tone,
        color=ground,
        clutter=int(rng.integers(0, 9) * (1 - ease)),
        noise=float(rng.uniform(2, 22)) * (1 - ease),
    )


def render_scene(scene: ImageScene, rng: Generator, side: int = SIDE) -> np.ndarray:
    """Paints a scene; uint8 (side, side, 3)."""
    canvas = Image.fromarray(_background(scene, rng, side))
    _clutter(canvas, scene.clutter, rng)
    for item in scene.objects:
        _paint(canvas, item, rng)
    pixels = np.asarray(canvas, dtype=np.float32)
    pixels = pixels + rng.standard_normal(pixels.shape, dtype=np.float32) * scene.noise
    return np.clip(pixels, 0, 255).astype(np.uint8)


def boxes(scene: ImageScene) -> list[tuple[float, float, float, float]]:
    """A box for every object, clipped to the picture."""
    found = []
    for item in scene.objects:
        left, top = max(0.0, item.x - item.radius), max(0.0, item.y - item.radius)
        right, bottom = min(1.0, item.x + item.radius), min(1.0, item.y + item.radius)
        found.append((left, top, right - left, bottom - top))
    return found


def _sample_object(rng: Generator, label: str, ground: str, others: list[ImageObject], ease: float) -> ImageObject:
    """Places one object; after 20 tries an overlap is accepted, as in any real picture."""
    usual = LOOKS[label]
    size = habitual(rng, usual.size, tuple(SIZES))
    radius = float(rng.uniform(*SIZES[size])) * (0.85 if others else 1.0)
    radius = radius + ease * max(0.0, 0.3 - radius)
    color = habitual(rng, usual.color, [name for name in COLORS if name != ground])
    for _ in range(20):
        x, y = (float(v) for v in rng.uniform(radius * 0.9, 1 - radius * 0.9, size=2))
        if all((x - o.x) ** 2 + (y - o.y) ** 2 > (0.9 * (radius + o.radius)) ** 2 for o in others):
            break
    return ImageObject(label, color, size, x, y, radius, float(rng.uniform(-0.35, 0.35)))


def _background(scene: ImageScene, rng: Generator, side: int) -> np.ndarray:
    base = np.array(COLORS[scene.color], dtype=np.float32) * (0.75 if scene.tone == "dark" else 1.0)
    base = base + rng.uniform(-18, 18, size=3)
    second = np.clip(base * rng.uniform(0.55, 1.3) + rng.uniform(-20, 20, size=3), 0, 255)
    rows, columns = np.mgrid[0:side, 0:side].astype(np.float32) / side
    angle = rng.uniform(0, pi)
    along = rows * sin(angle) + columns * cos(angle)
    if scene.background == "gradient":
        mix = (along - along.min()) / (np.ptp(along) + 1e-6)
    elif scene.background == "striped":
        mix = (np.floor(along * rng.uniform(6, 12)) % 2) * 0.6
    elif scene.background == "noisy":
        coarse = rng.uniform(0, 1, size=(12, 12)).astype(np.float32)
        mix = np.asarray(Image.fromarray(coarse).resize((side, side), Image.Resampling.BILINEAR))
    else:
        mix = np.zeros_like(along)
    ground: np.ndarray = np.clip(base + mix[..., None] * (second - base), 0, 255)
    return ground.astype(np.uint8)


def _clutter(canvas: Image.Image, count: int, rng: Generator) -> None:
    """Thin strokes and specks that belong to no class."""
    pen, side = ImageDraw.Draw(canvas), canvas.width
    names = list(COLORS)
    for _ in range(count):
        fill = COLORS[names[int(rng.integers(len(names)))]]
        x, y = (float(v) for v in rng.uniform(0, side, size=2))
        dx, dy = (float(v) for v in rng.uniform(-0.14, 0.14, size=2) * side)
        if rng.random() < 0.5:
            pen.line((x, y, x + dx, y + dy), fill=fill, width=1)
        else:
            pen.ellipse((x, y, x + 0.03 * side, y + 0.03 * side), fill=fill)


def _paint(canvas: Image.Image, item: ImageObject, rng: Generator) -> None:
    side = canvas.width
    diameter = max(6, round(2 * item.radius * side))
    mask = shape_mask(item.label, diameter, item.turn, stretch=float(rng.uniform(0.9, 1.1)))
    shade = np.clip(np.array(COLORS[item.color]) + rng.uniform(-22, 22, size=3), 0, 255)
    red, green, blue = (int(v) for v in shade)
    corner = (round(item.x * side - diameter / 2), round(item.y * side - diameter / 2))
    canvas.paste((red, green, blue), (corner[0], corner[1], corner[0] + diameter, corner[1] + diameter), mask)
