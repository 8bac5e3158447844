"""What an encoder does here, before a million files go through it: whether its towers keep their promises, and how fast.

Dims: b rows, d width.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from pipeline.caching.lowering import rows_a_batch
from pipeline.caching.tolerance import first_notes
from pipeline.encoders.cards import EncoderCard
from pipeline.encoders.encoder import Encoder
from pipeline.encoders.errors import EncoderError
from pipeline.encoders.load import load_encoder
from pipeline.encoders.stepped.of_card import mel_of, shape_of
from pipeline.encoders.tower import Inputs, Tower
from pipeline.media import AudioSpec

TEXTS = (
    "a photo of a dog", "rain", "two red cats sleep on the table beside an open window, and nobody is there",
    "The sound of a train in the distance.",
)  # fmt: skip
_MOST = {"float32": 1e-4, "float16": 0.05, "bfloat16": 0.1}
"""Relative distance that cuts and batches may make, by what is computed in."""
_MOST_ROWS, _TEXTS_TIMED = 32, 64


@dataclass(frozen=True)
class TowerCheck:
    """One tower.

    Attributes:
        tower: "media" or "text".
        cuts: cut -> the largest relative distance of a row that went through it from one that did not.
        notes: see `caching.tolerance`.
        rows_per_second: through the whole tower, in batches as the pipeline makes them, without decoding.
        problems: promises that it does not keep, a sentence each.
    """

    tower: str
    cuts: dict[str, float]
    notes: dict[str, float]
    rows_per_second: float
    problems: tuple[str, ...]


@dataclass(frozen=True)
class EncoderCheck:
    """The whole: its card's name, the time that loading took, and its towers."""

    encoder: str
    seconds_to_load: float
    towers: tuple[TowerCheck, ...]

    @property
    def problems(self) -> tuple[str, ...]:
        """Of all towers."""
        return tuple(problem for tower in self.towers for problem in tower.problems)


def check_encoder(card: EncoderCard, device: str = "auto", compute: str = "float32") -> tuple[EncoderCheck, Encoder]:
    """Load an encoder and try its towers on made-up media and a few texts.

    Args:
        card: what to try.
        device: where it runs.
        compute: type in which it computes.

    Returns:
        what was found, and the encoder.

    Raises:
        EncoderError: it cannot be loaded.
    """
    start = time.perf_counter()
    encoder = load_encoder(card, device, compute)
    loaded = time.perf_counter() - start
    towers = []
    if card.media is not None:
        towers.append(_tried(encoder, "media", media_like(card, _rows(encoder.media)), compute))
    if card.texts == "own":
        towers.append(_tried(encoder, "text", (TEXTS * _TEXTS_TIMED)[:_TEXTS_TIMED], compute))
    return EncoderCheck(card.name, loaded, tuple(towers)), encoder


def media_like(card: EncoderCard, count: int) -> list[np.ndarray]:
    """Noise in the shape of decoded files, no two alike; of stored spectrograms, where a tower reads nothing else."""
    assert card.media is not None
    rng = np.random.default_rng(0)
    if card.family == "hts-at" and mel_of(card) is None:
        return [rng.normal(0, 1, shape_of(card).input).astype(np.float32) for _ in range(count)]
    if isinstance(card.media, AudioSpec):
        return [rng.normal(0, 0.1, card.media.shape).astype(np.float32) for _ in range(count)]
    return [rng.integers(0, 256, card.media.shape, dtype=np.uint8) for _ in range(count)]


def _rows(tower: Tower) -> int:
    return min(rows_a_batch(tower.device), _MOST_ROWS if tower.device.type == "cpu" else rows_a_batch(tower.device))


def _tried(encoder: Encoder, half: str, contents: Sequence[np.ndarray] | Sequence[str], compute: str) -> TowerCheck:
    tower: Tower = getattr(encoder, half)
    few, problems = list(contents[:4]), []
    inputs = _inputs(encoder, half, few)
    full = tower.full(inputs).float()
    if tuple(full.shape) != (len(few), encoder.card.dim):
        problems.append(
            f"the {half} tower makes {tuple(full.shape)} of {len(few)} rows; its card says width {encoder.card.dim}"
        )
    if not bool(full.isfinite().all()):
        problems.append(f"the {half} tower makes numbers that are not finite")
    elif float(full.std(dim=0).max()) < 1e-6 * float(full.abs().max()):
        problems.append(f"the {half} tower makes the same of different inputs")
    cuts = {cut: _distance(tower.upper(tower.lower(inputs, cut), cut).float(), full) for cut in tower.cuts}
    problems += [
        f"the {half} tower cut at {cut} goes on to other vectors, {distance:.1g} of their length away"
        for cut, distance in cuts.items()
        if not distance <= _MOST[compute]
    ]
    notes, told = _notes(encoder, half, few, compute)
    if not notes.get("batch", 0.0) <= _MOST[compute]:
        problems.append(f"rows of the {half} tower depend on their batch: {notes['batch']:.1g} of their length")
    return TowerCheck(half, cuts, notes, _rate(encoder, half, contents), (*problems, *told))


def _notes(encoder: Encoder, half: str, few: list, compute: str) -> tuple[dict[str, float], list[str]]:
    try:
        found = first_notes(
            encoder, "text" if half == "text" else "media", few, "output", stored="float16", compute=compute
        )
    except EncoderError as error:
        return {}, [str(error)]
    return found, []


def _rate(encoder: Encoder, half: str, contents: Sequence[np.ndarray] | Sequence[str]) -> float:
    tower: Tower = getattr(encoder, half)
    start = time.perf_counter()
    found = tower.lower(_inputs(encoder, half, list(contents)), tower.cuts[-1])["vectors"]
    if found.device.type == "cuda":
        torch.cuda.synchronize(found.device)
    return len(contents) / (time.perf_counter() - start)


def _inputs(encoder: Encoder, half: str, contents: list) -> Inputs:
    return encoder.collate(encoder.tokenize(contents)) if half == "text" else encoder.batch(contents)


def _distance(found: torch.Tensor, wanted: torch.Tensor) -> float:
    return float(((found - wanted).norm(dim=1) / wanted.norm(dim=1).clamp_min(1e-30)).max())
