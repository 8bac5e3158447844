"""CuPL's files: one JSON object, a list of sentences for each class."""

import json
from collections.abc import Iterator
from pathlib import Path

from pipeline.text.errors import TextError
from pipeline.text.files.record import NO_SENTENCE, BadRecord, Record, record

__all__ = ["read_cupl"]


def read_cupl(path: Path) -> Iterator[Record | BadRecord]:
    """Read every sentence of every class, in the order of the file; a class may stand there twice.

    Raises:
        TextError: The file holds something else.
    """
    try:
        pairs = json.loads(path.read_text("utf-8-sig"), object_pairs_hook=list)
    except (ValueError, RecursionError) as error:
        raise TextError(
            f"texts: {path} is no JSON: {error}. CuPL's files hold one object, class: [sentences]"
        ) from error
    if not isinstance(pairs, list) or not all(isinstance(pair, tuple) for pair in pairs):
        raise TextError(f'texts: {path} holds no object. CuPL\'s files look like this: {{"cat": ["A cat …", …], …}}')
    number = 0
    for name, sentences in pairs:
        for sentence in sentences if isinstance(sentences, list) and sentences else [sentences]:
            number += 1
            if isinstance(sentence, str):
                yield record(number, sentence, [name])
            else:
                yield BadRecord(number, f"{name}: {sentence!r}".encode("utf-8", "replace").decode(), NO_SENTENCE)
