"""Windows of one length in clips of any, and the labels that events give to the segments of a window.

Dims: T = segments of a window.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from pipeline.datasets.av.clips import Split

_WHOLE = 0.5
_SHARES = {"val": 0.15, "test": 0.15}


@dataclass(frozen=True)
class TimedEvent:
    """A class that is seen and heard from `start_s` to `end_s` of a file; both are one moment of an event without length."""

    label: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class FoundEvent(TimedEvent):
    """An event that a model has found, and its mean probability over the segments."""

    probability: float = 1.0


def window_starts(length_s: float, segments: int, segment_s: float) -> tuple[float, ...]:
    """Where windows begin in a clip: one after the other, and one that ends with the clip where a rest is left.

    A clip that is up to half a segment longer or shorter than a window is one window; a shorter one has none.
    """
    wanted, apart = segments * segment_s, _WHOLE * segment_s
    if length_s < wanted - apart:
        return ()
    count = max(1, int((length_s + apart) // wanted))
    starts = [round(k * wanted, 3) for k in range(count)]
    rest = length_s - count * wanted
    if rest > apart:
        starts.append(int((length_s - wanted) * 1000) / 1000)
    return tuple(starts)


def window_labels(
    events: Sequence[TimedEvent], classes: Sequence[str], start_s: float, segments: int, segment_s: float
) -> tuple[int, ...]:
    """The class of every segment of a window, (T,); the number of classes is background.

    An event counts in a segment of which it fills half, and in one in which half of it lies, so that short events are not lost.
    Of several classes the one that fills most counts, and of two alike the first of `classes`.
    """
    labels = []
    for segment in range(segments):
        begins = start_s + segment * segment_s
        filled = [0.0] * len(classes)
        for event in events:
            shared = min(event.end_s, begins + segment_s) - max(event.start_s, begins)
            length = event.end_s - event.start_s
            inside = (
                begins <= event.start_s < begins + segment_s if not length else shared >= min(segment_s, length) / 2
            )
            if inside:
                filled[classes.index(event.label)] += max(shared, 1e-9)
        labels.append(filled.index(max(filled)) if any(filled) else len(classes))
    return tuple(labels)


def hashed_splits(keys: Sequence[str], seed: int) -> dict[str, Split]:
    """The split of every file, by a hash of its key: 15 % val, 15 % test, at least one each of three files and more.

    Copies of a file stay together, and files that are added later move few others.
    """
    drawn = sorted(set(keys), key=lambda key: sha256(f"split {seed} {key}".encode()).hexdigest())
    splits: dict[str, Split] = dict.fromkeys(drawn, "train")
    begin = 0
    for name, share in _SHARES.items():
        count = max(1, round(share * len(drawn))) if len(drawn) >= 3 else 0
        splits.update(dict.fromkeys(drawn[begin : begin + count], "val" if name == "val" else "test"))
        begin += count
    return splits
