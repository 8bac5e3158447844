"""RAFT of a weights file, here of random ones, against torchvision's called by itself."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torchvision.models.optical_flow import raft_small

from pipeline.media.image import scale_short_side
from pipeline.media.specs import spec_fields
from pipeline.media.video import read_frames
from pipeline.miniature.world.reversals import render_reversal, sample_reversal
from pipeline.miniature.world.video_files import write_mp4
from pipeline.sources import FlowSpec, VideoViewsSpec, source_artifact
from pipeline.sources.errors import SourceError
from pipeline.sources.flow import quantise
from pipeline.sources.make import make_source
from pipeline.sources.raft import RaftFlow
from pipeline.sources.specs import Raft
from stores import file_key

VIEWS = VideoViewsSpec(frames=2, stride=4, clips=1, crops=1, size=120, short_side=132, interpolation="bilinear")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random ones of the small model."""
    path = tmp_path_factory.mktemp("raft") / "raft_small.safetensors"
    torch.manual_seed(4)
    save_file({name: value.contiguous() for name, value in raft_small().state_dict().items()}, path)
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "a.mp4"
    write_mp4(path, render_reversal(sample_reversal(np.random.default_rng(3), "sliding right")))
    return path


def test_stored_flow_is_torchvision_s_within_its_rounding(weights: Path, clip: Path) -> None:
    raft = Raft(str(weights), file_key(str(weights)), updates=3)
    spec = FlowSpec(views=VIEWS, bound=5, raft=raft)
    found = make_source(str(clip), spec)
    assert found.shape == spec.shape == (1, 2, 120, 120, 2)

    def rgb(image: Image.Image) -> np.ndarray:
        return np.asarray(scale_short_side(image.convert("RGB"), 132, "bilinear"))

    frames = read_frames(str(clip), lambda count: list(range(count)), rgb)
    model = raft_small().eval()
    model.load_state_dict(load_file(weights))
    start = (len(frames) - 5) // 2
    for number, frame in enumerate((start, start + 4)):
        pair = [
            torch.from_numpy(frames[min(f, len(frames) - 1)].copy()).permute(2, 0, 1)[None] for f in (frame, frame + 1)
        ]
        pair = [torch.nn.functional.pad(2 * x.float() / 255 - 1, (0, 4, 0, 4), mode="replicate") for x in pair]
        with torch.inference_mode():
            flow = model(*pair, num_flow_updates=3)[-1][0, :, :132, :132]
        assert flow.abs().max() > 0.01  # random weights say something
        expected = quantise(flow.permute(1, 2, 0).numpy(), 5)[6:126, 6:126]
        assert np.abs(found[0, number].astype(int) - expected.astype(int)).max() <= 1


def test_flow_is_named_by_what_the_weights_are_and_not_by_where(weights: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved.safetensors"
    shutil.copy(weights, moved)
    prints = [
        source_artifact(FlowSpec(views=VIEWS, raft=Raft(str(path), digest, updates))).fingerprint
        for path, digest, updates in ((weights, "a", 12), (moved, "a", 12), (weights, "b", 12), (weights, "a", 6))
    ]
    assert prints[0] == prints[1] and len(set(prints)) == 3
    assert source_artifact(FlowSpec(views=VIEWS)).fingerprint not in prints
    assert "raft" not in spec_fields(FlowSpec(views=VIEWS))  # TV-L1 keeps the name that it had


def test_other_weights_are_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    save_file({"weight": torch.zeros(3)}, path)
    with pytest.raises(SourceError, match=re.escape("holds no RAFT of torchvision's")):
        RaftFlow(Raft(str(path), "d"))
