"""The count of a step's bytes against what real steps keep for their backward pass."""

import open_clip
import pytest
import torch
from living_bytes import LivingBytes
from mov_world import MEAN, STD
from plain_towers import shaken

from pipeline.methods.mov.batch import Classes, MovBatch, VideoTowers
from pipeline.methods.mov.config import MovOptions
from pipeline.methods.mov.counts import TowerShape, count
from pipeline.methods.mov.frozen import frozen_tower, run_block
from pipeline.methods.mov.learner import MovLearner
from pipeline.methods.mov.memory import step_bytes
from pipeline.methods.mov.tower import shape_of

GIB = 2**30
SIZES = {
    "small": ((32, 8, 64, 3, 16, 48, False), 3, 4),
    "wide": ((48, 12, 192, 2, 48, 128, True), 2, 6),
    "long": ((96, 8, 96, 4, 32, 64, False), 1, 3),
}
"""Side, patch, width, layers, width of a head, d, QuickGELU; clips; frames."""
KINDS = {"flow": {}, "patches": {"other": "sound"}, "one": {"other": "sound", "audio_tokens": "one"}}


class Saved:
    """Bytes of what the backward pass is kept for, each storage once; parameters and class vectors are not counted."""

    def __init__(self, made: MovLearner):
        self.known = {x.untyped_storage().data_ptr() for x in (*made.parameters(), made.texts)}
        self.bytes, self.held = 0, []

    def pack(self, x: torch.Tensor) -> torch.Tensor:
        storage = x.untyped_storage()
        if storage.data_ptr() not in self.known:
            self.known.add(storage.data_ptr())
            self.held.append(storage)  # so that no other one gets its address
            self.bytes += storage.nbytes()
        return x


def world(size: str, kind: str, **changes):
    (side, patch, width, layers, head_width, d, quick), clips, frames = SIZES[size]
    vision = {"image_size": side, "patch_size": patch, "width": width, "layers": layers, "head_width": head_width}
    text = {"context_length": 8, "vocab_size": 9, "width": 4, "heads": 1, "layers": 1}
    visual = shaken(open_clip.CLIP(d, vision, text, quick_gelu=quick)).visual
    options = MovOptions(frames=frames, sound_bins=side, sound_frames=3 * side, **KINDS[kind], **changes)
    frozen = frozen_tower(visual, MEAN, STD, options)
    made = MovLearner(options, VideoTowers(other=frozen), Classes(torch.randn(10, d)), 0)
    flow = torch.randint(0, 256, (clips, frames, side, side, 2), dtype=torch.uint8)
    other = flow if options.other == "flow" else torch.randn(clips, 3 * side, side)
    return made, shape_of(frozen), MovBatch(torch.randn(clips, frames, d), other, torch.arange(clips)), clips


@pytest.mark.parametrize("changes", [{}, {"train_layers": 1}, {"positions": "learned"}, {"fusion": "scores"}], ids=str)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", SIZES)
def test_the_count_is_what_a_real_step_keeps(size, kind, changes) -> None:
    made, shape, given, clips = world(size, kind, **changes)
    saved = Saved(made)
    with torch.autograd.graph.saved_tensors_hooks(saved.pack, lambda x: x):
        loss = made(given)[0]
    counted = step_bytes(made.options, shape, clips, 10)
    assert 0.9 < counted.kept / saved.bytes < 1.1
    loss.backward()


@pytest.mark.parametrize("kind", KINDS)
def test_the_count_of_activations_that_are_made_again(kind) -> None:
    """What is alive between the two passes, and what one block keeps when it is made again."""
    made, shape, given, clips = world("long", kind, recompute=True)
    with LivingBytes() as living:
        loss = made(given)[0]
        between = living.alive
    if kind != "flow":
        between += given.other.nbytes  # kept as it came, so it is no new storage
    counted = step_bytes(made.options, shape, clips, 10)
    plain = step_bytes(made.options.model_copy(update={"recompute": False}), shape, clips, 10)
    assert 0.9 < counted.kept / between < 1.1
    assert counted.total < plain.total and counted.tower < 0.2 * plain.tower and plain.again == 0
    loss.backward()
    saved = Saved(made)
    tokens = given.other.shape[1:] if kind == "flow" else ()
    pictures, width = (clips * tokens[0], 145) if kind == "flow" else (clips, 1 + 12 * 36)
    x = torch.randn(pictures, width, 96, requires_grad=True)
    saved.known.add(x.untyped_storage().data_ptr())  # the input stands among those that are kept
    with torch.autograd.graph.saved_tensors_hooks(saved.pack, lambda x: x):
        kept = run_block(made.tower.blocks["block00"], x, False)
    assert 0.9 < counted.again / saved.bytes < 1.1
    assert kept.shape == x.shape


def test_full_sizes_fit_where_the_notes_say_that_they_do() -> None:
    """24 GB: about 18 clips of flow in half precision, seven times as many with activations made again."""
    b16 = TowerShape(512, 768, 12, 12, 16, 224, 3072, quick_gelu=True)
    flow = step_bytes(MovOptions(), b16, 1, 400, itemsize=2)
    assert 1.0 < flow.kept / GIB < 1.2
    assert step_bytes(MovOptions(), b16, 18, 400, itemsize=2).total < 24e9
    assert step_bytes(MovOptions(recompute=True), b16, 7 * 18, 400, itemsize=2).total < 24e9
    assert flow.state == 16 * count(MovOptions(), b16)
    assert step_bytes(MovOptions(train_layers=1), b16, 1, 400).tower < 0.1 * step_bytes(MovOptions(), b16, 1, 400).tower
