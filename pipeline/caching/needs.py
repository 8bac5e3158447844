"""What is read of files and sentences, and how it is named in a store. Free of torch."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.caching.reading import Reading
from pipeline.caching.specs import media_features_spec, source_features_spec, text_features_spec
from pipeline.datasets.aside import Aside
from pipeline.datasets.rows import MediaRow
from pipeline.encoders.cards import EncoderCard
from pipeline.recipe.envelope import CacheConfig
from pipeline.sources.specs import SourceSpec, source_artifact
from stores import ArtifactSpec, text_key


@dataclass(frozen=True)
class Need:
    """One named input of a loop: what is made of a file or a sentence once.

    Attributes:
        source: the array that is made of a file; None for sentences.
        card: the frozen encoder that reads it; None where the array itself is read.
        cut: of the encoder's tower.
        reading: how the tower reads the source, where that is not its own kind of input.
    """

    source: SourceSpec | None
    card: EncoderCard | None
    cut: str = "output"
    reading: Reading | None = None

    def spec(self, cache: CacheConfig) -> ArtifactSpec:
        """What holds it. Decoded as the encoder wants it, a file has one row, whichever recipe asks."""
        if self.card is None:
            assert self.source is not None, "a need is of files or of sentences"
            return source_artifact(self.source)
        if self.source is None:
            return text_features_spec(self.card, self.cut, cache.dtype, cache.compute)
        if self.source == self.card.media and self.reading is None:
            return media_features_spec(self.card, self.cut, cache.dtype, cache.compute)
        source = source_artifact(self.source).fingerprint
        reads = None if self.reading is None else self.reading.fields
        return source_features_spec(self.card, source, self.cut, cache.dtype, cache.compute, reads)


@dataclass(frozen=True)
class Input:
    """A need of certain files or sentences.

    Attributes:
        name: as stages and run records call it.
        what: as plans call it.
        need: what is made.
        rows: of files; equal keys are one row.
        texts: the sentences instead.
        labelled: the rows that texts were taken from, where they are judged.
        row_bytes: about what a row takes.
        to_come: rows of which more is not known yet.
        note: what is good to know.
        stored: whether an encoder reads the stored source instead of the files.
        unreadable: (path, reason) of what its data set names and cannot be read.
        aside: counts of what else its data set holds and is not judged.
    """

    name: str
    what: str
    need: Need
    rows: Sequence[MediaRow] = ()
    texts: Sequence[str] = ()
    row_bytes: int = 0
    to_come: int = 0
    note: str = ""
    stored: bool = False
    unreadable: Sequence[tuple[str, str]] = ()
    aside: Sequence[Aside] = ()
    labelled: Sequence[MediaRow] = ()

    @property
    def keys(self) -> list[str]:
        """Of its rows: each file's once, a sentence's as often as it is wanted."""
        return list(dict.fromkeys(row.key for row in self.rows)) or [text_key(text) for text in self.texts]
