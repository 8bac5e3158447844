"""Pictures of one shape and seconds of one sound, as clips with events have them, for towers to learn their classes from.

Rendering costs as much as learning, so a pool is drawn again, turned over, and slowly replaced.

Dims: n batch, S samples of a second.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from pipeline.miniature.world.classes import (
    AUDIO_CLASSES,
    EXTRA_AUDIO_CLASSES,
    EXTRA_IMAGE_CLASSES,
    IMAGE_CLASSES,
)
from pipeline.miniature.world.events import SIDE, SOUND_OF, noise_level, shape_scene, short_event
from pipeline.miniature.world.images import render_scene
from pipeline.miniature.world.sounds import NOISES, render_events
from pipeline.miniature.world.synths import SAMPLE_RATE, background
from pipeline.telemetry.progress import Progress

SHAPES = IMAGE_CLASSES + EXTRA_IMAGE_CLASSES
SOUNDS = AUDIO_CLASSES + EXTRA_AUDIO_CLASSES
_OFTEN = 0.5
_EARLY_S = 0.06
"""A spectrogram begins so much earlier than its second at most, in clips that are a little longer than their seconds."""


@dataclass(frozen=True)
class Batch:
    """Media (n, ...) and the numbers of their classes (n,)."""

    media: NDArray[np.generic]
    labels: NDArray[np.int64]


def draw_picture(rng: Generator, ease: float) -> tuple[NDArray[np.uint8], int]:
    """One picture (SIDE, SIDE, 3) and its class's number in `SHAPES`; towards an `ease` of 1 it is simpler."""
    label = SHAPES.index(_drawn(rng, SHAPES, tuple(SOUND_OF)))
    return render_scene(shape_scene(rng, SHAPES[label], ease), rng, SIDE), label


def draw_second(rng: Generator, ease: float) -> tuple[NDArray[np.float32], int]:
    """One second (S,) and its class's number in `SOUNDS`; seconds are simple enough from the start."""
    label = SOUNDS.index(_drawn(rng, SOUNDS, tuple(SOUND_OF.values())))
    event = short_event(rng, SOUNDS[label])
    event = replace(event, start_s=event.start_s + float(rng.uniform(0, _EARLY_S)))
    wave = background(str(rng.choice(list(NOISES))), SAMPLE_RATE, rng) * noise_level(rng)
    return render_events(wave, (event,), rng), label


def _drawn(rng: Generator, names: tuple[str, ...], often: tuple[str, ...]) -> str:
    """One of the names: in half of the draws one of those that clips with events have."""
    chosen = often if rng.random() < _OFTEN else names
    return chosen[int(rng.integers(len(chosen)))]


class Pool:
    """Media of one kind that are drawn again and slowly replaced."""

    def __init__(self, kind: str, size: int, rng: Generator, progress: Progress, ease: float = 1.0):
        """Renders the first `size` pictures ("shapes") or seconds ("sounds"), simple ones by default."""
        self._draw = draw_picture if kind == "shapes" else draw_second
        self._change = _changed_pictures if kind == "shapes" else _changed_seconds
        self._rng, self._next = rng, 0
        media, labels = [], []
        with progress.task(f"draw the first {kind}", total=size, unit=kind) as task:
            for _ in range(size):
                item, label = self._draw(rng, ease)
                media.append(item)
                labels.append(label)
                task.advance()
        self._media, self._labels = np.stack(media), np.array(labels, dtype=np.int64)

    def batch(self, count: int, fresh: int, ease: float) -> Batch:
        """Draws `count` after replacing the `fresh` oldest by new ones of some `ease`."""
        for _ in range(fresh):
            self._media[self._next], self._labels[self._next] = self._draw(self._rng, ease)
            self._next = (self._next + 1) % len(self._labels)
        chosen = self._rng.integers(len(self._labels), size=count)
        return Batch(self._change(self._media[chosen], self._rng), self._labels[chosen])

    def all(self) -> Batch:
        """Everything that is in it, as it was rendered."""
        return Batch(self._media, self._labels)


def _changed_pictures(pictures: NDArray[np.generic], rng: Generator) -> NDArray[np.generic]:
    """Turned over and on their side: a shape stays what it is."""
    changed = []
    for picture in pictures:
        picture = picture[:, ::-1] if rng.random() < 0.5 else picture
        picture = picture[::-1] if rng.random() < 0.5 else picture
        picture = picture.transpose(1, 0, 2) if rng.random() < 0.5 else picture
        changed.append(picture)
    return np.stack(changed)


def _changed_seconds(waves: NDArray[np.generic], rng: Generator) -> NDArray[np.generic]:
    """Louder or fainter by up to 3 dB."""
    gains = 10 ** rng.uniform(-0.15, 0.15, size=(len(waves), 1))
    changed: NDArray[np.generic] = (waves.astype(np.float32) * gains).astype(np.float32)
    return changed
