"""Videos of the miniature world: one or two coloured shapes, each with a motion.

Look-alikes are meant: bouncing/jumping/hopping, circling/spiraling/swinging, blinking/fading, shaking/drifting. Shapes,
colours, sizes, paces and grounds keep the habits of `company.HABITS`.

Dims: T frames; positions are shares of the picture's side.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, pi, sin

import numpy as np
from numpy.random import Generator
from PIL import Image

from pipeline.miniature.world.classes import COLORS, EXTRA_VIDEO_CLASSES, IMAGE_CLASSES, VIDEO_CLASSES
from pipeline.miniature.world.company import HABITS, habitual
from pipeline.miniature.world.paths import PATHS, Pose
from pipeline.miniature.world.shapes import shape_mask

FRAMES = 16
FRAMES_PER_SECOND = 8
SHAPES: tuple[str, ...] = tuple(name for name in IMAGE_CLASSES if name not in ("spiral", "zigzag"))  # motions too
GROUNDS: tuple[str, ...] = ("plain", "gradient", "noisy", "striped")


@dataclass(frozen=True)
class Mover:
    """A shape and its motion; `pace` is "fast", "slow" or "" and `poses` hold one pose a frame."""

    label: str
    shape: str
    color: str
    size: str
    radius: float
    pace: str
    poses: tuple[Pose, ...]


@dataclass(frozen=True)
class VideoScene:
    """What a video shows."""

    movers: tuple[Mover, ...]
    background: str
    color: str
    noise: float

    @property
    def labels(self) -> tuple[str, ...]:
        """Class names in the video, each once."""
        return tuple(dict.fromkeys(item.label for item in self.movers))


def sample_video(
    rng: Generator,
    classes: tuple[str, ...] = VIDEO_CLASSES + EXTRA_VIDEO_CLASSES,
    most: int = 2,
    ease: float = 0.0,
) -> VideoScene:
    """Decides what a video shows: 1 to `most` (at most 2) moving shapes with different motions.

    `ease` 0 is the world as it is; towards 1 noise and patterns go, for the start of training.
    """
    count = min(int(rng.choice([1, 2], p=[0.75, 0.25])), most)
    ground = str(rng.choice(["white", "black", "gray", "yellow", "blue", "pink"]))
    labels = [classes[int(index)] for index in rng.choice(len(classes), size=count, replace=False)]
    movers = tuple(_sample_mover(rng, label, ground) for label in labels)
    background = habitual(rng, HABITS[labels[0]].background, GROUNDS, (0.4, 0.25, 0.2, 0.15))
    if rng.random() < ease:
        background = "plain"
    return VideoScene(movers, background, ground, float(rng.uniform(1, 14)) * (1 - ease))


def render_video(
    scene: VideoScene, rng: Generator, side: int = 64, frames: Sequence[int] = range(FRAMES)
) -> np.ndarray:
    """Draws the wanted frames of a video; uint8 (T, side, side, 3)."""
    ground = Image.fromarray(_ground(scene, rng, side))
    pictures = []
    for k in frames:
        canvas = ground.copy()
        for mover in scene.movers:
            _paint(canvas, mover, mover.poses[k])
        pictures.append(np.asarray(canvas, dtype=np.float32))
    film = np.stack(pictures)
    film += rng.standard_normal(film.shape, dtype=np.float32) * scene.noise
    return np.clip(film, 0, 255).astype(np.uint8)


def _sample_mover(rng: Generator, label: str, ground: str) -> Mover:
    usual = HABITS[label]
    size = habitual(rng, usual.size, ("small", "", "large"))
    radius = {"small": 0.12, "": 0.16, "large": 0.2}[size] * float(rng.uniform(0.9, 1.1))
    round_shapes = ("circle", "ring") if label == "spinning" else ()
    shape = habitual(rng, usual.shape, [name for name in SHAPES if name not in round_shapes])
    color = habitual(rng, usual.color, [name for name in COLORS if name != ground])
    pace = habitual(rng, usual.pace, ("slow", "", "fast"))
    speed = float(rng.uniform(*{"slow": (0.6, 0.85), "": (0.85, 1.15), "fast": (1.15, 1.4)}[pace]))
    path = PATHS[label](rng, speed, FRAMES)
    turn = float(rng.uniform(-0.3, 0.3))
    poses = []
    for k in range(FRAMES):
        p = path(k / (FRAMES - 1))
        poses.append(Pose(p.x, p.y, p.scale, p.alpha, p.turn + turn))
    return Mover(label, shape, color, size, radius, pace, tuple(poses))


def _ground(scene: VideoScene, rng: Generator, side: int) -> np.ndarray:
    base = np.array(COLORS[scene.color], dtype=np.float32) * rng.uniform(0.8, 1.05)
    second = np.clip(base * rng.uniform(0.6, 1.2) + rng.uniform(-25, 25, size=3), 0, 255)
    rows, columns = np.mgrid[0:side, 0:side].astype(np.float32) / side
    angle = rng.uniform(0, pi)
    along = rows * sin(angle) + columns * cos(angle)
    if scene.background == "gradient":
        mix = (along - along.min()) / (np.ptp(along) + 1e-6)
    elif scene.background == "striped":
        mix = (np.floor(along * rng.uniform(5, 9)) % 2) * 0.5
    elif scene.background == "noisy":
        coarse = rng.uniform(0, 1, size=(9, 9)).astype(np.float32)
        mix = np.asarray(Image.fromarray(coarse).resize((side, side), Image.Resampling.BILINEAR))
    else:
        mix = np.zeros_like(along)
    ground: np.ndarray = np.clip(base + mix[..., None] * (second - base), 0, 255)
    return ground.astype(np.uint8)


def _paint(canvas: Image.Image, mover: Mover, pose: Pose) -> None:
    side = canvas.width
    diameter = max(3, round(2 * mover.radius * pose.scale * side))
    mask = shape_mask(mover.shape, diameter, pose.turn)
    if pose.alpha < 1:
        mask = mask.point(lambda value: int(value * pose.alpha))
    corner = (round(pose.x * side - diameter / 2), round(pose.y * side - diameter / 2))
    canvas.paste(COLORS[mover.color], (corner[0], corner[1], corner[0] + diameter, corner[1] + diameter), mask)
