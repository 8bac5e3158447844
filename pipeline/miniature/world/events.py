"""Clips of the miniature world with pictures and sound: in every second one shape is seen and one sound is heard.

Eight shapes have a sound of their own. In half of the seconds the two belong together, and the second is labelled with their
class; in the others the sound is that of any other shape, each as often, and the second is background. So whoever only sees, or
only hears, is right in half of the seconds at most: each shape and each sound is as often background as not, whatever came
before.

Shapes have a colour of their own, and else the habits of `company.LOOKS`; sounds have those of `company.TONES`. What tells the
shape or the sound, it tells nothing of the match.

Dims: T = seconds of a clip, S = samples.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from pipeline.miniature.world.images import ImageScene, render_scene, sample_scene
from pipeline.miniature.world.sounds import NOISES, Event, render_events, sample_event
from pipeline.miniature.world.synths import SAMPLE_RATE, background

EVENTS_VERSION = 3
"""Part of where clips lie, as `WORLD_VERSION` is for other media: raise it when a change gives other clips."""
SECONDS = 10
SIDE = 64
FRAMES_PER_SECOND = 2
SOUND_OF: dict[str, str] = {
    "circle": "bell", "square": "buzzer", "triangle": "siren", "star": "laser",
    "cross": "knocking", "heart": "hissing", "crescent": "rumbling", "arrow": "crackling",
}  # fmt: skip
COLOR_OF: dict[str, str] = {
    "circle": "red", "square": "blue", "triangle": "orange", "star": "yellow",
    "cross": "white", "heart": "pink", "crescent": "cyan", "arrow": "black",
}  # fmt: skip
"""Here the colour goes with the shape, so that a network of a few minutes' training can tell them; sizes and grounds vary."""
EVENT_CLASSES: tuple[str, ...] = tuple(f"{shape} with {sound}" for shape, sound in SOUND_OF.items())
_SHAPES, _SOUNDS = tuple(SOUND_OF), tuple(SOUND_OF.values())
_MATCH = 0.5
_EASE = 0.75
"""Shapes are larger and grounds cleaner than in pictures: a clip is seen at 64 pixels."""
_FIRST_S, _LENGTH_S = (0.02, 0.06), (0.74, 0.84)
"""A sound begins after the second does and ends before nine tenths of it: the spectrogram of second t begins t / 90 s early."""


@dataclass(frozen=True)
class EventClip:
    """What a clip shows and plays: scene and sound of every second, and its label (T,), `len(EVENT_CLASSES)` for background."""

    scenes: tuple[ImageScene, ...]
    sounds: tuple[Event, ...]
    labels: tuple[int, ...]
    noise_word: str
    noise: float


def sample_clip(rng: Generator) -> EventClip:
    """Decides what a clip shows and plays."""
    scenes, sounds, labels = [], [], []
    for _ in range(SECONDS):
        shape, sound = sample_pair(rng)
        scenes.append(shape_scene(rng, _SHAPES[shape]))
        sounds.append(short_event(rng, _SOUNDS[sound]))
        labels.append(shape if shape == sound else len(EVENT_CLASSES))
    noise_word = str(rng.choice(list(NOISES)))
    return EventClip(tuple(scenes), tuple(sounds), tuple(labels), noise_word, noise_level(rng))


def sample_pair(rng: Generator) -> tuple[int, int]:
    """Numbers of a shape and of a sound: the same in half of the draws, otherwise any other sound."""
    shape = int(rng.integers(len(_SHAPES)))
    if rng.random() < _MATCH:
        return shape, shape
    return shape, (shape + int(rng.integers(1, len(_SHAPES)))) % len(_SHAPES)


def shape_scene(rng: Generator, shape: str, ease: float = 0.0) -> ImageScene:
    """A picture of one shape, as clips show it; towards an `ease` of 1 simpler, for the start of training."""
    while True:
        scene = sample_scene(rng, (shape,), most=1, ease=_EASE + (1 - _EASE) * ease)
        color = COLOR_OF.get(shape, scene.objects[0].color)
        if color != scene.color:  # a shape of the ground's colour would not be seen
            return replace(scene, objects=(replace(scene.objects[0], color=color),))


def short_event(rng: Generator, sound: str) -> Event:
    """A sound that lies within nine tenths of a second."""
    return replace(
        sample_event(rng, sound, ease=_EASE),
        start_s=float(rng.uniform(*_FIRST_S)),
        length_s=float(rng.uniform(*_LENGTH_S)),
        distant=False,
    )


def noise_level(rng: Generator) -> float:
    """How loud the noise of a clip is."""
    return float(10 ** rng.uniform(-2.6, -1.7))


def render_pictures(clip: EventClip, rng: Generator) -> NDArray[np.uint8]:
    """Paints a clip's frames; uint8 (T * FRAMES_PER_SECOND, SIDE, SIDE, 3)."""
    pictures = np.stack([render_scene(scene, rng, SIDE) for scene in clip.scenes])
    return np.repeat(pictures, FRAMES_PER_SECOND, axis=0)


def render_wave(clip: EventClip, rng: Generator) -> NDArray[np.float32]:
    """Synthesises a clip's sound; float32 (S,) within [-1, 1]."""
    wave = background(clip.noise_word, SECONDS * SAMPLE_RATE, rng) * clip.noise
    later = (replace(event, start_s=second + event.start_s) for second, event in enumerate(clip.sounds))
    return render_events(wave, later, rng)
