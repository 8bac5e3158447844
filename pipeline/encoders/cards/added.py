"""Encoders of other packages: each is an entry point of the group `mmpt_pipeline.encoders`, named as recipes call it.

Names are read from what is installed, and nothing is imported for that. A package is imported when its encoder is asked for, so
one that is broken disturbs nobody who does not use it.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import EntryPoint
from typing import get_args

from pipeline.encoders.cards.base import EncoderCard, Modality, Origin
from pipeline.encoders.errors import EncoderError
from pipeline.entry_points import package_of, points_of
from pipeline.media import AudioSpec, ImageSpec, VideoSpec
from stores.errors import MmptError

GROUP = "mmpt_pipeline.encoders"
_MEDIA = {"image": ImageSpec, "audio": AudioSpec, "video": VideoSpec, "text": type(None)}
_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class AddedEncoder:
    """What an entry point of the group names. Its module is free of torch: plans import it.

    Attributes:
        describe: makes the card, of what stands behind the colon of the asked name (nothing, mostly).
        loader: "package.module:function" of what makes the towers, `(card, device, dtype) -> Encoder`; imported to encode.
        version: of the code; raise it when the same files and texts would get other features.
        takes: what stands behind the colon, such as "FOLDER"; empty for an encoder that takes nothing.
    """

    describe: Callable[[str], EncoderCard]
    loader: str
    version: int = 1
    takes: str = ""


def added_names(ours: frozenset[str]) -> list[str]:
    """Names that packages have added, without those that are ours; sorted."""
    return sorted(set(_claims()) - ours)


def claimed_by(name: str) -> list[str]:
    """The packages that add an encoder of this name."""
    return [package_of(point) for point in _claims().get(name, ())]


def added_card(asked: str, kind: str, argument: str) -> EncoderCard:
    """The card of an added encoder.

    Args:
        asked: the whole name.
        kind: what stands before the colon, one of `added_names`.
        argument: what stands behind it.

    Raises:
        EncoderError: its package is broken, describes no encoder, or shares the name with another package.
    """
    point = _only(kind)
    added = _loaded(point)
    if bool(argument) != bool(added.takes):
        wanted = f"{kind}:{added.takes}" if added.takes else kind
        raise EncoderError(f"encoder {asked!r} of the package {package_of(point)!r} is written {wanted}")
    try:
        found = added.describe(argument)
    except MmptError:
        raise
    except Exception as error:
        raise _broken(point, f"describing it failed ({type(error).__name__}: {error})") from error
    if problem := _problem(found):
        raise _broken(point, problem)
    return replace(found, name=asked, origin=Origin(package_of(point), added.version, added.loader))


@cache
def warn_of_taken(name: str) -> None:
    """Tell, once, that packages add an encoder under a name of ours, which stays ours."""
    if packages := claimed_by(name):
        _logger.warning(
            "the package %s adds an encoder %r too; the name is that of one which ships here, and this one is used",
            " and the package ".join(packages), name,
        )  # fmt: skip


@cache
def _claims() -> Mapping[str, tuple[EntryPoint, ...]]:
    """Name -> who claims it."""
    points = points_of(GROUP)
    return {name: tuple(p for p in points if p.name == name) for name in dict.fromkeys(point.name for point in points)}


def _only(name: str) -> EntryPoint:
    claims = _claims()[name]
    if len(claims) > 1:
        packages = [repr(package_of(point)) for point in claims]
        raise EncoderError(
            f"encoder {name!r} is added by the packages {' and '.join(packages)}, and which is meant cannot be told. "
            f"Remove one: pip uninstall {package_of(claims[-1])}"
        )
    return claims[0]


def _loaded(point: EntryPoint) -> AddedEncoder:
    try:
        found = point.load()
    except Exception as error:  # whatever a module of others does when it is imported
        raise _broken(point, f"importing {point.value} failed ({type(error).__name__}: {error})") from error
    if not isinstance(found, AddedEncoder):
        raise _broken(point, f"{point.value} is a {type(found).__name__}, and has to be an AddedEncoder")
    return found


def _problem(found: object) -> str:
    """What is wrong with what a package says of its encoder; empty if nothing is."""
    if not isinstance(found, EncoderCard):
        return f"it describes itself by a {type(found).__name__}, and has to by an EncoderCard"
    if found.modality not in get_args(Modality):
        return f"its modality is {found.modality!r}; there are {', '.join(get_args(Modality))}"
    if not isinstance(found.media, _MEDIA[found.modality]):
        wanted = _MEDIA[found.modality].__name__
        return f"it takes {found.modality} and says how to decode it by a {type(found.media).__name__}, not {wanted}"
    if found.media is None and found.texts != "own":
        return "what it judges are texts, so they have to be encoded by its own text tower"
    if not found.digest:
        return "its card has no digest, so features of other weights would be taken for its own"
    if not found.score.scale > 0:
        return f"its score multiplies cosines by {found.score.scale}, and has to by a number above 0"
    if found.texts != "none" and not (
        found.templates and all(template.count("{}") == 1 for template in found.templates)
    ):
        return "its card needs templates for class names, each with one {} in it"
    if isinstance(found.texts, EncoderCard) and found.texts.dim != found.dim:
        return (
            f"its texts are encoded by {found.texts.name!r} into {found.texts.dim} numbers, its media into {found.dim}"
        )
    return ""


def _broken(point: EntryPoint, problem: str) -> EncoderError:
    package = package_of(point)
    return EncoderError(
        f"encoder {point.name!r} of the package {package!r} cannot be used: {problem}. "
        f"Install it anew, or remove it: pip uninstall {package}"
    )
