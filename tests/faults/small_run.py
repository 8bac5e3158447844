"""A small run of every stage, for killing: its recipe, and what of its workspace must come out the same."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from PIL import Image

from pipeline.encoders.cards import MINIATURE_WEIGHTS

IMAGE_LABELS = ["circle", "square", "star"]
_PICTURES = 90  # of every class: 270 files are two shards
_CHANGING = {"facts", "report_of", "checksum"}


def write_recipe(folder: Path) -> Path:
    """A recipe, a copy of the encoders, and pictures of its own among which some cannot be read."""
    for family in ("clip", "clap", "viclip"):
        shutil.copytree(MINIATURE_WEIGHTS / family, folder / "weights" / family)
    _write_pictures(folder / "pictures")
    recipe: dict[str, Any] = {
        "name": "small",
        "workspace": "workspace",
        "modalities": {
            "image": {
                "labels": IMAGE_LABELS,
                "encoder": f"clip:{folder / 'weights' / 'clip'}",
                "data": {"layout": "folder", "root": "pictures"},
            },
            "audio": {
                "labels": ["beep", "siren"],
                "encoder": f"clap:{folder / 'weights' / 'clap'}",
                "data": {"layout": "miniature", "per_class": 2},
            },
            "video": {
                "labels": ["rising", "falling"],
                "encoder": f"viclip:{folder / 'weights' / 'viclip'}",
                "data": {"layout": "miniature", "per_class": 2},
            },
        },
        "generate": {"engine": "deterministic", "sentences_per_class": 12, "queries_per_shard": 4},
        "cache": {"max_rejected": 0.9},
        "train": {"epochs": 4, "batch_size": 16},
    }
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(recipe))
    return path


def write_few_shot_recipe(folder: Path) -> Path:
    """A few-shot recipe of three methods, one of which reads pixels, and a copy of the encoder."""
    shutil.copytree(MINIATURE_WEIGHTS / "clip", folder / "weights" / "clip")
    few = {"epochs": 2, "batch_size": 4}
    recipe: dict[str, Any] = {
        "name": "small",
        "workspace": "workspace",
        "encoder": f"clip:{folder / 'weights' / 'clip'}",
        "data": {"layout": "miniature-shapes", "train_per_class": 4, "test_per_class": 9},
        "shots": 2,
        "seeds": [1, 2],
        "views": 2,
        "cache": {"shard_rows": 16},
        "methods": {
            "coop": few,
            "prompt": {**few, "depth": 3, "vision_prompts": 2},
            "late": {**few, "method": "prompt", "depth": 2, "vision_prompts": 2, "late": True},
        },
    }
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(recipe))
    return path


def _of_clips(folder: Path, part: str, data: dict[str, Any], methods: dict[str, Any]) -> Path:
    """A recipe of miniature clips, and the tower that reads both sides."""
    shutil.copytree(MINIATURE_WEIGHTS / "swin", folder / "weights" / "swin")
    recipe: dict[str, Any] = {
        "name": "small",
        "workspace": "workspace",
        part: data,
        "encoders": {"visual": f"swin-v2:{folder / 'weights' / 'swin'}"},
        "seeds": [0],
        "cache": {"shard_rows": 8},
        "methods": methods,
    }
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(recipe))
    return path


def write_events_recipe(folder: Path) -> Path:
    """A recipe of audio-visual events: one method that reads stored outputs, one that runs the whole tower; and the tower."""
    few = {"epochs": 2, "batch": 4, "global_prompts": 2, "interaction_prompts": 2, "bank": 3}
    return _of_clips(
        folder,
        "events",
        {"layout": "miniature", "train": 8, "val": 4, "test": 4},
        {"parallel": {**few, "variant": "parallel"}, "copl": few},
    )


def write_masks_recipe(folder: Path) -> Path:
    """A recipe of sounding objects: the head on stored maps of all stages, and a method that runs the whole tower."""
    head = {"size": 32, "width": 8, "level_widths": [8, 8, 8, 8], "dilations": [1, 2], "audio_width": 8}
    few = {"epochs": 2, "batch": 4, "global_prompts": 2, "interaction_prompts": 2, "bank": 3, "head": head}
    return _of_clips(
        folder,
        "masks",
        {"layout": "miniature", "train": 8, "val": 4, "test": 4},
        {"head-only": {**few, "rung": "none"}, "copl": few},
    )


def write_questions_recipe(folder: Path) -> Path:
    """A recipe of questions: the head with dropout and frames of other clips, and a method that runs the whole tower."""
    few = {"epochs": 2, "batch": 12, "together": 4, "head": {"width": 8}, "negatives": 4}
    prompts = {"global_prompts": 2, "interaction_prompts": 2, "bank": 3}
    return _of_clips(
        folder,
        "questions",
        {"layout": "miniature", "train": 12, "val": 12, "test": 12},
        {"head-only": {**few, "rung": "none"}, "copl": {**few, **prompts, "epochs": 1}},
    )


WRITERS = {
    "sentences": write_recipe,
    "few-shot": write_few_shot_recipe,
    "events": write_events_recipe,
    "masks": write_masks_recipe,
    "questions": write_questions_recipe,
}
"""Kind of recipe -> what writes a small one."""


def outcome(workspace: Path) -> dict[str, bytes]:
    """Everything that must not depend on kills: artifacts and media whole, of the run record all but its timings."""
    kept = kept_files(workspace)
    (record,) = (workspace / "runs").glob("*/run.json")
    content = {name: value for name, value in json.loads(record.read_text()).items() if name not in _CHANGING}
    report = record.with_name("report.html").read_text("utf-8")
    assert report.rstrip().endswith("</html>"), "the report is cut off"
    return kept | {"run.json": json.dumps(content, sort_keys=True).encode()}


def kept_files(workspace: Path) -> dict[str, bytes]:
    """Every file of the artifacts and the media."""
    return {
        str(path.relative_to(workspace)): path.read_bytes()
        for path in sorted(workspace.rglob("*"))
        if path.is_file() and path.relative_to(workspace).parts[0] not in (".locks", "cache", "runs")
    }


def differences(found: dict[str, bytes], expected: dict[str, bytes]) -> list[str]:
    """What is missing, too much or other, in words."""
    told = [f"missing: {name}" for name in sorted(expected.keys() - found.keys())]
    told += [f"too much: {name}" for name in sorted(found.keys() - expected.keys())]
    shared = sorted(expected.keys() & found.keys())
    return told + [f"other bytes: {name}" for name in shared if found[name] != expected[name]]


def _write_pictures(folder: Path) -> None:
    rng = np.random.default_rng(5)
    for label in IMAGE_LABELS:
        (folder / label).mkdir(parents=True)
        for number in range(_PICTURES):
            Image.fromarray(rng.integers(0, 256, (24, 24, 3), np.uint8)).save(folder / label / f"{number:03d}.png")
    (folder / IMAGE_LABELS[0] / "empty.png").touch()
    whole = (folder / IMAGE_LABELS[1] / "000.png").read_bytes()
    (folder / IMAGE_LABELS[1] / "cut-off.png").write_bytes(whole[: len(whole) // 2])
