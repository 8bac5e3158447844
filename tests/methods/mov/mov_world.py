"""A CLIP with three image blocks and vectors of 6 numbers, float64, and clips for it."""

from dataclasses import replace

import torch
from plain_towers import image_of, shaken, tiny

from pipeline.methods.mov.batch import Classes, MovBatch, MovClips, VideoTowers
from pipeline.methods.mov.config import MovOptions
from pipeline.methods.mov.frozen import frozen_tower
from pipeline.methods.mov.learner import MovLearner

MEAN, STD = (0.4, 0.5, 0.6), (0.2, 0.25, 0.3)
FRAMES, BINS, STEPS, CLASSES, D = 4, 8, 12, 5, 6
SMALL = {"heads": 2, "frames": FRAMES, "sound_bins": BINS, "sound_frames": STEPS}
FLOW = MovOptions(**SMALL)
SOUND = MovOptions(other="sound", **SMALL)
ONE = MovOptions(other="sound", audio_tokens="one", **SMALL)
KINDS = {"flow": FLOW, "patches": SOUND, "one": ONE}


def numbers(*shape, seed=0, dtype=torch.float64):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def inputs(options, clips, *views, seed=5):
    """What the tower reads as it is decoded: flow pictures a frame, or a spectrogram."""
    if options.other == "sound":
        return numbers(clips, *views, STEPS, BINS, seed=seed)
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (clips, *views, FRAMES, 12, 12, 2), dtype=torch.uint8, generator=generator)


def batch(options, clips=3, seed=0):
    video = numbers(clips, FRAMES, D, seed=seed)
    labels = torch.arange(clips) % CLASSES
    return MovBatch(video, inputs(options, clips, seed=seed + 5), labels)


def clips(options, count=3, views=2, seed=7):
    return MovClips(numbers(count, views, FRAMES, D, seed=seed), inputs(options, count, views, seed=seed))


def classes(count=CLASSES, seed=11):
    return Classes(numbers(count, D, seed=seed))


def towers(options, model=None, frames=False):
    model = tiny() if model is None else model
    return VideoTowers(image_of(model) if frames else None, frozen_tower(model.visual, MEAN, STD, options))


def learner(options, cut="pixels", seed=1, shake=True, **changes):
    """A learner whose biases and scales are drawn, too, so that nothing hides behind 0 and 1."""
    options = options.model_copy(update=changes)
    made = MovLearner(options, towers(options), classes(), seed, cut)
    if shake:
        shaken(made.head)
        made.head.requires_grad_(True)
    return made


def arrays(module):
    return {name: value.detach().numpy() for name, value in module.named_parameters()}


def with_video(given, video):
    return replace(given, video=video)
