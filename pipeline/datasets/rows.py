"""One row of a media source: a file or a text, its identity and its labels."""

from dataclasses import dataclass


@dataclass(frozen=True)
class MediaRow:
    """What is judged, as the cache and the evaluation see it.

    Attributes:
        key: hash of the file's bytes (`stores.file_key`), so the same file is the same row wherever it lies; of a text,
            `stores.text_key`.
        path: where the file lies now; of the modality "text", the text itself.
        labels: names of the classes it shows; empty when unknown.
    """

    key: str
    path: str
    labels: tuple[str, ...]
