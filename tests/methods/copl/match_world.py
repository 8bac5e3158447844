"""Seconds that show a shape and play a sound, which match or not: what only both sides together tell (a toy of COPL_MOV 8)."""

import torch

from pipeline.encoders.stepped.base import run
from pipeline.methods.copl.learner import AvBatch

PAIRS, SEGMENTS = 4, 5


def match_world(clips, seed, shape, noise=0.25):
    """Pictures, spectrograms and labels: the pair's number on a match, which has p = 1/2, else background, the last."""
    size = shape.input
    of_pairs = torch.Generator().manual_seed(7)
    shapes, sounds = torch.rand(PAIRS, *size, generator=of_pairs), torch.randn(PAIRS, *size[:2], generator=of_pairs)
    numbers = torch.Generator().manual_seed(seed)
    shown = torch.randint(0, PAIRS, (clips, SEGMENTS), generator=numbers)
    match = torch.rand(clips, SEGMENTS, generator=numbers) < 0.5
    played = torch.where(match, shown, (shown + torch.randint(1, PAIRS, shown.shape, generator=numbers)) % PAIRS)
    seen = shapes[shown] + noise * torch.randn(clips, SEGMENTS, *size, generator=numbers)
    heard = sounds[played] + 2 * noise * torch.randn(clips, SEGMENTS, *size[:2], generator=numbers)
    return AvBatch((seen.clamp(0, 1) * 255).to(torch.uint8), heard, torch.where(match, shown, PAIRS))


def stored(tower, batch):
    """The same clips at the cuts of both variants that store: as stage 2 reads them, and as its blocks leave them."""
    start, merged, outputs = tower.shape.starts[1], [], []
    for rows in (batch.visual, batch.audio):
        tokens = run(tower, tower.enter(rows.flatten(0, 1)), 0, start)
        tokens = tower.between(start, tokens)
        made = [run(tower, tokens, start, stop) for stop in range(start + 1, len(tower.shape.blocks) + 1)]
        merged.append(tokens.unflatten(0, rows.shape[:2]))
        outputs.append([each.unflatten(0, rows.shape[:2]) for each in made])
    return {"late": AvBatch(*merged, batch.labels), "parallel": AvBatch(*outputs, batch.labels)}


class Shuffled:
    """Batches of clips in an order of each epoch's own."""

    def __init__(self, clips, many):
        self._clips, self._many = clips, many

    def __len__(self):
        return -(-len(self._clips.labels) // self._many)

    def epoch(self, epoch):
        order = torch.randperm(len(self._clips.labels), generator=torch.Generator().manual_seed(epoch))
        clips = self._clips
        for chosen in order.split(self._many):
            yield AvBatch(_of(clips.visual, chosen), _of(clips.audio, chosen), clips.labels[chosen])


def _of(rows, chosen):
    return rows[chosen] if isinstance(rows, torch.Tensor) else [each[chosen] for each in rows]
