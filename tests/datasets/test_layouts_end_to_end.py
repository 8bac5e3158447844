"""A run on published layouts of all three modalities, with the miniature encoders: every file that is there gets judged.

The miniature encoders know nothing of these classes; what is shown is that files, labels and rejections arrive.
"""

from pathlib import Path

import yaml
from layouts import write_layout

from pipeline.stages.whole import run_recipe
from pipeline.tasks.load import load_recipe
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.telemetry.progress import Progress

VIDEO = [("yo yo",), ("archery",), ("archery",)]
IMAGE = [("person", "aeroplane"), (), ("cat",), ("cat", "person")]
AUDIO = [("aeroplane",), ("dog",), ("crying baby",)]


def test_ucf101_coco_and_esc50(tmp_path: Path) -> None:
    write_layout("ucf101", tmp_path / "ucf", VIDEO)
    images = write_layout("mscoco", tmp_path / "coco", IMAGE)
    sounds = write_layout("esc50", tmp_path / "esc", AUDIO)
    sounds[1].unlink()
    content = {
        "name": "three",
        "workspace": "workspace",
        "modalities": {
            "video": {
                "labels": ["archery", "yo yo"],
                "encoder": "miniature-viclip",
                "data": {"layout": "ucf101", "root": "ucf"},
            },
            "image": {
                "labels": ["aeroplane", "cat", "person"],
                "encoder": "miniature-clip",
                "data": {"layout": "mscoco", "root": "coco"},
            },
            "audio": {
                "labels": ["aeroplane", "crying baby", "dog"],
                "encoder": "miniature-clap",
                "data": {"layout": "esc50", "root": "esc"},
            },
        },
        "generate": {"engine": "deterministic", "sentences_per_class": 4},
        "train": {"epochs": 1, "batch_size": 32, "weak": "video"},
    }
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(content))
    context = BoundSentences(load_recipe(tmp_path / "recipe.yaml"), "cpu", Progress.silent())
    results = {result.modality: result for result in run_recipe(context).result.modalities}
    assert {m: dict(zip(r.labels, r.support, strict=True)) for m, r in results.items()} == {
        "video": {"archery": 2, "yo yo": 1},
        "image": {"aeroplane": 1, "cat": 2, "person": 2},
        "audio": {"aeroplane": 1, "crying baby": 1, "dog": 0},
    }
    assert {m: r.primary for m, r in results.items()} == {"video": "top1", "image": "mAP", "audio": "top1"}
    assert context.sources["audio"].unreadable == ((str(sounds[1]), "No such file or directory"),)
    assert [row.path for row in context.sources["image"].rows] == [str(path) for path in images]
    assert context.sources["image"].exhaustive and not context.sources["video"].exhaustive
