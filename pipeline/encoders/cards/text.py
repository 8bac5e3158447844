"""Cards of text-only encoders: a folder of sentence-transformers or transformers, or a published model of the hub.

Their modality is "text": the rows judged are texts, as the sentences are that classes learn from.
"""

from pipeline.encoders.cards.base import CardMakers, EncoderCard
from pipeline.encoders.cards.hub_files import cached_hub_file, is_hub_id
from pipeline.encoders.digests import digest_name
from pipeline.encoders.errors import EncoderError
from pipeline.encoders.packaged import packaged
from pipeline.encoders.sentence_layout import digest_layout, read_layout
from pipeline.encoders.templates import TEXT_TEMPLATES

_HUB = {"all-minilm-l6-v2": ("sentence-transformers/all-MiniLM-L6-v2", 384, "Apache-2.0")}
"""Published models by name: hub id, width of the vectors, which a plan needs before the files are there, and licence."""


def _folder(name: str, folder: str) -> EncoderCard:
    path = packaged(name, folder)
    if not path.is_dir():
        return _cached(name, folder)
    layout = read_layout(name, path)
    return _card(name, folder, layout.dim, digest_layout(name, path, layout), context=layout.context_length)


def _cached(name: str, hub_id: str) -> EncoderCard:
    """Describe a model whose configuration is in the hub's cache; its weights need not be."""
    file = cached_hub_file(hub_id, "config.json") if is_hub_id(hub_id) else None
    if file is None:
        fetch = f"hf download {hub_id if is_hub_id(hub_id) else 'OWNER/NAME'}"
        raise EncoderError(
            f"encoder {name!r}: there is no folder {hub_id!r}, and none of that name in the cache of the hub. Download the model "
            f"by: {fetch}, or elsewhere by: {fetch} --local-dir DIR, and type sentence:DIR; named ones are {', '.join(_HUB)}"
        )
    layout, known = read_layout(name, file.parent), f"{hub_id}@{file.parent.name}"
    return _card(name, known, layout.dim, digest_name(f"hub:{known}"), context=layout.context_length)


def _hub(name: str) -> EncoderCard:
    """Describe a published model, whose files may not be there yet."""
    hub_id, dim, licence = _HUB[name]
    return _card(name, hub_id, dim, digest_name(f"hub:{hub_id}"), licence)


def _card(name: str, weights: str, dim: int, digest: str, licence: str = "", context: int = 0) -> EncoderCard:
    return EncoderCard(
        name=name,
        modality="text",
        family="sentence",
        dim=dim,
        weights=weights,
        model="",
        digest=digest,
        media=None,
        templates=TEXT_TEMPLATES,
        licence=licence,
        context=context,
    )


CARDS = CardMakers(
    named=dict.fromkeys(_HUB, _hub), generic={"sentence": _folder}, forms=("sentence:FOLDER", "sentence:OWNER/NAME")
)
