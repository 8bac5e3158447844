"""English captions for scenes of the miniature world.

Captions are mostly rich sentences with attributes, places, relations and asides; a bare template ("a photo of a star")
is rare, as on the web. A caption may leave an object out. What it mentions it calls by its class name or by other
words (`wording`), now and then in the plural or another verb form.
"""

from collections.abc import Sequence
from typing import TypeVar

from numpy.random import Generator

from pipeline.miniature.world import phrases, wording
from pipeline.miniature.world.images import ImageObject, ImageScene
from pipeline.miniature.world.motions import Mover, VideoScene
from pipeline.miniature.world.sounds import Event, SoundScene

BARE_SHARE = 0.02
TOLD_SHARE = 0.75
Item = TypeVar("Item")


def caption_image(scene: ImageScene, rng: Generator) -> tuple[str, tuple[str, ...]]:
    """Writes one sentence about a picture.

    Returns:
        The sentence, and the classes it mentions, under whatever words.
    """
    shown = _some(scene.objects, rng)
    labels = tuple(dict.fromkeys(item.label for item in shown))
    if rng.random() < BARE_SHARE:
        return _pick(phrases.IMAGE_BARE, rng).format(_join([_bare(n, rng) for n in labels], rng)), labels
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
        return _pick(phrases.VIDEO_BARE, rng).format(" and ".join(_doing(n, rng) for n in labels)), labels
    if rng.random() < 0.15:
        doing = _join([_doing(name, rng) for name in labels], rng)
        text = f"{doing}: {_join([_mover_noun(item, rng) for item in seen], rng)}"
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


def _bare(label: str, rng: Generator) -> str:
    noun = _called(label, rng)
    return f"{article(noun)} {noun}"


def _called(label: str, rng: Generator) -> str:
    return label if wording.by_name(label, rng) else wording.other_noun(label, rng)


def _doing(label: str, rng: Generator) -> str:
    return label if wording.by_name(label, rng) else wording.other_verb(label, rng)[3]


def _image_object(item: ImageObject, rng: Generator) -> str:
    words = []
    if item.size and rng.random() < TOLD_SHARE:
        words.append(_pick(phrases.SIZE_WORDS[item.size], rng))
    if rng.random() < TOLD_SHARE:
        words.append(item.color)
    noun = _called(item.label, rng)
    if rng.random() < 0.06:
        return " ".join([_pick(("some", "several", "two", "many"), rng), *words, plural(noun)])
    lead = _pick(("the", "one", "this"), rng) if rng.random() < 0.15 else article((*words, noun)[0])
    return " ".join([lead, *words, noun])


def _relation(first: ImageObject, second: ImageObject, rng: Generator) -> str:
    if abs(first.x - second.x) > abs(first.y - second.y):
        side = "left" if first.x < second.x else "right"
        return _pick((f"to the {side} of", f"{side} of", "beside"), rng)
    return _pick(("above", "over", "on top of") if first.y < second.y else ("below", "under", "beneath"), rng)


def _noun(label: str, rng: Generator) -> str:
    noun = _called(label, rng)
    return noun if noun in phrases.MASS_SOUNDS else f"{_pick(('the', article(noun), article(noun)), rng)} {noun}"


def _event(item: Event, rng: Generator) -> str:
    words = [_pick(phrases.SOUND_WORDS[word], rng) for word in item.words if rng.random() < TOLD_SHARE]
    noun = _called(item.label, rng)
    if noun in phrases.MASS_SOUNDS:
        return " ".join([*words, noun])
    if rng.random() < 0.08:
        return " ".join([*words, plural(noun)])
    return " ".join([article((*words, noun)[0]), *words, noun])


def _mover_noun(item: Mover, rng: Generator) -> str:
    words = [_pick(phrases.SIZE_WORDS[item.size], rng)] if item.size and rng.random() < TOLD_SHARE else []
    words += [item.color] if rng.random() < TOLD_SHARE else []
    noun = item.shape if rng.random() < 0.8 else _pick(("shape", "object", "thing", "figure"), rng)
    lead = "the" if rng.random() < 0.3 else article((*words, noun)[0])
    return " ".join([lead, *words, noun])


def _mover(item: Mover, rng: Generator) -> str:
    forms = (*phrases.motion_forms(item.label), item.label)
    if not wording.by_name(item.label, rng):
        forms = wording.other_verb(item.label, rng)
    verb = _pick(("is ", "", "keeps ", "is ", "starts "), rng) + forms[3]
    if rng.random() < 0.4:
        verb = _pick(forms[:3], rng)
    pace = " " + _pick(phrases.PACE_WORDS[item.pace], rng) if item.pace and rng.random() < TOLD_SHARE else ""
    return f"{_mover_noun(item, rng)} {verb}{pace}"
