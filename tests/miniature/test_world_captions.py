"""Captions mention what they claim to mention, by name or by other words, mostly in rich sentences."""

from collections import Counter

import numpy as np
import pytest

from pipeline.miniature.world import captions, phrases, wording
from pipeline.miniature.world.classes import (
    AUDIO_CLASSES,
    COLORS,
    EXTRA_AUDIO_CLASSES,
    EXTRA_IMAGE_CLASSES,
    EXTRA_VIDEO_CLASSES,
    IMAGE_CLASSES,
    VIDEO_CLASSES,
)
from pipeline.miniature.world.images import sample_scene
from pipeline.miniature.world.motions import sample_video
from pipeline.miniature.world.sounds import sample_sound

WORLDS = {
    "image": (sample_scene, captions.caption_image, IMAGE_CLASSES + EXTRA_IMAGE_CLASSES),
    "audio": (sample_sound, captions.caption_sound, AUDIO_CLASSES + EXTRA_AUDIO_CLASSES),
    "video": (sample_video, captions.caption_video, VIDEO_CLASSES + EXTRA_VIDEO_CLASSES),
}


@pytest.mark.parametrize("modality", WORLDS)
def test_every_label_of_a_caption_is_in_its_words_and_in_its_scene(modality: str) -> None:
    sample, caption, classes = WORLDS[modality]
    rng = np.random.default_rng(1)
    for _ in range(1500):
        scene = sample(rng)
        text, labels = caption(scene, rng)
        assert labels and set(labels) <= set(scene.labels) <= set(classes)
        for label in labels:
            assert any(form in text.lower() for form in _names(label) + _other_words(label)), (label, text)


@pytest.mark.parametrize("modality", WORLDS)
def test_captions_use_a_name_as_often_as_its_share_says_and_some_never(modality: str) -> None:
    sample, caption, classes = WORLDS[modality]
    rng = np.random.default_rng(6)
    told, named = Counter[str](), Counter[str]()
    for _ in range(6000):
        scene = sample(rng, most=1)
        text, (label,) = caption(scene, rng)
        words = f" {text.lower().rstrip('.').replace(',', ' ').replace(':', ' ')} "
        told[label] += 1
        named[label] += any(f" {form} " in words for form in _names(label))
    for label in classes:
        share = wording.NAME_SHARE[label]
        deviation = (share * (1 - share) / told[label]) ** 0.5
        assert abs(named[label] / told[label] - share) <= 4 * deviation, (label, share, named[label] / told[label])
    never = [label for label in classes if wording.NAME_SHARE[label] == 0]
    assert len(never) == 4 and not any(named[label] for label in never)


def _names(label: str) -> tuple[str, ...]:
    return (label, *(phrases.motion_forms(label) if label in wording.OTHER_VERBS else (captions.plural(label),)))


def _other_words(label: str) -> tuple[str, ...]:
    if label in wording.OTHER_VERBS:
        return tuple(form for forms in wording.OTHER_VERBS[label] for form in forms)
    return wording.OTHER_NOUNS[label]


@pytest.mark.parametrize("modality", WORLDS)
def test_captions_are_many_and_bare_templates_few(modality: str) -> None:
    sample, caption, classes = WORLDS[modality]
    rng = np.random.default_rng(2)
    rows = [caption(sample(rng), rng) for _ in range(2000)]
    texts = [text for text, _ in rows]
    assert len(set(texts)) > 1500
    assert max(len(text.split()) for text in texts) < 45
    template = {"image": "a photo of a {}.", "audio": "this is a sound of {}.", "video": "a video of a {}."}[modality]
    single = [
        text for text in texts if any(text in (template.format(name), template.format(f"a {name}")) for name in classes)
    ]
    assert len(single) < 0.03 * len(texts)
    assert set(Counter(label for _, labels in rows for label in labels)) == set(classes)


def test_the_attribute_words_all_occur() -> None:
    rng = np.random.default_rng(3)
    rows = [captions.caption_image(sample_scene(rng), rng)[0] for _ in range(1500)]
    rows += [captions.caption_sound(sample_sound(rng), rng)[0] for _ in range(1500)]
    rows += [captions.caption_video(sample_video(rng), rng)[0] for _ in range(1500)]
    words = set(" ".join(rows).lower().replace(".", " ").replace(",", " ").split())
    wanted = {
        *COLORS,
        "small",
        "large",
        "tiny",
        "big",
        "left",
        "right",
        "top",
        "bottom",
        "center",
        "plain",
        "dark",
        "bright",
    }
    wanted |= {
        "noisy",
        "striped",
        "gradient",
        "loud",
        "quiet",
        "high",
        "low",
        "fast",
        "slow",
        "short",
        "long",
        "faint",
        "distant",
    }
    assert wanted <= words


def test_a_caption_tells_true_colours_and_places() -> None:
    rng = np.random.default_rng(4)
    for _ in range(300):
        scene = sample_scene(rng, most=1)
        text = captions.caption_image(scene, rng)[0].lower()
        item = scene.objects[0]
        nouns = (item.label, *wording.OTHER_NOUNS[item.label])
        stated = {color for color in COLORS for noun in nouns if f" {color} {noun}" in f" {text}"}
        assert stated <= {item.color}
