"""Files of a published model: in a local folder, or in the cache of the Hugging Face hub. Nobody is asked for them here."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.encoders.digests import digest_files, digest_name
from pipeline.encoders.errors import EncoderError

VOCABULARIES = (
    "tokenizer.json",
    "spiece.model",
    "sentencepiece.bpe.model",
    "tokenizer.model",
    "vocab.txt",
    "vocab.json",
)
"""One of them holds the words of a tokenizer of transformers."""
_BESIDE = ("tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "merges.txt")


def cached_hub_file(hub_id: str, file: str, revision: str | None = None) -> Path | None:
    """Path of a file of a hub id in the local cache, None if it is not there; contacts nobody."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(hub_id, file, revision=revision)
    return Path(found) if isinstance(found, str) else None


def is_hub_id(text: str) -> bool:
    """Whether it can be OWNER/NAME."""
    owner, _, name = text.partition("/")
    return bool(owner and name) and "/" not in name and not text.startswith((".", "~", "/"))


def tokenizer_folder(encoder: str, hub_id: str, place: Path | None) -> Path:
    """Where the files of a tokenizer of transformers lie: beside the weights, or in the cache of the hub.

    Args:
        encoder: for messages.
        hub_id: whose tokenizer it is; empty if nobody says.
        place: folder of the weights, if they are in one.

    Raises:
        EncoderError: they are in neither; it says how to fetch them.
    """
    if place is not None and any((place / name).is_file() for name in VOCABULARIES):
        return place
    if not hub_id:
        raise EncoderError(
            f"encoder {encoder!r}: there is no tokenizer in {str(place)!r}. Put its {VOCABULARIES[0]} and {_BESIDE[0]} there, "
            "from where its weights are"
        )
    for name in VOCABULARIES:
        file = cached_hub_file(hub_id, name)
        if file is not None:
            return file.parent
    beside = f"in {str(place)!r} or " if place is not None else ""
    raise EncoderError(
        f"encoder {encoder!r} reads the tokens of {hub_id!r}, whose tokenizer is not {beside}in the cache of the hub. Fetch it "
        f"once by: hf download {hub_id} {VOCABULARIES[0]} {_BESIDE[0]} {_BESIDE[1]} config.json"
        + (" --local-dir " + str(place) if place is not None else "")
    )


def digest_tokenizer(folder: Path) -> str:
    """Return the sha256 (hex) over the files of a tokenizer."""
    files = [folder / name for name in (*VOCABULARIES, *_BESIDE)]
    return digest_name(" ".join(f"{file.name}:{digest_files(file)}" for file in files if file.is_file()))


def first_of(folder: Path, names: Sequence[str]) -> Path | None:
    """The first of some files that is there."""
    return next((folder / name for name in names if (folder / name).is_file()), None)
