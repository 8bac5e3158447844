"""What is known of an encoder without loading it: names, sizes, preprocessing and weights, free of torch.

Names that `card` knows (`docs/encoders.md` says what each needs):

    miniature-clip, miniature-clap, miniature-viclip    the weights that ship with the package
    clip-vit-b32-laion2b, clip-vit-b16-openai, ...      published CLIPs
    clap-htsat-unfused, clap-larger-general, ...        published CLAPs
    viclip-b16, viclip-l14, all-minilm-l6-v2            other published encoders
    open_clip:MODEL/PRETRAINED                          any model of open_clip, by pretrained tag or weights file
    open_clip:FOLDER, open_clip:hf-hub:OWNER/NAME       the same as open_clip publishes it
    transformers:FOLDER, transformers:OWNER/NAME        a CLIP, SigLIP, SigLIP2, ... as transformers saves it
    frames:ENCODER, frames:N:ENCODER                    any image encoder, over the frames of a video
    clap:FOLDER, clap:OWNER/NAME                        any CLAP of transformers
    clap:FILE                                           a checkpoint of the laion-clap package
    viclip-b16:FILE, viclip-l14:FILE                    a ViCLIP checkpoint
    sentence:FOLDER                                     a text-only encoder, as sentence-transformers saves it
    clip:FOLDER, viclip:FOLDER                          a folder laid out as the miniature weights are
    miniature-swin, miniature-hts-at                    towers run block by block whose weights ship with the package
    swin-v2-large-192, vit-l16                          published ones
    swin-v2:FILE, hts-at:FILE, vit-l16:FILE, ...        their files and folders, see `stepped`

A family's names are made in its own module: `clip`, `clap`, `viclip`, `text`, `stepped`. Other packages add theirs, see `added`.
"""

import difflib
from dataclasses import replace
from pathlib import Path

from pipeline.encoders.cards import clap, clip, dual, miniature, stepped, text, viclip
from pipeline.encoders.cards.added import AddedEncoder, added_card, added_names, claimed_by, warn_of_taken
from pipeline.encoders.cards.base import WEIGHTS_SUFFIXES, EncoderCard, Modality, Padding, Score, text_card
from pipeline.encoders.cards.frames import frames_cards
from pipeline.encoders.cards.miniature import MINIATURE_WEIGHTS
from pipeline.encoders.cards.plausible import require_plausible
from pipeline.encoders.cards.preprocessing import with_media
from pipeline.encoders.errors import EncoderError
from pipeline.licences import licence_in
from pipeline.printable import cut
from pipeline.reading import machine_fault
from stores.errors import MmptError
from stores.machine import is_machine_error

__all__ = [
    "MINIATURE_WEIGHTS", "OWN_PACKAGE", "AddedEncoder", "EncoderCard", "Modality", "Padding", "Score", "card",
    "card_forms", "card_names", "packages_of", "taken_names", "text_card", "with_media",
]  # fmt: skip

OWN_PACKAGE = "mmpt-pipeline"
"""The name of the distribution that this module is in."""

_MAKERS = (
    miniature.CARDS, clip.CARDS, clap.CARDS, viclip.CARDS, text.CARDS, dual.CARDS, miniature.STEPPED, stepped.CARDS,
    frames_cards(lambda name: card(name)),
)  # fmt: skip
_NAMED = {name: maker for makers in _MAKERS for name, maker in makers.named.items()}
_GENERIC = {kind: maker for makers in _MAKERS for kind, maker in makers.generic.items()}
_FORMS = [form for makers in _MAKERS for form in makers.forms]
_OURS = frozenset({*_NAMED, *_GENERIC})


def card(name: str) -> EncoderCard:
    """Look an encoder up.

    Raises:
        EncoderError: the name is unknown, its weights or configuration are not there or cannot be used, or the package that adds
            it is broken.
        MachineFault: the machine kept them from being read.
    """
    try:
        return require_plausible(_licensed(_made(name)))
    except MmptError:
        raise
    except Exception as error:  # a maker meets whatever somebody wrote into a configuration
        if is_machine_error(error):
            raise machine_fault(error, name) from error
        raise EncoderError(
            f"encoder {cut(name, 300)!r}: its files cannot be read as an encoder's ({type(error).__name__}: "
            f"{cut(str(error), 300)}). Look whether it names the right folder, and download its configuration again"
        ) from error


def _licensed(found: EncoderCard) -> EncoderCard:
    """With the licence that the README.md beside its weights names, where nobody else says one."""
    place, tag = Path(found.weights), found.model and not found.weights.endswith(WEIGHTS_SUFFIXES)
    if found.licence or not found.weights or found.origin is not None or (tag and found.family != "transformers"):
        return found
    return replace(found, licence=licence_in(place if place.is_dir() else place.parent)) if place.exists() else found


def _made(name: str) -> EncoderCard:
    kind, _, argument = name.partition(":")
    if name in _NAMED or (kind in _GENERIC and argument):
        warn_of_taken(kind)
        return _NAMED[name](name) if name in _NAMED else _GENERIC[kind](name, argument)
    if kind in added_names(_OURS):
        return added_card(name, kind, argument)
    known = [*card_names(), *_FORMS]
    nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0]
    raise EncoderError(
        f"unknown encoder {cut(name, 300)!r}; the nearest known one is {nearest!r}. Known: {', '.join(known)}"
    )


def card_names() -> list[str]:
    """Names that are known without importing anybody's package: ours that need no argument, then those that packages add."""
    return [*_NAMED, *added_names(_OURS)]


def packages_of(name: str) -> list[str]:
    """Which package a name of `card_names` is from; of a name that two add, both."""
    return [OWN_PACKAGE] if name in _NAMED else claimed_by(name)


def taken_names() -> dict[str, list[str]]:
    """Names of ours that packages add too, with these packages; what is used is ours."""
    return {name: packages for name in sorted(_OURS) if (packages := claimed_by(name))}


def card_forms() -> list[str]:
    """Names with an argument, as error messages list them."""
    return list(_FORMS)
