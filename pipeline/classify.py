"""Classify single files with a trained run (TaAM-CPT, section 3.5): decode, encode, compare with the class prompts.

What goes wrong with one file is said in its own entry and does not disturb the others.

Dims: n files, C classes of a modality, d width of its embedding space.
"""

import os
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.datasets.texts import read_text_file
from pipeline.encoders.cards import EncoderCard, Score
from pipeline.evaluation.similarity import Floats, probabilities, unit_rows
from pipeline.media.isolation import NOT_READ, decode_many
from pipeline.media.kinds import media_kind, moving
from pipeline.predictions import Prediction
from pipeline.reading import MachineFault, reading

Classifier = tuple[Sequence[str], Floats]
"""Labels (C) and class vectors (C, d) of one modality."""

_Content = tuple[str, np.ndarray | str | None, str]
"""A file, its decoded array or its text (None if it failed), and why it failed."""

_BATCH = 32
_NO_FOLDER = "a folder that this user may not read"
# A video without pictures, or one shown to a run that knows no videos, is judged by its sound.
_TRIED_AS = {
    "image": ("image",), "audio": ("audio", "video"), "video": ("video", "audio"), "text": ("text",),
    None: ("image", "video", "audio"),
}  # fmt: skip


Rows = Callable[[Sequence[np.ndarray | str]], Floats]
"""Decoded files, or texts, (n) -> what is answered from, (n, k): features, or probabilities already."""

Answers = Callable[[Floats], Floats]
"""All rows of one modality (n, k) -> a probability for every class (n, C). A class of probability 0 is not named; a row of zeros
says that the file shows none of the classes."""


@dataclass(frozen=True)
class Knows:
    """What a run knows of one modality.

    Attributes:
        card: of its encoder.
        labels: its C classes.
        rows: what it makes of files, batch by batch; one that is not finite says that there is no answer.
        answers: how probable each class is by these, of all files at once.
    """

    card: EncoderCard
    labels: Sequence[str]
    rows: Rows
    answers: Answers = lambda rows: rows


def predict_files(
    classifiers: Mapping[str, Classifier],
    cards: Mapping[str, EncoderCard],
    paths: Sequence[str | Path],
    *,
    device: str = "auto",
    compute: str = "float32",
    top: int = 5,
    answers: Mapping[str, Answers] | None = None,
    workers: int = 1,
    timeout_s: float = 60.0,
    texts: Sequence[str] = (),
) -> list[Prediction]:
    """The most probable classes of every file by the nearest class vector, in the order of `paths`, then of every text.

    Args:
        classifiers: modality -> labels and class vectors (C, d), from a trained run.
        cards: modality -> its encoder.
        paths: the files; their modality is told from their content. A GIF is an image, or a video to a run that knows no images.
        device: where encoders run.
        compute: type in which they compute.
        top: classes a file.
        answers: modality -> how features are answered about; by the cosines as the encoder's card says, where nothing is said.
        workers: decoding processes; 0 decodes in this one, unprotected.
        timeout_s: seconds that one file may take to decode.
        texts: that are judged as they are.

    Raises:
        EncoderError: an encoder cannot be loaded.
    """
    knows = {}
    for modality, (labels, vectors) in classifiers.items():
        answer = (answers or {}).get(modality) or nearest(vectors, cards[modality].score)
        knows[modality] = Knows(cards[modality], labels, features_of(cards[modality], device, compute), answer)
    found = answer_files(knows, paths, top=top, workers=workers, timeout_s=timeout_s)
    return found + answer_texts(knows, texts, top=top)


def answer_files(
    knows: Mapping[str, Knows],
    paths: Sequence[str | Path],
    *,
    top: int = 5,
    workers: int = 1,
    timeout_s: float = 60.0,
) -> list[Prediction]:
    """The most probable classes of every file, in the order of `paths`, by whatever knows its modality."""
    found, tries = {}, {}
    rows: dict[str, Floats] = {}
    for file in dict.fromkeys(map(str, paths)):
        found[file], tries[file] = _untried(file, knows)
    for turn in range(max(map(len, tries.values()), default=0)):
        for modality, known in knows.items():
            waiting = [f for f in found if found[f].error and tries[f][turn : turn + 1] == [modality]]
            if not waiting:
                continue
            with closing(_decoded(waiting, known.card, workers, timeout_s)) as stream:
                for judged, row in _looked_at(stream, modality, known):
                    # What a file claims to be is what it fails to be; of one that claims nothing, nothing is said.
                    file = judged.path
                    if not judged.error or (turn == 0 and found[file].modality):
                        found[file] = judged
                    if row is not None:
                        rows[file] = row
                    if judged.error.startswith(NOT_READ):  # it is no file of another kind for that
                        found[file], tries[file] = judged, []
    found |= _answered(found, rows, knows, top)
    return [found[str(path)] for path in paths]


def answer_texts(knows: Mapping[str, Knows], texts: Sequence[str], *, top: int = 5) -> list[Prediction]:
    """The most probable classes of every text, in the order of `texts`."""
    if "text" not in knows:
        told = f"a text; this run knows {', '.join(knows)} only"
        return [Prediction(text, "text", error=told) for text in texts]
    once = [text for text in dict.fromkeys(texts) if text.strip()]
    found, rows = {}, {}
    for judged, row in _looked_at(((text, text, "") for text in once), "text", knows["text"]):
        found[judged.path] = judged
        if row is not None:
            rows[judged.path] = row
    found |= _answered(found, rows, knows, top)
    return [found.get(text) or Prediction(text, "text", error="no text") for text in texts]


def _untried(file: str, knows: Mapping[str, Knows]) -> tuple[Prediction, list[str]]:
    """What is said of a file before anything was tried, and the modalities to try."""
    known = ", ".join(knows)
    try:
        with reading(file):
            os.stat(file)
        kind = media_kind(file)
    except MachineFault as fault:
        return Prediction(file, None, error=str(fault)), []
    except (FileNotFoundError, ValueError):
        return Prediction(file, None, error="no such file"), []
    except OSError as error:
        return Prediction(file, None, error=f"not readable: {error.strerror or error}"), []
    if os.path.isdir(file):
        readable = os.access(file, os.R_OK | os.X_OK)
        told = f"a folder without a file that this run can judge; it knows {known}" if readable else _NO_FOLDER
        return Prediction(file, None, error=told), []
    tries = [modality for modality in (*_TRIED_AS[kind], *moving(file)) if modality in knows]
    if kind is None:
        told = f"neither an image nor a sound nor a video nor a text; this run knows {known}"
    else:
        told = f"{kind} file; this run knows {known} only"
    return Prediction(file, kind, error=told), tries


def _decoded(
    files: Sequence[str], card: EncoderCard, workers: int, timeout_s: float
) -> Generator[_Content, None, None]:
    if card.media is None:
        for file in files:
            try:
                text, problem = read_text_file(Path(file))
            except MachineFault as fault:
                text, problem = "", str(fault)
            yield file, None if problem else text, problem
        return
    with closing(decode_many(files, card.media, workers=workers, timeout_s=timeout_s, ahead=_BATCH)) as stream:
        yield from ((file.path, file.array, file.reason) for file in stream)


def _looked_at(stream: Iterator[_Content], modality: str, known: Knows) -> Iterator[tuple[Prediction, Floats | None]]:
    """Every file without its classes yet, batch by batch, with what is answered from; None where it failed."""
    while batch := list(islice(stream, _BATCH)):
        contents = {file: content for file, content, _ in batch if content is not None}
        rows = known.rows(list(contents.values())) if contents else ()
        for file, row in zip(contents, rows, strict=True):
            fine = bool(np.isfinite(row).all())
            error = "" if fine else "the encoder's features are not finite"
            yield Prediction(file, modality, error=error), row if fine else None
        yield from ((Prediction(file, modality, error=why), None) for file, content, why in batch if content is None)


def _answered(
    found: Mapping[str, Prediction], rows: Mapping[str, Floats], knows: Mapping[str, Knows], top: int
) -> dict[str, Prediction]:
    """The files that there are rows of, with their classes."""
    answered = {}
    for modality, known in knows.items():
        files = [file for file in rows if found[file].modality == modality]
        if not files:
            continue
        for file, shares in zip(files, known.answers(np.stack([rows[file] for file in files])), strict=True):
            best = np.argsort(-shares, kind="stable")[:top]
            classes = tuple((known.labels[c], float(shares[c])) for c in best if shares[c] > 0)
            answered[file] = Prediction(file, modality, classes)
    return answered


def nearest(vectors: Floats, score: Score) -> Answers:
    """What the cosines with class vectors (C, d) tell."""
    units = unit_rows(vectors)

    def answers(features: Floats) -> Floats:
        return np.stack([probabilities(unit_rows(row[None]) @ units.T, score)[0] for row in features])

    return answers


def features_of(card: EncoderCard, device: str, compute: str) -> Rows:
    """Encode files; the encoder is loaded for the first of them."""
    loaded: list[Any] = []

    def features(contents: Sequence[np.ndarray | str]) -> NDArray[np.float32]:
        from pipeline.encoders.load import load_encoder

        if not loaded:
            loaded.append(load_encoder(card, device, compute))
        (encoder,) = loaded
        vectors = encoder.media.lower(encoder.batch(list(contents)), "output")["vectors"]
        return np.asarray(vectors.float().cpu().numpy())

    return features
