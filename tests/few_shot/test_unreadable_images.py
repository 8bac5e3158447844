"""Images of a few-shot data set that cannot be read: counted and named by every command, and no class goes missing."""

import os
import sys
from pathlib import Path

import pytest
import yaml
from few_shot_layouts import images_root, write_few_shot

from pipeline.cli.app import main
from pipeline.datasets.few_shot import FEW_SHOT

CLASSES = ["tench", "goldfish", "great white shark", "tiger shark"]


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    write_few_shot("imagenet", tmp_path / "data", CLASSES, (4, 0, 3))
    content = {
        "name": "few", "workspace": str(tmp_path / "workspace"), "encoder": "miniature-clip", "shots": 2, "seeds": [1],
        "data": {"layout": "imagenet", "root": str(tmp_path / "data")}, "classes": "all", "cache": {"workers": 0},
        "methods": {"coop": {"epochs": 1, "batch_size": 4}},
    }  # fmt: skip
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(content))
    return tmp_path / "recipe.yaml"


def refused(command: str, recipe: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    monkeypatch.setattr(sys, "argv", ["mmpt-pipeline", command, str(recipe)])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 2
    return capsys.readouterr().err


@pytest.mark.parametrize("command", ["plan", "status", "run"])
def test_images_are_counted_and_named(
    recipe: Path, command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    split = FEW_SHOT["imagenet"].split(recipe.parent / "data", "test")
    pipe, gone, device, *_ = (split.file(row) for row in split.rows)
    for path in (pipe, gone, device):
        path.unlink()
    os.mkfifo(pipe)
    gone.symlink_to("nowhere.JPEG")
    device.symlink_to("/dev/zero")
    told = refused(command, recipe, monkeypatch, capsys)
    assert told.startswith(
        "error: few-shot: 3 of 12 files that the split of imagenet names cannot be read:\n"
        f"  {pipe}: not a regular file\n  {gone}: No such file or directory\n  {device}: not a regular file\n"
        "Figures of other images could not be compared; see what is missing with: mmpt-pipeline datasets check imagenet"
    )


@pytest.mark.parametrize("command", ["plan", "status", "run"])
@pytest.mark.parametrize("split", ["train", "val"])
def test_a_split_without_an_image_gives_no_figures(
    recipe: Path, command: str, split: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in (images_root("imagenet", recipe.parent / "data") / split).rglob("*.JPEG"):
        path.unlink()
    told = refused(command, recipe, monkeypatch, capsys)
    assert told.startswith("error: few-shot: imagenet has no image to learn from or to judge among 4 classes (")
    assert "mmpt-pipeline datasets check imagenet --root" in told


def test_a_class_that_is_a_link_to_nowhere_is_no_smaller_data_set(
    recipe: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = sorted((images_root("imagenet", recipe.parent / "data") / "val").iterdir())[1]
    folder.rename(recipe.parent / "elsewhere")
    folder.symlink_to("elsewhere")
    told = refused("plan", recipe, monkeypatch, capsys)
    assert told == f"error: data: {folder} leads nowhere: it is a link to elsewhere. Mend it, or remove it\n"
