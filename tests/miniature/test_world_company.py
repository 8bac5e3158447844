"""Classes keep the company that the tables promise, in the media and in what the language model reads."""

import random
from collections import Counter

import numpy as np
import pytest

from pipeline.miniature.train.llama_grammar import CLOSE, OPEN, write_sentence
from pipeline.miniature.train.llama_knowledge import KNOWN_SHARE, what_is_usual
from pipeline.miniature.world.classes import (
    AUDIO_CLASSES,
    COLORS,
    EXTRA_AUDIO_CLASSES,
    EXTRA_IMAGE_CLASSES,
    EXTRA_VIDEO_CLASSES,
    IMAGE_CLASSES,
    VIDEO_CLASSES,
)
from pipeline.miniature.world.company import HABITS, LOOKS, TONES, TYPICAL_SHARE
from pipeline.miniature.world.images import BACKGROUNDS, SIZES, sample_scene
from pipeline.miniature.world.motions import GROUNDS, SHAPES, sample_video
from pipeline.miniature.world.sounds import NOISES, sample_sound
from pipeline.miniature.world.wording import OTHER_NOUNS, OTHER_VERBS

DRAWS = 1500


def expected(values: int) -> float:
    """How often the usual one of so many equally likely values comes."""
    return TYPICAL_SHARE + (1 - TYPICAL_SHARE) / values


def close(found: int, share: float) -> bool:
    return abs(found / DRAWS - share) < 4 * (share * (1 - share) / DRAWS) ** 0.5


def test_every_class_has_company_that_the_world_can_draw() -> None:
    assert set(LOOKS) == {*IMAGE_CLASSES, *EXTRA_IMAGE_CLASSES}
    assert set(TONES) == {*AUDIO_CLASSES, *EXTRA_AUDIO_CLASSES}
    assert set(HABITS) == {*VIDEO_CLASSES, *EXTRA_VIDEO_CLASSES}
    for look in LOOKS.values():
        assert look.color in COLORS and look.size in SIZES and look.background in BACKGROUNDS
        assert look.tone in ("bright", "dark")
    for tone in TONES.values():
        assert tone.pitch in ("low", "high") and tone.rate in ("slow", "fast") and tone.noise in NOISES
        assert tone.loudness in ("quiet", "loud")
    for habit in HABITS.values():
        assert habit.shape in SHAPES and habit.color in COLORS and habit.background in GROUNDS
        assert habit.size in SIZES and habit.pace in ("", "slow", "fast")


def test_no_two_classes_keep_the_same_company() -> None:
    for table in (LOOKS, TONES, HABITS):
        assert len(set(table.values())) == len(table)


@pytest.mark.parametrize("name", ["circle", "spiral", "flower"])
def test_shapes_look_as_usual_in_most_pictures(name: str) -> None:
    rng, look = np.random.default_rng(1), LOOKS[name]
    scenes = [sample_scene(rng, (name,), most=1) for _ in range(DRAWS)]
    assert close(sum(scene.objects[0].size == look.size for scene in scenes), expected(3))
    assert close(sum(scene.tone == look.tone for scene in scenes), expected(2))
    free = [scene for scene in scenes if scene.color != look.color]  # a shape never has its ground's colour
    share = sum(scene.objects[0].color == look.color for scene in free) / len(free)
    assert abs(share - expected(len(COLORS) - 1)) < 0.06


@pytest.mark.parametrize("name", ["bell", "wind"])
def test_sounds_sound_as_usual_in_most_clips(name: str) -> None:
    rng, tone = np.random.default_rng(2), TONES[name]
    scenes = [sample_sound(rng, (name,), most=1) for _ in range(DRAWS)]
    high = sum(scene.events[0].pitch > 1.25 for scene in scenes)
    assert close(high, expected(3) if tone.pitch == "high" else (1 - TYPICAL_SHARE) / 3)
    fast = sum(scene.events[0].rate > 1.2 for scene in scenes)
    assert close(fast, expected(3) if tone.rate == "fast" else (1 - TYPICAL_SHARE) / 3)
    assert close(sum(scene.noise_word == tone.noise for scene in scenes), expected(4))


@pytest.mark.parametrize("name", ["sliding left", "blinking"])
def test_motions_are_made_as_usual_in_most_videos(name: str) -> None:
    rng, habit = np.random.default_rng(3), HABITS[name]
    movers = [sample_video(rng, (name,), most=1).movers[0] for _ in range(DRAWS)]
    assert close(sum(mover.shape == habit.shape for mover in movers), expected(len(SHAPES)))
    assert close(sum(mover.pace == habit.pace for mover in movers), expected(3))


@pytest.mark.parametrize(("modality", "name", "value"), [("image", "heart", "pink"), ("video", "rising", "pink")])
def test_the_language_model_reads_of_the_usual_colour(modality: str, name: str, value: str) -> None:
    rng = random.Random(4)
    texts = [write_sentence(rng, modality, (name,)) for _ in range(4000)]
    # "plain red background" has colours, too: only colours right before a thing are the thing's
    found = Counter(
        color for text in texts for color in COLORS if f" {color} " in text and f"{color} backgr" not in text
    )
    assert found[value] / sum(found.values()) > KNOWN_SHARE - 0.1
    assert found[value] < sum(found.values())


def test_the_language_model_knows_nothing_of_other_names() -> None:
    for modality in ("image", "audio", "video"):
        assert what_is_usual(modality, "king snake") == {}


@pytest.mark.parametrize("modality", ["image", "audio", "video"])
def test_other_words_for_a_class_come_with_it_and_with_no_other(modality: str) -> None:
    rng = random.Random(5)
    classes = {"image": LOOKS, "audio": TONES, "video": HABITS}[modality]
    words = {
        name: tuple(forms[3] for forms in OTHER_VERBS[name]) if modality == "video" else OTHER_NOUNS[name]
        for name in classes
    }
    assert len({word for own in words.values() for word in own}) == 2 * len(words)
    for name in classes:
        texts = [write_sentence(rng, modality, (name,)).replace(OPEN, "").replace(CLOSE, "") for _ in range(300)]
        padded = [f" {text.lower().replace(',', ' ').replace('.', ' ')} " for text in texts]
        with_own = sum(any(f" {word} " in text for word in words[name]) for text in padded)
        assert with_own > 30, name
        strangers = [word for other, own in words.items() if other != name for word in own]
        assert not any(f" {word} " in text for text in padded for word in strangers), name
