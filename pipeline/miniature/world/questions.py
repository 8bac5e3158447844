"""Clips with questions: what is seen, what is heard, and how the answers follow, so that no modality alone can guess them.

A clip is two acts. In each one shape is seen and one sound is heard, in one act for `LONG_S` seconds and in the other for the
rest. A shape may be seen with its own sound (`SOUND_OF`) or with that of a shape that the clip does not show. Over a block of
clips own and foreign sounds are dealt out so that every answer of every template is right equally often, and so that who knows
the pair of shapes, or the pair of sounds, knows nothing of a question about both: its answers stay equally likely.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from pipeline.miniature.world.events import SECONDS, SOUND_OF, EventClip, noise_level, shape_scene, short_event
from pipeline.miniature.world.sounds import NOISES

QUESTIONS_VERSION = 1
"""Part of where clips lie, as `WORLD_VERSION` is for other media: raise it when a change gives other clips or questions."""
QUESTION_SHAPES: tuple[str, ...] = ("circle", "square", "star", "heart")
"""Fewer than events have: each clip tells a question about both modalities one bit, where it tells events ten labels. The deal
of a block is made for four."""
QUESTION_SOUNDS: tuple[str, ...] = tuple(SOUND_OF[shape] for shape in QUESTION_SHAPES)
LONG_S = 7
"""Seconds of the longer act: nearer to half of the clip, longest and shortest are harder to tell."""
BLOCK = 24
"""Clips over which the deal is even; over each half of a block the answers are, too."""

_HALF: tuple[tuple[int, int, bool], ...] = (
    (0, 0, True), (0, 0, False), (0, 2, False),
    (1, 1, True), (1, 1, False), (1, 3, False),
    (2, 2, True), (2, 3, False), (2, 0, True),
    (3, 3, True), (3, 2, False), (3, 1, True),
)  # fmt: skip
"""Of each clip of half a block: the shape and the sound of the longer act, and whether the shape of the shorter one has its own
sound. Each shape and each sound leads in three clips; in six the longer act has its own sound, in six the shorter one; both,
one and none have it in four each. In the other half 0 and 2 change places, and 1 and 3."""


@dataclass(frozen=True)
class Content:
    """What a clip shows and plays, by the numbers of shapes and sounds: (of the longer act, of the shorter one)."""

    seen: tuple[int, int]
    heard: tuple[int, int]

    @property
    def long_match(self) -> bool:
        """Whether the shape that is seen longest is heard longest."""
        return self.seen[0] == self.heard[0]

    @property
    def short_match(self) -> bool:
        """Whether the shape that is seen shortest is heard shortest."""
        return self.seen[1] == self.heard[1]


def contents(seed: list[int], clips: int) -> Iterator[Content]:
    """What each of `clips` clips shows and plays; a clip depends on the seed and its number alone."""
    for number in range(clips):
        block, place = divmod(number, BLOCK)
        rng = np.random.default_rng([*seed, block, 0])
        names, row = rng.permutation(len(QUESTION_SHAPES)).tolist(), _dealt(rng)[place]
        options = possible(row, names)
        yield options[int(np.random.default_rng([*seed, block, 1 + place]).integers(len(options)))]


def possible(row: tuple[int, int, bool], names: list[int]) -> list[Content]:
    """The contents that a row of the deal allows, each as likely; `names` says which shape and sound its numbers stand for."""
    shape, sound, own = names[row[0]], names[row[1]], row[2]
    found = []
    for other in sorted(set(names) - {shape, sound}):
        sounds = [other] if own else sorted(set(names) - {shape, sound, other})
        found += [Content((shape, other), (sound, each)) for each in sounds]
    return found


def deal() -> list[tuple[int, int, bool]]:
    """The rows of a block in order, one half after the other."""
    turned = [((shape + 2) % 4, (sound + 2) % 4, own) for shape, sound, own in _HALF]
    return [*_HALF, *turned]


def _dealt(rng: Generator) -> list[tuple[int, int, bool]]:
    rows = deal()
    half = len(rows) // 2
    return [rows[k] for k in (*rng.permutation(half), *(half + rng.permutation(half)))]


def sample_scenes(rng: Generator, content: Content) -> EventClip:
    """Decides how a clip looks and sounds: which act comes first, and the scene and the sound of every second, without labels."""
    acts = [0] * LONG_S + [1] * (SECONDS - LONG_S)
    if rng.random() < 0.5:
        acts.reverse()
    scenes = tuple(shape_scene(rng, QUESTION_SHAPES[content.seen[act]]) for act in acts)
    sounds = tuple(short_event(rng, QUESTION_SOUNDS[content.heard[act]]) for act in acts)
    noise_word = str(rng.choice(list(NOISES)))
    return EventClip(scenes, sounds, (), noise_word, noise_level(rng))
