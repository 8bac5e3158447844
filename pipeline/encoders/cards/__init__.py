"""What is known of an encoder without loading it: names, sizes, preprocessing and weights, free of torch.

Names that `card` knows (`docs/encoders.md` says what each needs):

    miniature-clip, miniature-clap, miniature-viclip    the weights that ship with the package
    clip-vit-b32-laion2b, clip-vit-b16-openai, ...      published CLIPs
    clap-htsat-unfused, clap-larger-general, ...        published CLAPs
    viclip-b16, viclip-l14, all-minilm-l6-v2            other published encoders
    open_clip:MODEL/PRETRAINED                          any `open_clip.CLIP`, by pretrained tag or weights file
    open_clip:FOLDER, open_clip:hf-hub:OWNER/NAME       the same as open_clip publishes it
    clap:FOLDER, clap:OWNER/NAME                        any CLAP of transformers
    clap:FILE                                           a checkpoint of the laion-clap package
    viclip-b16:FILE, viclip-l14:FILE                    a ViCLIP checkpoint
    sentence:FOLDER                                     a text-only encoder, as sentence-transformers saves it
    clip:FOLDER, viclip:FOLDER                          a folder laid out as the miniature weights are

A family's names are made in its own module: `clip`, `clap`, `viclip`, `text`.
"""

import difflib

from pipeline.encoders.cards import clap, clip, miniature, text, viclip
from pipeline.encoders.cards.base import EncoderCard, Family, Modality
from pipeline.encoders.cards.miniature import MINIATURE_WEIGHTS
from pipeline.encoders.cards.plausible import require_plausible
from pipeline.encoders.cards.preprocessing import with_media
from pipeline.encoders.errors import EncoderError
from pipeline.printable import cut
from pipeline.reading import machine_fault
from stores.errors import MmptError
from stores.machine import is_machine_error

__all__ = ["MINIATURE_WEIGHTS", "EncoderCard", "Family", "Modality", "card", "card_names", "with_media"]

_MAKERS = (miniature.CARDS, clip.CARDS, clap.CARDS, viclip.CARDS, text.CARDS)
_NAMED = {name: maker for makers in _MAKERS for name, maker in makers.named.items()}
_GENERIC = {kind: maker for makers in _MAKERS for kind, maker in makers.generic.items()}
_FORMS = [form for makers in _MAKERS for form in makers.forms]


def card(name: str) -> EncoderCard:
    """Look an encoder up.

    Raises:
        EncoderError: the name is unknown, or its weights or configuration are not there or cannot be used.
        MachineFault: the machine kept them from being read.
    """
    try:
        return require_plausible(_made(name))
    except MmptError:
        raise
    except Exception as error:  # a maker meets whatever somebody wrote into a configuration
        if is_machine_error(error):
            raise machine_fault(error, name) from error
        raise EncoderError(
            f"encoder {cut(name, 300)!r}: its files cannot be read as an encoder's ({type(error).__name__}: "
            f"{cut(str(error), 300)}). Look whether it names the right folder, and download its configuration again"
        ) from error


def _made(name: str) -> EncoderCard:
    if name in _NAMED:
        return _NAMED[name](name)
    kind, _, argument = name.partition(":")
    if kind in _GENERIC and argument:
        return _GENERIC[kind](name, argument)
    known = [*_NAMED, *_FORMS]
    nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0]
    raise EncoderError(
        f"unknown encoder {cut(name, 300)!r}; the nearest known one is {nearest!r}. Known: {', '.join(known)}"
    )


def card_names() -> list[str]:
    """Names that need no argument, as recipes list them."""
    return list(_NAMED)
