"""`mmpt-pipeline datasets` on a data set that brings its own class names."""

import json
from pathlib import Path

import pytest
from few_shot_layouts import write_few_shot

from pipeline.cli import app as program


def call(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr("sys.argv", ["mmpt-pipeline", "datasets", *map(str, arguments)])
    with pytest.raises(SystemExit) as stop:
        program.main()
    return int(stop.value.code or 0)


@pytest.mark.parametrize("name", ["eurosat", "imagenet-v2"])
def test_check(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    write_few_shot(name, tmp_path, ["forest", "river bank"], counts=(4, 2, 3))
    assert call(monkeypatch, "check", name, "--root", tmp_path, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["classes"] == [{"label": c, "found": 3, "missing": 0} for c in ("forest", "river bank")]
    assert (found["found"], found["unlabelled"], found["unknown"]) == (6, 0, [])
    (tmp_path / "names.txt").write_text("river bank\n")
    assert call(monkeypatch, "check", name, "--root", tmp_path, "--labels", tmp_path / "names.txt", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["classes"] == [{"label": "river bank", "found": 3, "missing": 0}] and found["unknown"] == [
        ["forest", 3]
    ]
    assert call(monkeypatch, "check", name, "--root", tmp_path / "gone") == 2
    assert "there is no folder" in capsys.readouterr().err


def test_splits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    write_few_shot("imagenet", tmp_path, ["tench", "pike"], counts=(4, 2, 3))
    for split, count in (("train", 8), ("test", 6)):
        assert call(monkeypatch, "check", "imagenet", "--root", tmp_path, "--split", split, "--json") == 0
        assert json.loads(capsys.readouterr().out)["found"] == count
    assert call(monkeypatch, "check", "imagenet", "--root", tmp_path, "--split", "val") == 2
    assert "split: Input should be 'train' or 'test'" in capsys.readouterr().err
    assert call(monkeypatch, "show", "imagenet") == 0
    assert "label set: its own\n" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["imagenet", "imagenet-v2", "imagenet-sketch", "imagenet-a", "imagenet-r"])
def test_a_million_images_are_listed_once(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from pipeline.datasets.few_shot import FEW_SHOT, wordnet_folders

    write_few_shot(name, tmp_path, ["tench", "pike", "crane", "ox"], counts=(2, 0, 3))
    listed: list[Path] = []
    plain = wordnet_folders.media_files

    def media_files(folder: Path, modality: str) -> list[Path]:
        listed.append(folder)
        return plain(folder, modality)

    monkeypatch.setattr(wordnet_folders, "media_files", media_files)
    assert call(monkeypatch, "check", name, "--root", tmp_path, "--json") == 0
    classes = [each["label"] for each in json.loads(capsys.readouterr().out)["classes"]]
    assert len(listed) == len(set(listed)) == len(classes)
    assert classes == list(FEW_SHOT[name].split(tmp_path, "test").classes)
