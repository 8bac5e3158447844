"""Clips of the miniature world in which one of two things sounds: every second shows two shapes apart, and one of them is heard.

Both shapes are drawn with as many pixels, to the pixel, and which of them sounds is drawn anew each second. Clips come in twins:
the second shows the pictures of the first, and where one shape sounded, it is now the other. So whoever only sees has 1/2 of the
intersection over union at most, on each twin and its brother taken together, whatever is answered: one of the shapes gives 1 and
0, both give 1/2 and 1/2, and nothing else gives more. Of an answer with x of the a pixels of one shape and y of the b of the
other the two are x/(a + y) and y/(b + x), lower still with pixels of the ground: convex in x and in y, so the largest mean lies
at a corner, and those have 0, 1/2, 1/2 and 1/2.

Shapes, their colours, their sounds and all habits are those of the events.

Dims: T = seconds of a clip, S = SIDE.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from pipeline.miniature.world.classes import COLORS
from pipeline.miniature.world.events import COLOR_OF, SIDE, SOUND_OF, noise_level, shape_scene, short_event
from pipeline.miniature.world.images import ImageScene, render_scene
from pipeline.miniature.world.shapes import shape_mask
from pipeline.miniature.world.sounds import NOISES, Event, render_events
from pipeline.miniature.world.synths import SAMPLE_RATE, background

MASKS_VERSION = 2
"""Part of where clips lie: raise it when a change gives other clips."""
MASK_SECONDS = 5
MASK_PAIRS: tuple[str, ...] = tuple(f"{a} and {b}" for a in SOUND_OF for b in SOUND_OF if a < b)
_AREA = (220, 300)
"""Pixels of a shape, of 4,096."""
_EASE = 0.5
"""How much simpler grounds are than those of the events: masks are drawn to the pixel."""
_APART = 3
"""Pixels of ground between two shapes at least."""
_FINE, _PROBE, _TRIES = 8, 128, 10


@dataclass(frozen=True)
class PlacedPair:
    """A second's pictures: the ground, and both shapes.

    Attributes:
        scene: the ground; its own shape is not painted.
        covers: how much of a pixel each shape covers, from 0 to 1, (2, S, S).
        masks: the pixels of each, bool (2, S, S): as many of both.
    """

    scene: ImageScene
    covers: NDArray[np.float64]
    masks: NDArray[np.bool_]


@dataclass(frozen=True)
class MaskedPictures:
    """What twins share.

    Attributes:
        shapes: names of both.
        pairs: what each second shows, (T,).
        frames: uint8 (T, S, S, 3).
    """

    shapes: tuple[str, str]
    pairs: tuple[PlacedPair, ...]
    frames: NDArray[np.uint8]

    @property
    def category(self) -> str:
        """Both names."""
        return f"{self.shapes[0]} and {self.shapes[1]}"

    def masks(self, sounding: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Masks of what sounds, uint8 (T, S, S), 0 and 255; `sounding` (T,) is 0 or 1."""
        chosen = np.stack([pair.masks[which] for pair, which in zip(self.pairs, sounding, strict=True)])
        return chosen.astype(np.uint8) * 255


def draw_pictures(rng: Generator) -> MaskedPictures:
    """Decide and paint what a clip, and its twin, show."""
    first, second = sorted(str(name) for name in rng.choice(list(SOUND_OF), size=2, replace=False))
    pairs = tuple(_place(rng, (first, second)) for _ in range(MASK_SECONDS))
    frames = np.stack([_paint(pair, (first, second), rng) for pair in pairs])
    return MaskedPictures((first, second), pairs, frames)


def draw_sounding(rng: Generator) -> NDArray[np.int64]:
    """Which of both shapes sounds in each second (T,), 0 or 1; of a twin it is the other."""
    return rng.integers(2, size=MASK_SECONDS)


def render_heard(shapes: tuple[str, str], sounding: NDArray[np.int64], rng: Generator) -> NDArray[np.float32]:
    """Synthesise what a clip plays; float32 (samples,) within [-1, 1]."""
    events: list[Event] = []
    for second, which in enumerate(sounding):
        event = short_event(rng, SOUND_OF[shapes[which]])
        events.append(replace(event, start_s=second + event.start_s))
    wave = background(str(rng.choice(list(NOISES))), MASK_SECONDS * SAMPLE_RATE, rng) * noise_level(rng)
    return render_events(wave, events, rng)


def _place(rng: Generator, shapes: tuple[str, str]) -> PlacedPair:
    """Both shapes apart, inside the picture, on a ground of neither's colour."""
    while True:
        scene = shape_scene(rng, shapes[0], _EASE)
        if scene.color in (COLOR_OF[name] for name in shapes):
            continue
        area = int(rng.integers(*_AREA, endpoint=True))
        fine = [_cut_out(rng, name, area) for name in shapes]
        for _ in range(_TRIES):
            covers = np.stack([_cover(rng, shape) for shape in fine])
            if not (_grown(covers[0] > 0, _APART) & (covers[1] > 0)).any():
                return PlacedPair(scene, covers, np.stack([_largest(cover, area) for cover in covers]))


def _cut_out(rng: Generator, name: str, area: int) -> NDArray[np.float64]:
    """A shape that covers `area` pixels, drawn `_FINE` times as large; from 0 to 1."""
    turn, stretch = float(rng.uniform(-0.35, 0.35)), float(rng.uniform(0.9, 1.1))
    share = np.asarray(shape_mask(name, _PROBE, turn, stretch)).mean() / 255
    return np.asarray(shape_mask(name, round(_FINE * np.sqrt(area / share)), turn, stretch)) / 255


def _cover(rng: Generator, fine: NDArray[np.float64]) -> NDArray[np.float64]:
    """Lay a fine shape somewhere inside the picture; how much of each pixel it covers, (S, S)."""
    room = SIDE * _FINE - len(fine)
    (row, above), (column, before) = (divmod(int(at), _FINE) for at in rng.integers(0, room, size=2, endpoint=True))
    side = -(-(len(fine) + _FINE - 1) // _FINE)  # pixels that it may touch in a row
    patch = np.zeros((side * _FINE, side * _FINE))
    patch[above : above + len(fine), before : before + len(fine)] = fine
    cover = np.zeros((SIDE + side, SIDE + side))
    cover[row : row + side, column : column + side] = patch.reshape(side, _FINE, side, _FINE).mean(axis=(1, 3))
    return cover[:SIDE, :SIDE]


def _largest(cover: NDArray[np.float64], area: int) -> NDArray[np.bool_]:
    """The `area` pixels that are covered most; of those alike the first."""
    chosen = np.zeros(cover.size, dtype=bool)
    chosen[np.argsort(-cover.ravel(), kind="stable")[:area]] = True
    return chosen.reshape(cover.shape)


def _grown(mask: NDArray[np.bool_], by: int) -> NDArray[np.bool_]:
    """A mask with all pixels that lie within a square of `by` pixels around it."""
    padded = np.pad(mask, by)
    steps = range(2 * by + 1)
    side = len(mask)
    return np.logical_or.reduce([padded[r : r + side, c : c + side] for r in steps for c in steps])


def _paint(pair: PlacedPair, shapes: tuple[str, str], rng: Generator) -> NDArray[np.uint8]:
    """Ground, then both shapes in their colours, then noise; uint8 (S, S, 3)."""
    ground = render_scene(replace(pair.scene, objects=(), noise=0.0), rng, SIDE).astype(np.float64)
    for name, cover in zip(shapes, pair.covers, strict=True):
        shade = np.clip(np.array(COLORS[COLOR_OF[name]]) + rng.uniform(-22, 22, size=3), 0, 255)
        ground += cover[..., None] * (shade - ground)
    return np.clip(ground + rng.standard_normal(ground.shape) * pair.scene.noise, 0, 255).astype(np.uint8)
