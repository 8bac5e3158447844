"""Cards of all that open_clip builds besides CLIP's own transformers: towers of timm, ResNets, CoCa, other texts' towers.

Nothing here takes 77 tokens, a softmax or OpenAI's tokenizer for granted: the model's configuration says them.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.encoders.cards.base import Cleaning, EncoderCard, Score
from pipeline.encoders.cards.clip_facts import ClipFacts
from pipeline.encoders.cards.hub_files import cached_hub_file, digest_tokenizer, tokenizer_folder
from pipeline.encoders.cards.scalars import read_score
from pipeline.encoders.cards.text_sizes import TEXT_SIZES
from pipeline.encoders.digests import digest_name
from pipeline.encoders.errors import EncoderError
from pipeline.encoders.templates import CLIP_TEMPLATES
from pipeline.media import ImageSpec

CONTEXT = 77
"""open_clip's own default, where a configuration says nothing."""
_CLEANINGS: dict[str, Cleaning] = {"whitespace": "repaired", "canonicalize": "repaired canonical"}
_USUAL = ("clean", "lower")
_SIGMOID = Score("sigmoid", 10.0, -10.0)
"""From where training starts; said of weights that are not here yet."""


def is_plain_clip(sizes: Mapping[str, Any]) -> bool:
    """Whether a model is of CLIP's own transformers and its own tokenizer, so that few-shot methods can learn inside it.

    ResNets have a list of depths, towers of other libraries their names.
    """
    text, vision = sizes["text_cfg"], sizes["vision_cfg"]
    foreign = "hf_model_name" in text or "timm_model_name" in vision or "multimodal_cfg" in sizes
    settings = {key: value for key, value in (text.get("tokenizer_kwargs") or {}).items() if (key, value) != _USUAL}
    own = not text.get("hf_tokenizer_name") and not settings and not text.get("embed_cls")
    return not foreign and isinstance(vision.get("layers"), int) and not sizes.get("custom_text") and own


def any_card(
    name: str, sizes: Mapping[str, Any], facts: ClipFacts, weights: str, model: str, digest: str, file: Path | None,
    place: Path | None, licence: str = "",
) -> EncoderCard:  # fmt: skip
    """Describe a model of open_clip.

    Args:
        name: as it was asked for.
        sizes: its configuration.
        facts: its preprocessing.
        weights: as the card has them.
        model: architecture, where the weights do not say it.
        digest: of the weights and the configuration.
        file: the weights, if they are here.
        place: folder in which the weights and perhaps a tokenizer lie.
        licence: of the weights.

    Raises:
        EncoderError: its tokenizer is not here, or something is set in a way that is not known.
    """
    text = sizes["text_cfg"]
    cleaning = _cleaning(name, text)
    tokenizer = find_tokenizer(name, text, place)
    require_text_sizes(name, text)
    return EncoderCard(
        name=name,
        modality="image",
        family="open-clip",
        dim=sizes["embed_dim"],
        weights=weights,
        model=model,
        digest=digest if tokenizer is None else digest_name(f"{digest}:{digest_tokenizer(tokenizer)}"),
        media=ImageSpec(image_size(name, sizes), facts.resize, facts.interpolation),
        templates=CLIP_TEMPLATES,
        padding="longest" if ends_texts(text) else "context",
        cleaning=cleaning,
        context=text.get("context_length", CONTEXT),
        score=read_score(file, _SIGMOID if sizes.get("init_logit_bias") is not None else Score()),
        licence=licence,
    )


def ends_texts(text: Mapping[str, Any]) -> bool:
    """Whether a text tower sees nothing behind the end of a text.

    CLIP's is causal, and its end token is what is read; those of transformers mask padding. CoCa reads a token behind the
    padding, SigLIP the padding itself.
    """
    if "hf_model_name" in text:
        return True
    causal = not text.get("no_causal_mask") and not text.get("embed_cls")
    return causal and text.get("pool_type", "argmax") in ("argmax", "eos")


def find_tokenizer(name: str, text: Mapping[str, Any], place: Path | None) -> Path | None:
    """Folder of a tokenizer of transformers; None of a model that has CLIP's own.

    Raises:
        EncoderError: its files are not here.
    """
    hub_id = text.get("hf_tokenizer_name")
    return tokenizer_folder(name, hub_id, place) if hub_id else None


def require_text_sizes(name: str, text: Mapping[str, Any]) -> None:
    """Check that the sizes of a text tower of transformers are known here.

    Raises:
        EncoderError: neither here nor in the cache of the hub.
    """
    hub_id = text.get("hf_model_name")
    if hub_id and hub_id not in TEXT_SIZES and cached_hub_file(hub_id, "config.json") is None:
        raise EncoderError(
            f"encoder {name!r} has the text tower of {hub_id!r}, whose config.json is not in the cache of the hub. Fetch it once "
            f"by: hf download {hub_id} config.json"
        )


def image_size(name: str, sizes: Mapping[str, Any]) -> Any:
    """Side of its pictures, pixels.

    Raises:
        EncoderError: they are no squares.
    """
    size = sizes["vision_cfg"].get("image_size", 224)
    sides = list(size) if isinstance(size, list | tuple) else [size]
    if len(set(sides)) != 1:
        raise EncoderError(f"encoder {name!r} takes pictures of {size} pixels; here they are squares")
    return sides[0]


def _cleaning(name: str, text: Mapping[str, Any]) -> Cleaning:
    """What the tokenizer of a configuration does to a text first."""
    settings = dict(text.get("tokenizer_kwargs") or {})
    foreign = bool(text.get("hf_tokenizer_name"))
    asked = settings.pop("clean", "whitespace" if foreign else "lower")
    if foreign:
        settings.pop("strip_sep_token", None)
    if text.get("tokenizer_mode"):
        settings["tokenizer_mode"] = text["tokenizer_mode"]
    if not foreign and asked == "lower" and not settings:
        return "none"  # CLIP's tokenizer does it for itself
    if settings or asked not in _CLEANINGS or (not foreign and asked != "canonicalize"):
        shown = ", ".join(f"{key}: {value}" for key, value in {"clean": asked, **settings}.items())
        raise EncoderError(
            f"encoder {name!r} sets its tokenizer in a way that is not known here ({shown}). Known are clean: lower and clean: "
            f"canonicalize with CLIP's own, and clean: {' or '.join(_CLEANINGS)} and strip_sep_token with one of transformers"
        )
    return _CLEANINGS[asked]
