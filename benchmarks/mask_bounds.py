"""Whether the bounds of the miniature's masks hold: without the sound nobody tells which shape it is, with it CoPL does.

    python benchmarks/mask_bounds.py --seeds 6001 6002 6003

Of two shapes one sounds. Five ways to learn masks of clips of seeds that nobody has looked at, by the learner, the loop and the
judge of the task, from what its sources make of the files: without any sound; with prompts inside but no interaction, and TPAVI
given zeros; with interaction, which alone can bring the sound then; CoPL whole, with both; the head alone, on frozen towers. The
last epoch answers, so that nothing is chosen on what is judged.

Dims: n clips, T segments, S side of a mask.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from pipeline.datasets.av.masks import MaskClip, read_mask_clips
from pipeline.encoders.cards import card
from pipeline.encoders.stepped.base import SteppedTower, run
from pipeline.encoders.stepped.load import load_stepped
from pipeline.evaluation.masks import MaskTally
from pipeline.media.mask_spec import MaskSpec
from pipeline.media.masks import decode_mask
from pipeline.media.video import decode_video
from pipeline.methods.copl.masks.config import MasksOptions
from pipeline.methods.copl.masks.learner import MaskBatch, MasksLearner
from pipeline.methods.copl.masks.pyramid import mask_reads
from pipeline.recipe.mask_data import MiniatureMasksData
from pipeline.sources.segments import frames_spec, picture_of_sound
from pipeline.sources.spectrograms import fbank_segments
from pipeline.telemetry.progress import Progress
from pipeline.training.checkpoint import Checkpoints
from pipeline.training.loop import fit, learned_of
from stores import ArtifactSpec, Store

SECONDS = 5
COMMON: dict[str, Any] = {
    "variant": "paper",
    "layers": 8,
    "global_prompts": 4,
    "interaction_prompts": 4,
    "batch": 4,
    "init_std": 0.3,
    "lr_prompts": 0.01,
    "lr_head": 0.003,
    "schedule": "cosine",
    "epochs": 12,
}
HEAD: dict[str, Any] = {"size": 64, "width": 32, "level_widths": (16, 16, 32, 32), "audio_width": 32}
RUNGS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "no sound": ({"rung": "frame"}, {"tpavi": ()}),
    "zeros, no interaction": ({"rung": "frame"}, {"audio": "zeroed"}),
    "zeros, interaction": ({}, {"audio": "zeroed"}),
    "whole": ({}, {}),
    "head-only": ({"rung": "none"}, {}),
}


@dataclass(frozen=True)
class Clips:
    """Clips as their sources make them: frames uint8 (n, T, S, S, 3), spectrograms (n, T, S, S), masks uint8 (n, T, S, S)."""

    frames: torch.Tensor
    sounds: torch.Tensor
    masks: torch.Tensor


class Batches:
    """Clips at the cuts that a method reads, in an order of the epoch's own."""

    def __init__(
        self, visual: list[torch.Tensor], audio: list[torch.Tensor], masks: torch.Tensor, size: int, seed: int
    ):
        self._visual, self._audio, self._masks, self._size, self._seed = visual, audio, masks, size, seed

    def __len__(self) -> int:
        return -(-len(self._masks) // self._size)

    def epoch(self, epoch: int) -> Iterator[MaskBatch]:
        """All clips, batch by batch; epochs count from 1."""
        order = torch.randperm(len(self._masks), generator=torch.Generator().manual_seed(1000 * self._seed + epoch))
        for chosen in order.split(self._size):
            yield self.at(chosen)

    def at(self, chosen: torch.Tensor) -> MaskBatch:
        """Some of the clips."""
        visual, audio = ([each[chosen] for each in side] for side in (self._visual, self._audio))
        return MaskBatch(visual, audio, self._masks[chosen])


def main() -> None:
    """Print a line of JSON a seed and way: mIoU, its standard error over pairs of twins, and seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[6001, 6002, 6003])
    parser.add_argument("--clips", type=int, nargs=2, default=[192, 64], help="of train and of test")
    parser.add_argument("--ways", nargs="+", default=list(RUNGS))
    parser.add_argument("--options", type=json.loads, default={}, help="of the method, as JSON")
    parser.add_argument("--head", type=json.loads, default={}, help="options of the head, as JSON")
    asked = parser.parse_args()
    tower = load_stepped(card("miniature-swin"), "cpu")
    for seed in asked.seeds:
        with tempfile.TemporaryDirectory() as workspace:
            data = MiniatureMasksData(layout="miniature", seed=seed, train=asked.clips[0], val=2, test=asked.clips[1])
            clips = read_mask_clips(data, Path(workspace))
            train, test = (_made(clips.of(split)) for split in ("train", "test"))
        for way in asked.ways:
            given, head = RUNGS[way]
            options = MasksOptions(**{**COMMON, **given, **asked.options}, head={**HEAD, **head, **asked.head})
            begun = time.perf_counter()
            values = learnt(options, tower, train, test, seed)
            pairs = values.reshape(-1, 2).mean(1)
            error = float(pairs.std(ddof=1) / np.sqrt(len(pairs)))
            told = {"seed": seed, "way": way, "miou": round(float(values.mean()), 3), "error": round(error, 4)}
            print(json.dumps({**told, "seconds": round(time.perf_counter() - begun, 1)}), flush=True)


def learnt(options: MasksOptions, tower: SteppedTower, train: Clips, test: Clips, seed: int) -> np.ndarray:
    """Intersection over union of every clip of test (n,)."""
    cuts, how = mask_reads(options, tower.shape, tower.shape), options.fit
    learned, judged = (
        Batches(_at(tower, cuts[0], each.frames), _at(tower, cuts[1], each.sounds), each.masks, options.batch, seed)
        for each in (train, test)
    )
    learner = MasksLearner(options, tower, tower, SECONDS, seed)
    with tempfile.TemporaryDirectory() as folder:
        artifact = Store(folder).artifact(ArtifactSpec(kind="mask-prompts", fields={}, backend="blob"))
        with artifact.writer() as writer:
            checkpoints = Checkpoints(artifact, writer)
            fit(learner, learned_of(learner, how), learned, how, checkpoints, Progress.silent())
    tally = MaskTally()
    for chosen in torch.arange(len(test.masks)).split(options.batch):
        batch = judged.at(chosen)
        for said, truth in zip(learner.answers(batch).numpy(), batch.masks.numpy(), strict=True):
            tally.add(said, truth)
    return np.array(tally.iou)


def _made(clips: tuple[MaskClip, ...]) -> Clips:
    seen, heard = frames_spec(64, SECONDS), picture_of_sound(64, SECONDS)
    frames = [decode_video(clip.video.path, seen) for clip in clips]
    sounds = [fbank_segments(clip.sound.path, heard) for clip in clips]
    masks = [[decode_mask(mask.path, MaskSpec(64)) for mask in clip.masks if mask is not None] for clip in clips]
    return Clips(*(torch.from_numpy(np.stack(each)) for each in (frames, sounds, masks)))


@torch.no_grad()
def _at(tower: SteppedTower, cuts: tuple[str, ...], rows: torch.Tensor) -> list[torch.Tensor]:
    if cuts == ("pixels",):
        return [rows]
    found: dict[str, list[torch.Tensor]] = {cut: [] for cut in cuts}
    for some in rows.split(32):
        for cut in cuts:
            stop = tower.shape.start(cut)
            tokens = run(tower, tower.enter(some.flatten(0, 1)), 0, stop)
            tokens = tokens if cut.startswith("block") else tower.between(stop, tokens)
            found[cut].append(tokens.unflatten(0, some.shape[:2]))
    return [torch.cat(parts) for parts in found.values()]


if __name__ == "__main__":
    main()
