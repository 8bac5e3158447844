"""Learning one method with one seed, and saying what it makes of clips. Dims: n clips, C classes."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from pipeline.datasets.open_video import Exam
from pipeline.encoders.encoder import Encoder
from pipeline.methods.mov.baselines import ClipAdapter, FrozenClip, VideoCoOp
from pipeline.methods.mov.batch import Answers, Classes, VideoTowers
from pipeline.methods.mov.batches import MovBatches
from pipeline.methods.mov.config import FrozenClipOptions, MovOptions, VideoCoOpOptions
from pipeline.methods.mov.counts import first_learned
from pipeline.methods.mov.frozen import frozen_tower
from pipeline.methods.mov.learner import MovLearner
from pipeline.methods.mov.tower import shape_of
from pipeline.runs.timing import TimedBatches, remember_seconds
from pipeline.tasks.open_video.batches import StoredClips, stored_classes, stored_clips
from pipeline.tasks.open_video.bound import BoundOpenVideo
from pipeline.tasks.open_video.errors import OpenVideoError
from pipeline.tasks.open_video.recipe import VideoOptions
from pipeline.tasks.open_video.work import VideoUnit, lacking_of, learned_clips
from pipeline.training.checkpoint import Checkpoints
from pipeline.training.loop import fit, learned_of
from pipeline.training.read_back import answering, read_back

_VIEWS_AT_ONCE = 64
Said = dict[str, NDArray[np.float32]]
"""Name -> probabilities (n, C): "answer", and diagnostics beside it."""


def learn(bound: BoundOpenVideo, encoder: Encoder, unit: VideoUnit) -> int:
    """Learn to the last epoch, from the newest checkpoint; returns how many epochs that took now.

    The epoch that answers is the one that is best on the base clips that were held out.

    Raises:
        OpenVideoError: there is nothing to learn from, or something is not stored yet.
        MmptError: options and encoder do not fit.
    """
    options, lacking = unit.config, lacking_of(bound)
    absent = lacking.of(options)
    parts = learned_clips(bound, options, lacking, unit.draw)
    learned, held = (stored_clips(bound, part, options, absent, n > 0) for n, part in enumerate(parts))
    if not learned.clips.rows:
        raise OpenVideoError(
            f"{unit.name}: no clip is left to learn from: none has {getattr(options, 'other', 'frames')}"
        )
    classes = stored_classes(bound, learned.clips.classes, options, encoder, encoder.media.device)
    learner = learner_of(options, encoder, classes, unit.seed)
    how = options.fit
    batches = MovBatches(len(learned.clips.rows), options, unit.seed, learned.learned)
    chooses = how.keep == "best" and bool(held.clips.rows)
    with bound.store.artifact(unit.spec).writer() as writer:
        checkpoints = Checkpoints(bound.store.artifact(unit.spec), writer)
        timed = TimedBatches(batches, remember_seconds(bound, unit.spec.fingerprint))
        return fit(
            learner, learned_of(learner, how), timed, how, checkpoints, bound.progress,
            figure=(lambda: figure_on(learner, held, classes)) if chooses else None,
        )  # fmt: skip


def learner_of(options: Any, encoder: Encoder, classes: Classes, seed: int, from_files: bool = False) -> nn.Module:
    """A method before it has learned, on its frozen towers.

    Args:
        options: of the method.
        encoder: whose towers are read.
        classes: that are learned.
        seed: of what is drawn.
        from_files: whether it reads what was decoded just now, wherever the recipe cuts.

    Raises:
        MethodError: options and encoder do not fit.
    """
    towers = towers_of(options, encoder)
    if isinstance(options, MovOptions):
        late = options.cut == "late" and not from_files
        cut = first_learned(options, shape_of(towers.other)) if late and towers.other is not None else "pixels"
        return MovLearner(options, towers, classes, seed, cut)
    kind = VideoCoOp if isinstance(options, VideoCoOpOptions) else ClipAdapter
    return kind(options, towers, classes, seed)


def towers_of(options: Any, encoder: Encoder) -> VideoTowers:
    """What a method needs of the encoder beside stored vectors.

    Raises:
        OpenVideoError: the encoder's image tower cannot be copied.
        MethodError: it is of another kind than CLIP's.
    """
    if not isinstance(options, MovOptions):
        return VideoTowers(text=encoder.prompted_text)
    image = encoder.prompted_image
    if image is None or image.visual is None:
        raise OpenVideoError(
            f"open-video: the image tower of '{encoder.card.name}' cannot be copied to read {options.other}. Take a CLIP of "
            "OpenAI's kind, e.g. encoder: clip-vit-b16-openai"
        )
    return VideoTowers(other=frozen_tower(image.visual, image.mean, image.std, options))


def figure_on(learner: nn.Module, clips: StoredClips, classes: Classes) -> float:
    """How good a method, that goes on learning afterwards, is on base clips that were held out, see `figure_of`."""
    with answering(learner):
        shares = answers_on(learner, clips, classes, "base")["answer"]
    return figure_of(shares, clips.clips.labels)


def figure_of(shares: NDArray[np.float32], labels: Sequence[int]) -> float:
    """Share of clips that are right; of equal shares, which few clips often have, the one surer of the true classes.

    Args:
        shares: probabilities (n, C).
        labels: n numbers of classes.

    Returns:
        the share, and less than one clip's worth for how sure it is.
    """
    truth = np.array(labels)
    sure = float(shares[np.arange(len(truth)), truth].mean())
    return float((shares.argmax(-1) == truth).mean()) + sure / (len(truth) + 1)


def answers_on(learner: Any, clips: StoredClips, classes: Classes, path: Exam) -> Said:
    """What a method says of clips among classes."""
    size = max(1, _VIEWS_AT_ONCE // clips.views)
    parts = []
    for start in range(0, len(clips.clips.rows), size):
        rows = np.arange(start, min(start + size, len(clips.clips.rows)))
        parts.append(as_arrays(learner.answers(clips.judged(rows), classes, path)))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def as_arrays(found: Answers) -> Said:
    """Probabilities as they are stored; the row "cross-attention" of Table 5 is v_m among base, x_m among novel names."""
    named: Mapping[str, Any] = {"answer": found.probabilities, **found.beside}
    return {name: value.float().cpu().numpy() for name, value in named.items()}


def answered(
    bound: BoundOpenVideo,
    encoder: Encoder | None,
    unit: VideoUnit | None,
    options: VideoOptions,
    clips: StoredClips,
    path: Exam,
) -> tuple[Said, int]:
    """What a learned method, or frozen CLIP, says of clips among the classes of their exam; and the epoch that says it."""
    if isinstance(options, FrozenClipOptions):
        classes = stored_classes(bound, clips.clips.classes, options, None, torch.device("cpu"))
        return answers_on(FrozenClip(options, VideoTowers()), clips, classes, path), 0
    assert unit is not None and encoder is not None
    device = encoder.media.device
    learned = stored_classes(bound, bound.halves[unit.draw].learn.classes, options, encoder, device)
    learner = learner_of(options, encoder, learned, unit.seed)
    epoch = read_back(learner, Checkpoints(bound.store.artifact(unit.spec)))
    classes = stored_classes(bound, clips.clips.classes, options, encoder, device)
    return answers_on(learner, clips, classes, path), epoch
