"""English captions for scenes of the miniature world.

Captions are mostly rich sentences with attributes, places, relations and asides; a bare template ("a photo of a star")
is rare, as on the web. A caption may leave an object out. Every caption carries the class names it mentions as words,
now and then as a plural or another verb form.
"""

from collections.abc import Sequence
from typing import TypeVar

from numpy.random import Generator

from pipeline.miniature.world import phrases
from pipeline.miniature.world.images import ImageObject, ImageScene
from pipeline.miniature.world.motions import Mover, VideoScene
from pipeline.miniature.world.sounds import Event, SoundScene

BARE_SHARE = 0.04
Item = TypeVar("Item")


def caption_image(scene: ImageScene, rng: Generator) -> tuple[str, tuple[str, ...]]:
    """Writes one sentence about a picture.

    Returns:
        The sentence, and the class names it mentions.
    """
    shown = _some(scene.objects, rng)
    labels = tuple(dict.fromkeys(item.label for item in shown))
    if rng.random() < BARE_SHARE:
        return _pick(phrases.IMAGE_BARE, rng).format(_join([article(n) + " " + n for n in labels], rng)), labels
    things = _join([_image_object(item, rng) for item in shown], rng)
    if len(shown) > 1 and rng.random() < 0.3:
        first, second = shown[0], shown[1]
        things = f"{_image_object(first, rng)} {_relation(first, second, rng)} {_image_object(second, rng)}"
        things += "".join(f" with {_image_object(item, rng)}" for item in shown[2:])
    elif len(shown) == 1 and rng.random() < 0.35:
        things += f" {_pick(('in the', 'at the', 'near the'), rng)} {shown[0].place}"
    look = _pick((scene.tone, scene.background, scene.background, f"{scene.color}", f"{scene.tone} {scene.color}"), rng)
    frame = _pick(phrases.IMAGE_FRAMES, rng)
    return _finish(
        frame.format(things=things, look=look, a=article(look), there=_there(shown)),
        phrases.IMAGE_ASIDES,
        rng,
    ), labels


def caption_sound(scene: SoundScene, rng: Generator) -> tuple[str, tuple[str, ...]]:
    """Writes one sentence about a clip; see `caption_image`."""
    heard = _some(scene.events, rng)
    labels = tuple(dict.fromkeys(item.label for item in heard))
    if rng.random() < BARE_SHARE:
        return _pick(phrases.SOUND_BARE, rng).format(_join([_noun(n, rng) for n in labels], rng)), labels
    things = _join([_event(item, rng) for item in heard], rng, phrases.SOUND_LINKS)
    frame = _pick(phrases.SOUND_FRAMES if len(heard) > 1 else phrases.SOUND_FRAMES + phrases.SOUND_VERBS, rng)
    return _finish(frame.format(things=things, noise=scene.noise_word), phrases.SOUND_ASIDES, rng), labels


def caption_video(scene: VideoScene, rng: Generator) -> tuple[str, tuple[str, ...]]:
    """Writes one sentence about a video; see `caption_image`."""
    seen = _some(scene.movers, rng)
    labels = tuple(dict.fromkeys(item.label for item in seen))
    if rng.random() < BARE_SHARE:
        return _pick(phrases.VIDEO_BARE, rng).format(" and ".join(labels)), labels
    if rng.random() < 0.15:
        text = f"{_join(list(labels), rng)}: {_join([_mover_noun(item, rng) for item in seen], rng)}"
    else:
        things = _join([_mover(item, rng) for item in seen], rng, (" while ", " and ", " as "))
        text = _pick(phrases.VIDEO_FRAMES, rng).format(things=things, look=scene.background)
    return _finish(text, phrases.VIDEO_ASIDES, rng), labels


def article(words: str) -> str:
    """`a` or `an` for what follows."""
    return "an" if words[:1] in "aeiou" else "a"


def plural(noun: str) -> str:
    """The plural of a class name."""
    return noun + ("es" if noun.endswith(("s", "x", "sh", "ch")) else "s")


def _some(items: Sequence[Item], rng: Generator) -> list[Item]:
    """All items in most captions; sometimes one stays unmentioned. The order is free."""
    chosen = [items[int(i)] for i in rng.permutation(len(items))]
    return chosen[:-1] if len(chosen) > 1 and rng.random() < 0.2 else chosen


def _pick(options: Sequence[str], rng: Generator) -> str:
    return options[int(rng.integers(len(options)))]


def _join(
    parts: list[str], rng: Generator, links: Sequence[str] = (" and ", " and ", " with ", ", ", " next to ")
) -> str:
    text = parts[0]
    for part in parts[1:]:
        text += _pick(links, rng) + part
    return text


def _finish(text: str, asides: Sequence[str], rng: Generator) -> str:
    if rng.random() < 0.35:
        text = f"{text} {_pick(asides, rng)}"
    if rng.random() < 0.5:
        text = text[:1].upper() + text[1:]
    return text + ("." if rng.random() < 0.6 else "")


def _there(shown: Sequence[ImageObject]) -> str:
    return "there are" if len(shown) > 1 else "there is"


def _image_object(item: ImageObject, rng: Generator) -> str:
    words = []
    if item.size and rng.random() < 0.5:
        words.append(_pick(phrases.SIZE_WORDS[item.size], rng))
    if rng.random() < 0.65:
        words.append(item.color)
    if rng.random() < 0.06:
        return " ".join([_pick(("some", "several", "two", "many"), rng), *words, plural(item.label)])
    lead = _pick(("the", "one", "this"), rng) if rng.random() < 0.15 else article((*words, item.label)[0])
    return " ".join([lead, *words, item.label])


def _relation(first: ImageObject, second: ImageObject, rng: Generator) -> str:
    if abs(first.x - second.x) > abs(first.y - second.y):
        side = "left" if first.x < second.x else "right"
        return _pick((f"to the {side} of", f"{side} of", "beside"), rng)
    return _pick(("above", "over", "on top of") if first.y < second.y else ("below", "under", "beneath"), rng)


def _noun(label: str, rng: Generator) -> str:
    return label if label in phrases.MASS_SOUNDS else f"{_pick(('the', article(label), article(label)), rng)} {label}"


def _event(item: Event, rng: Generator) -> str:
    words = [_pick(phrases.SOUND_WORDS[word], rng) for word in item.words if rng.random() < 0.55]
    if item.label not in phrases.MASS_SOUNDS and rng.random() < 0.08:
        return " ".join([*words, plural(item.label)])
    if item.label in phrases.MASS_SOUNDS:
        return " ".join([*words, item.label])
    return " ".join([article((*words, item.label)[0]), *words, item.label])


def _mover_noun(item: Mover, rng: Generator) -> str:
    words = [_pick(phrases.SIZE_WORDS[item.size], rng)] if item.size and rng.random() < 0.4 else []
    words += [item.color] if rng.random() < 0.6 else []
    noun = item.shape if rng.random() < 0.8 else _pick(("shape", "object", "thing", "figure"), rng)
    lead = "the" if rng.random() < 0.3 else article((*words, noun)[0])
    return " ".join([lead, *words, noun])


def _mover(item: Mover, rng: Generator) -> str:
    verb = (
        _pick(phrases.motion_forms(item.label), rng)
        if rng.random() < 0.4
        else _pick(("is ", "", "keeps ", "is ", "starts "), rng) + item.label
    )
    pace = " " + _pick(phrases.PACE_WORDS[item.pace], rng) if item.pace and rng.random() < 0.5 else ""
    return f"{_mover_noun(item, rng)} {verb}{pace}"
