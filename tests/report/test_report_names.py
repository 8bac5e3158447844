"""A run over files whose names are no UTF-8, from the first decoding to the page and back from the store."""

import os
import shutil
from pathlib import Path

import yaml

from pipeline.stages.whole import run_recipe
from pipeline.tasks.load import load_recipe
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.telemetry.progress import Progress
from stores import Store


def test_a_run_over_names_that_are_no_text(media: Path, tmp_path: Path) -> None:
    pictures = shutil.copytree(media / "image", tmp_path / "pictures", symlinks=True)
    for name, content in (
        ("caf\udce9.png", (media / "image/cat/1.png").read_bytes()),
        ("br\udcf6ken.png", b"no picture"),
    ):
        (pictures / "cat" / name).write_bytes(content)
        assert os.fsencode(name) in os.listdir(os.fsencode(pictures / "cat"))
    content = {
        "name": "names",
        "modalities": {
            "image": {
                "labels": ["cat", "dog", "sun"],
                "encoder": "miniature-clip",
                "data": {"layout": "folder", "root": str(pictures)},
            }
        },
        "generate": {"engine": "deterministic", "sentences_per_class": 6},
        "cache": {"workers": 0},
        "train": {"epochs": 1, "batch_size": 16},
    }
    (tmp_path / "r.yaml").write_text(yaml.safe_dump(content))
    recipe = load_recipe(tmp_path / "r.yaml", tmp_path / "workspace")
    outcome = run_recipe(BoundSentences(recipe, "cpu", Progress.silent()))
    assert "<html" in outcome.report.read_bytes().decode()
    details = [
        row.detail for artifact in Store(tmp_path / "workspace").artifacts("features") for row in artifact.rejected()
    ]
    assert any(r"br\xf6ken.png" in str(detail.values()).replace("\\\\", "\\") for detail in details)
