"""Swin-V2 and HTS-AT of the miniature world: what they hear is what sources store, and their weights know shapes and sounds."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import pipeline.miniature
from pipeline.media import VideoSpec
from pipeline.media.video import decode_video
from pipeline.miniature.train import build
from pipeline.miniature.train.build import build_classifier
from pipeline.miniature.train.event_scenes import SHAPES, SOUNDS, Pool
from pipeline.miniature.train.fbank import HTS_AT_FBANK, SWIN_FBANK, Fbank
from pipeline.miniature.train.linear_probe import probe, probe_accuracy
from pipeline.miniature.train.swin import MiniatureSwin
from pipeline.miniature.world.events import SOUND_OF, sample_clip
from pipeline.miniature.world.events_files import write_events
from pipeline.sources import PRESETS
from pipeline.sources.spectrograms import fbank, fbank_segments
from pipeline.telemetry.progress import Progress

WEIGHTS = Path(pipeline.miniature.__file__).parent / "weights"


@pytest.mark.parametrize(("ours", "preset"), [(SWIN_FBANK, "copl-miniature"), (HTS_AT_FBANK, "copl-miniature-hts-at")])
def test_towers_learn_from_the_filter_banks_that_sources_store(ours: Fbank, preset: str) -> None:
    spec = PRESETS[preset]
    waves = (0.1 * np.random.default_rng(0).standard_normal((3, 16_000))).astype(np.float32)
    assert (ours.mean, ours.scale, ours.frames, ours.bins) == (spec.mean, spec.scale, spec.frames, spec.bins)  # type: ignore[union-attr]
    found = ours.of(torch.from_numpy(waves)).numpy()
    stored = np.stack([(fbank(wave, spec)[: spec.frames] - spec.mean) / spec.scale for wave in waves])  # type: ignore[arg-type, union-attr]
    assert found.shape == stored.shape == (3, ours.frames, ours.bins)
    np.testing.assert_allclose(found, stored, atol=2e-3)


def test_a_pool_is_drawn_again_and_replaced() -> None:
    pool = Pool("shapes", 12, np.random.default_rng(0), Progress.silent())
    before = pool.all().media.copy()
    batch = pool.batch(30, 5, 0.0)
    assert batch.media.shape == (30, 64, 64, 3) and batch.labels.max() < len(SHAPES)
    same = (pool.all().media == before).all(axis=(1, 2, 3))
    assert same.tolist() == [False] * 5 + [True] * 7
    shown = np.sort(batch.media.reshape(30, -1), axis=1)  # turned over, it holds the same numbers
    known = np.sort(pool.all().media.reshape(12, -1), axis=1)
    assert all((row == known).all(axis=1).any() for row in shown)
    sounds = Pool("sounds", 4, np.random.default_rng(0), Progress.silent())
    assert sounds.batch(6, 1, 0.0).media.shape == (6, 16_000) and sounds.all().labels.max() < len(SOUNDS)


def test_a_linear_probe_knows_what_lies_in_straight_lines_and_no_more() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 400)
    features = np.eye(3)[labels] @ rng.standard_normal((3, 6)) + 0.05 * rng.standard_normal((400, 6))
    assert probe_accuracy((features[:200], labels[:200]), (features[200:], labels[200:])) == 1.0
    assert probe(features[:200], labels[:200] + 5, features[200:]).tolist() == (labels[200:] + 5).tolist()
    noise = rng.standard_normal((400, 6))
    assert probe_accuracy((noise[:200], labels[:200]), (noise[200:], labels[200:])) < 0.5


@pytest.mark.slow
@pytest.mark.parametrize("name", ["swin", "hts-at"])
def test_a_build_of_two_seconds_writes_the_whole_layout(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(build.PLANS, name, {"shapes": 8, "sounds": 8, "pool": 16, "judged": 120, "log_every_s": 0.5})
    scores = build_classifier(name, tmp_path, 2 / 60, 5, "cpu", Progress.silent())
    assert set(scores) == ({"shapes", "sounds"} if name == "swin" else {"sounds"})
    assert {path.name for path in tmp_path.iterdir()} == {"config.json", "model.safetensors", "build-log.jsonl"}
    rows = [json.loads(line) for line in (tmp_path / "build-log.jsonl").read_text().splitlines()]
    assert rows[0]["model"] == name and rows[-1]["validation"] == scores and any("sounds" in row for row in rows[1:])


def test_the_kept_logs_are_of_finished_runs_whose_features_tell_shapes_and_sounds() -> None:
    for name, kinds in {"swin": {"shapes", "sounds"}, "hts-at": {"sounds"}}.items():
        rows = [json.loads(line) for line in (WEIGHTS / name / "build-log.jsonl").read_text().splitlines()]
        assert rows[0]["model"] == name and rows[-1]["seconds"] >= 60 * rows[0]["minutes"]
        assert set(rows[-1]["validation"]) == kinds and min(rows[-1]["validation"].values()) > 97


def test_weights_load_strictly_into_the_real_classes() -> None:
    from timm.models.swin_transformer_v2 import SwinTransformerV2
    from transformers import ClapAudioConfig
    from transformers.models.clap.modeling_clap import ClapAudioModel

    config = json.loads((WEIGHTS / "swin/config.json").read_text())
    assert config.pop("class") == "SwinTransformerV2" and len(config.pop("mean")) == len(config.pop("std")) == 3
    SwinTransformerV2(**config, num_classes=0).load_state_dict(
        load_file(WEIGHTS / "swin/model.safetensors"), strict=True
    )
    heard = ClapAudioConfig.from_dict(json.loads((WEIGHTS / "hts-at/config.json").read_text()))
    ClapAudioModel(heard).load_state_dict(load_file(WEIGHTS / "hts-at/model.safetensors"), strict=True)


def test_frozen_features_of_decoded_clips_tell_shape_and_sound(tmp_path: Path) -> None:
    """Of clips of other seeds than were learned from, through H.264, AAC and the sources."""
    root = write_events(tmp_path / "world", 901, {"train": 24, "val": 1, "test": 12})
    swin = MiniatureSwin("cpu")
    state = load_file(WEIGHTS / "swin/model.safetensors")
    swin.tower.load_state_dict({name: value.float() for name, value in state.items()})
    swin.tower.eval()
    features: dict[str, list[np.ndarray]] = {"shapes": [], "sounds": []}
    labels: dict[str, list[int]] = {"shapes": [], "sounds": []}
    for place, split, count in ((0, "train", 24), (2, "test", 12)):
        for number in range(count):
            clip = sample_clip(np.random.default_rng([901, 7005, place, number]))
            labels["shapes"] += [list(SOUND_OF).index(scene.labels[0]) for scene in clip.scenes]
            labels["sounds"] += [list(SOUND_OF.values()).index(event.label) for event in clip.sounds]
            path = str(root / "AVE" / f"{split}{number:06d}.mp4")
            pictures = torch.from_numpy(decode_video(path, VideoSpec(frames=10, size=64)))
            spectrograms = torch.from_numpy(fbank_segments(path, PRESETS["copl-miniature"]))  # type: ignore[arg-type]
            with torch.no_grad():
                features["shapes"].append(swin.features("shapes", pictures).numpy())
                features["sounds"].append(swin.of_spectrograms(spectrograms).numpy())
    for kind in features:
        rows, numbers = np.concatenate(features[kind]), np.array(labels[kind])
        assert probe_accuracy((rows[:240], numbers[:240]), (rows[240:], numbers[240:])) > 0.9, kind
