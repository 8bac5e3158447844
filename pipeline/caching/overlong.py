"""Texts that are longer than their encoder reads: counted while they are encoded, for only then a tokenizer is at hand.

They are kept in an artifact of their own beside the features, published before them, so that a later run that encodes
nothing, and another recipe with the same texts, knows them too. Where nothing is too long there is no such artifact.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stores import Artifact, ArtifactSpec, Store, text_key

if TYPE_CHECKING:
    from pipeline.encoders.encoder import Encoder

KIND = "overlong"
_COLUMNS = ["text", "tokens", "limit"]


@dataclass(frozen=True)
class Overlong:
    """Texts with their number of tokens, and how many the encoder reads; 0 where no text is too long."""

    texts: Sequence[tuple[str, int]] = ()
    limit: int = 0


def overlong_artifact(store: Store, features: ArtifactSpec) -> Artifact:
    """Where the texts are kept that were too long for these features."""
    return store.artifact(ArtifactSpec(kind=KIND, fields={}, parents=(features.fingerprint,), backend="parquet"))


def overlong_texts(store: Store, features: ArtifactSpec, texts: Sequence[str]) -> Overlong:
    """Those of the texts that were too long for these features."""
    artifact = overlong_artifact(store, features)
    rows = artifact.table(_COLUMNS).to_pylist() if artifact.exists else []
    wanted = set(texts) if rows else set()
    found = [(row["text"], row["tokens"]) for row in rows if row["text"] in wanted]
    return Overlong(found, rows[0]["limit"]) if found else Overlong()


def keep_overlong(store: Store, features: ArtifactSpec, found: Overlong) -> None:
    """Keep them, each once."""
    artifact = overlong_artifact(store, features)
    if not found.texts or not artifact.missing([text_key(text) for text, _ in found.texts]):
        return
    import pyarrow as pa

    with artifact.writer() as writer:
        missing = set(artifact.missing([text_key(text) for text, _ in found.texts]))
        rows = [(text, tokens) for text, tokens in found.texts if text_key(text) in missing]
        texts, tokens = ([row[0] for row in rows], [row[1] for row in rows])
        limits = pa.array([found.limit] * len(rows), pa.int64())
        table = pa.table(
            {"text": pa.array(texts, pa.string()), "tokens": pa.array(tokens, pa.int64()), "limit": limits}
        )
        writer.publish([text_key(text) for text in texts], table)


def kept_overlong(store: Store, features: ArtifactSpec, name: str) -> dict[str, str]:
    """What a run record calls them, so that nobody takes them for garbage; nothing where no text was too long."""
    artifact = overlong_artifact(store, features)
    return {f"{KIND}/{name}": artifact.spec.fingerprint} if artifact.exists else {}


def find_overlong(encoder: "Encoder", texts: Sequence[str], ids: Sequence[Sequence[int]]) -> Overlong:
    """Those of some tokenized texts that were cut off."""
    full = [text for text, row in zip(texts, ids, strict=True) if len(row) >= encoder.context_length]
    counted = [(text, count_tokens(encoder, text)) for text in full]
    return Overlong([each for each in counted if each[1] > encoder.context_length], encoder.context_length)


def count_tokens(encoder: "Encoder", text: str) -> int:
    """Tokens of a text that is not cut off, with those of its ends; of a word that fills the context by itself, one more.

    A tokenizer cuts, whatever it is given; but no token spans a blank, so a text has the tokens of its words.
    """
    ends = len(encoder.tokenize([""])[0])
    words = text.split()
    spaced = [
        word if number == 0 else f" {word}" for number, word in enumerate(words)
    ]  # some have other tokens after a blank
    lengths = [len(row) for row in encoder.tokenize(spaced)] if words else []
    return ends + sum(length - ends + (length >= encoder.context_length) for length in lengths)
