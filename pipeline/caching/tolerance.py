"""How far a stored feature may be from the same feature made otherwise, measured on the first rows of an artifact.

Three numbers, each the largest over the rows of the relative distance |a - b| / |b| of one row, rounded up to one digit:

    batch     computed in a batch, against alone
    compute   computed in half precision, against float32; only where half precision computes
    stored    as stored, against as computed; only where storing rounds
    padded    of texts: trimmed to their own length, against padded to the context, in float32; only where the card trims

They are notes of the manifest: what the machine gave that made the artifact. Nothing reads them but people. Only a card that
trims texts whose padding matters is refused: its features would be those of other texts than the encoder was trained on.
"""

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np

from pipeline.encoders.encoder import Encoder
from pipeline.encoders.errors import EncoderError
from pipeline.encoders.load import load_encoder
from pipeline.encoders.tower import Activations, Inputs, Tower

ROWS = 2
"""Rows that are measured, at most; each is computed twice or three times."""

MOST_BY_PADDING = 1e-3
"""Towers that do not read padding are at some 1e-6; a SigLIP is at 0.1 and more."""

Half = Literal["text", "media"]


def first_notes(
    encoder: Encoder,
    half: Half,
    contents: Sequence[np.ndarray | str],
    cut: str,
    *,
    stored: str,
    compute: str,
) -> dict[str, float]:
    """Measure `encoder`, which computes in `compute`; in half precision it is loaded once more, in float32."""
    tower: Tower = getattr(encoder, half)
    exact = None if compute == "float32" else load_encoder(encoder.card, str(tower.device), "float32")
    notes = measure(encoder, half, contents, cut, stored, exact)
    if half == "text" and encoder.card.padding == "longest":
        notes["padded"] = padded_distance(exact or encoder, [str(text) for text in contents[:ROWS]])
    return notes


def padded_distance(encoder: Encoder, texts: Sequence[str]) -> float:
    """How far features of trimmed texts are from those of padded ones, rounded up to one digit.

    Raises:
        EncoderError: so far that padding is no padding, but something that the text tower reads.
    """
    ids = encoder.tokenize(texts)
    trimmed = [_rows(encoder.text.lower(encoder.collate([row], "longest"), "output"), 1)[0] for row in ids]
    padded = _rows(encoder.text.lower(encoder.collate(ids, "context"), "output"), len(ids))
    distance = _farthest(trimmed, padded)
    if not distance <= MOST_BY_PADDING:
        raise EncoderError(
            f"encoder {encoder.card.name!r} reads the padding of its texts: trimmed to their own length, features are "
            f"{distance:.1g} of their length away from those padded to {encoder.context_length} tokens (allowed is "
            f"{MOST_BY_PADDING}). Its card has to say padding='context', as it was trained; see docs/writing-an-encoder.md"
        )
    return _rounded_up(distance)


def measure(
    encoder: Encoder,
    half: Half,
    contents: Sequence[np.ndarray | str],
    cut: str,
    stored: str,
    exact: Encoder | None = None,
) -> dict[str, float]:
    """Measure the encoder on the first rows of an artifact.

    Args:
        encoder: as it makes the features.
        half: which tower makes them.
        contents: decoded files, or texts; the first `ROWS` are used.
        cut: where the tower is cut.
        stored: type in which features are stored.
        exact: the same encoder computing in float32, where `encoder` computes in half precision.

    Returns:
        Notes for the manifest; none where the cut leaves whole numbers only, which are never rounded.
    """
    chosen = list(contents[:ROWS])
    tower: Tower = getattr(encoder, half)
    together = _rows(tower.lower(_inputs(encoder, half, chosen), cut), len(chosen))
    alone = [_rows(tower.lower(_inputs(encoder, half, [content]), cut), 1)[0] for content in chosen]
    if not alone[0].size:
        return {}
    notes = {"batch": _farthest(together, alone)}
    if exact is not None:
        reference: Tower = getattr(exact, half)
        wanted = [_rows(reference.lower(_inputs(exact, half, [content]), cut), 1)[0] for content in chosen]
        notes["compute"] = _farthest(alone, wanted)
    if stored != "float32":
        notes["stored"] = _farthest([row.astype(stored).astype(np.float64) for row in alone], alone)
    return {name: _rounded_up(value) for name, value in notes.items()}


def _inputs(encoder: Encoder, half: Half, contents: Sequence[np.ndarray | str]) -> Inputs:
    return encoder.collate(encoder.tokenize([str(c) for c in contents])) if half == "text" else encoder.batch(contents)


def _rows(acts: Activations, count: int) -> list[np.ndarray]:
    """Each row's floating numbers, flat."""
    floating = [x.double().cpu().numpy() for x in acts.values() if x.is_floating_point()]
    return [np.concatenate([x[row].ravel() for x in floating] or [np.zeros(0)]) for row in range(count)]


def _farthest(found: Sequence[np.ndarray], wanted: Sequence[np.ndarray]) -> float:
    # Of a text at a lower cut, only the places that it has alone: what padding leaves behind it is never read.
    pairs = ((a[: b.size], b) for a, b in zip(found, wanted, strict=True))
    return max(float(np.linalg.norm(a - b)) / max(float(np.linalg.norm(b)), 1e-30) for a, b in pairs)


def _rounded_up(value: float) -> float:
    """One digit, upwards: what one run measures as 3.1e-7 and the next as 3.3e-7 is 4e-7 for both."""
    if not 0 < value < math.inf:
        return 0.0 if value == 0 else value
    unit = 10.0 ** math.floor(math.log10(value))
    return float(f"{math.ceil(value / unit) * unit:.0e}")
