"""Classify single files with a trained run (TaAM-CPT, section 3.5): decode, encode, compare with the class prompts.

What goes wrong with one file is said in its own entry and does not disturb the others.

Dims: n files, C classes of a modality, d width of its embedding space.
"""

import os
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.markup import escape
from rich.table import Table

from pipeline.datasets.texts import read_text_file
from pipeline.encoders.cards import EncoderCard
from pipeline.evaluation.similarity import Floats, cosine_scores, softmax
from pipeline.media.isolation import NOT_READ, decode_many
from pipeline.media.kinds import media_kind, moving
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


@dataclass(frozen=True)
class Prediction:
    """What a run says of one file.

    Attributes:
        path: the file as it was given.
        modality: what it was taken for; None where that could not be told.
        classes: the most probable classes with their probabilities, best first; empty with an error.
        error: why there are none; empty if there are.
    """

    path: str
    modality: str | None
    classes: tuple[tuple[str, float], ...] = ()
    error: str = ""


def predict_files(
    classifiers: Mapping[str, Classifier],
    cards: Mapping[str, EncoderCard],
    paths: Sequence[str | Path],
    *,
    device: str = "auto",
    compute: str = "float32",
    top: int = 5,
    temperature: float = 0.01,
    workers: int = 1,
    timeout_s: float = 60.0,
) -> list[Prediction]:
    """The most probable classes of every file, in the order of `paths`.

    Args:
        classifiers: modality -> labels and class vectors (C, d), from a trained run.
        cards: modality -> its encoder.
        paths: the files; their modality is told from their content. A GIF is an image, or a video to a run that knows no images.
        device: where encoders run.
        compute: type in which they compute.
        top: classes a file.
        temperature: of the softmax over cosines.
        workers: decoding processes; 0 decodes in this one, unprotected.
        timeout_s: seconds that one file may take to decode.

    Raises:
        EncoderError: an encoder cannot be loaded.
    """
    found, tries = {}, {}
    for file in dict.fromkeys(map(str, paths)):
        found[file], tries[file] = _untried(file, classifiers)
    for turn in range(max(map(len, tries.values()), default=0)):
        for modality, (labels, vectors) in classifiers.items():
            waiting = [f for f in found if found[f].error and tries[f][turn : turn + 1] == [modality]]
            if not waiting:
                continue
            with closing(_decoded(waiting, cards[modality], workers, timeout_s)) as stream:
                for file, features in _encode(stream, cards[modality], device, compute):
                    judged = _judge(file, modality, features, labels, vectors, top, temperature)
                    # What a file claims to be is what it fails to be; of one that claims nothing, nothing is said.
                    if not judged.error or (turn == 0 and found[file].modality):
                        found[file] = judged
                    if judged.error.startswith(NOT_READ):  # it is no file of another kind for that
                        found[file], tries[file] = judged, []
    return [found[str(path)] for path in paths]


def predictions_to_json(predictions: Iterable[Prediction]) -> list[dict[str, Any]]:
    """The predictions as values for JSON, probabilities as fractions."""
    return [
        {
            "path": prediction.path,
            "modality": prediction.modality,
            "predictions": [{"label": label, "probability": share} for label, share in prediction.classes],
            "error": prediction.error or None,
        }
        for prediction in predictions
    ]


def render_predictions(predictions: Iterable[Prediction]) -> Table:
    """One row a file: what it is, its classes with their probabilities in percent, the best in bold."""
    table = Table(show_lines=True)
    table.add_column("file", overflow="fold")
    table.add_column("modality")
    table.add_column("class")
    table.add_column("%", justify="right", no_wrap=True)
    for prediction in predictions:
        names = [escape(label) for label, _ in prediction.classes]
        shares = [f"{100 * share:.1f}" for _, share in prediction.classes]
        if prediction.error:
            names, shares = [f"[red]{escape(prediction.error)}[/red]"], ["-"]
        else:
            names[0], shares[0] = f"[bold]{names[0]}[/bold]", f"[bold]{shares[0]}[/bold]"
        table.add_row(escape(prediction.path), prediction.modality or "-", "\n".join(names), "\n".join(shares))
    return table


def _untried(file: str, classifiers: Mapping[str, Classifier]) -> tuple[Prediction, list[str]]:
    """What is said of a file before anything was tried, and the modalities to try."""
    known = ", ".join(classifiers)
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
    tries = [modality for modality in (*_TRIED_AS[kind], *moving(file)) if modality in classifiers]
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


def _encode(
    stream: Iterator[_Content], card: EncoderCard, device: str, compute: str
) -> Iterator[tuple[str, NDArray[np.float32] | str]]:
    """Yield every file with its feature (d), or with the reason why it has none."""
    from pipeline.encoders.load import load_encoder

    encoder = None
    while batch := list(islice(stream, _BATCH)):
        contents = {file: content for file, content, _ in batch if content is not None}
        if contents:
            encoder = encoder or load_encoder(card, device, compute)
            features = encoder.media.lower(encoder.batch(list(contents.values())), "output")["vectors"]
            yield from zip(contents, features.float().cpu().numpy(), strict=True)
        yield from ((file, reason) for file, content, reason in batch if content is None)


def _judge(
    file: str,
    modality: str,
    feature: NDArray[np.float32] | str,
    labels: Sequence[str],
    vectors: Floats,
    top: int,
    temperature: float,
) -> Prediction:
    if isinstance(feature, str):
        return Prediction(file, modality, error=feature)
    if not np.isfinite(feature).all():
        return Prediction(file, modality, error="the encoder's features are not finite")
    shares = softmax(cosine_scores(feature[None], vectors), temperature)[0]
    best = np.argsort(-shares, kind="stable")[:top]
    return Prediction(file, modality, tuple((labels[c], float(shares[c])) for c in best))
