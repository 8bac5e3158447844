"""The weights that ship: small, strictly loadable by the real classes, with the log of the run that made them."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import pipeline.miniature
from pipeline.encoders.cards import card
from pipeline.encoders.load import load_encoder
from pipeline.evaluation.metrics import mean_average_precision
from pipeline.media.audio import decode_audio
from pipeline.media.image import decode_image
from pipeline.media.video import decode_video
from pipeline.miniature.world import (
    AUDIO_CLASSES,
    IMAGE_CLASSES,
    VIDEO_CLASSES,
    write_images,
    write_sounds,
    write_videos,
)

WEIGHTS = Path(pipeline.miniature.__file__).parent / "weights"
ENCODERS = ("clip", "clap", "viclip")


CLASSIFIERS = ("swin", "hts-at")


def _size(names: tuple[str, ...]) -> int:
    return sum(path.stat().st_size for name in names for path in (WEIGHTS / name).rglob("*") if path.is_file())


def test_all_weights_together_are_small() -> None:
    assert sorted(path.name for path in WEIGHTS.iterdir() if path.is_dir()) == sorted(
        (*ENCODERS, "llama", *CLASSIFIERS)
    )
    assert _size((*ENCODERS, "llama")) < 12_000_000 and _size(CLASSIFIERS) < 4_000_000


@pytest.mark.parametrize("name", [*ENCODERS, *CLASSIFIERS])
def test_weights_are_half_precision_and_finite(name: str) -> None:
    state = load_file(WEIGHTS / name / "model.safetensors")
    assert {value.dtype for value in state.values() if value.is_floating_point()} == {torch.float16}
    assert all(torch.isfinite(value).all() for value in state.values())


def test_weights_load_strictly_into_the_real_classes() -> None:
    from open_clip import CLIP
    from transformers import ClapConfig, ClapModel

    from pipeline.encoders.viclip.config import ViCLIPConfig
    from pipeline.encoders.viclip.model import ViCLIP

    config = {name: json.loads((WEIGHTS / name / "config.json").read_text()) for name in ENCODERS}
    models = {
        "clip": CLIP(**config["clip"]["model_cfg"]),
        "clap": ClapModel(ClapConfig.from_dict(config["clap"])),
        "viclip": ViCLIP(ViCLIPConfig.from_dict(config["viclip"]["model_cfg"])),
    }
    for name, model in models.items():
        model.load_state_dict(load_file(WEIGHTS / name / "model.safetensors"), strict=True)


@pytest.mark.parametrize("name", ENCODERS)
def test_the_kept_log_is_of_a_finished_run_with_scores_in_the_range_that_was_wanted(name: str) -> None:
    rows = [json.loads(line) for line in (WEIGHTS / name / "build-log.jsonl").read_text().splitlines()]
    assert rows[0]["model"] == name
    assert rows[-1]["seconds"] >= 60 * rows[0]["minutes"]
    assert 50 <= rows[-1]["validation"]["template"] <= 85


@pytest.mark.slow
def test_zero_shot_from_decoded_files_is_far_above_chance(tmp_path: Path) -> None:
    write_images(tmp_path / "images", 900, 96)
    write_sounds(tmp_path / "sounds", 900, 4)
    write_videos(tmp_path / "videos", 900, 4)
    assert _image_map(tmp_path / "images") > 45
    assert _top1("miniature-clap", decode_audio, tmp_path / "sounds", AUDIO_CLASSES) > 45
    assert _top1("miniature-viclip", decode_video, tmp_path / "videos", VIDEO_CLASSES) > 45


def _scores(name: str, media: np.ndarray, classes: tuple[str, ...]) -> np.ndarray:
    """Cosines (files, classes) with the single template."""
    encoder = load_encoder(card(name), device="cpu")
    texts = encoder.collate(encoder.tokenize([card(name).templates[0].format(label) for label in classes]))
    with torch.no_grad():
        vectors = torch.nn.functional.normalize(encoder.text.full(texts), dim=-1)
        shown = torch.nn.functional.normalize(encoder.media.full(torch.from_numpy(media)), dim=-1)
    return (shown @ vectors.T).numpy()


def _image_map(root: Path) -> float:
    instances = json.loads((root / "annotations/instances.json").read_text())
    files = [image["file_name"] for image in instances["images"]]
    truth = np.zeros((len(files), len(IMAGE_CLASSES)), dtype=bool)
    for annotation in instances["annotations"]:
        truth[annotation["image_id"], annotation["category_id"] - 1] = True
    media = np.stack([decode_image(str(root / "images" / name), card("miniature-clip").media) for name in files])
    return float(100 * mean_average_precision(_scores("miniature-clip", media, IMAGE_CLASSES), truth))


def _top1(name: str, decode, root: Path, classes: tuple[str, ...]) -> float:  # type: ignore[no-untyped-def]
    files = [path for label in classes for path in sorted((root / label).iterdir())]
    media = np.stack([decode(str(path), card(name).media) for path in files])
    wanted = np.array([classes.index(path.parent.name) for path in files])
    return float(100 * np.mean(_scores(name, media, classes).argmax(1) == wanted))
