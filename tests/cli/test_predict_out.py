"""Where `predict --as` writes: a folder, which is told before anything is judged."""

from pathlib import Path

import pytest
import typer

from pipeline.cli.options import names_apart
from pipeline.cli.predict import _check_track, predict


@pytest.mark.parametrize("name", ["answers.csv", "answers.vtt", "taken"])
def test_a_file_is_no_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(typer.BadParameter, match=f"{name} is a file's name. Give --out FOLDER"):
        _check_track("csv", tmp_path / name)


def test_folders_are_taken_whatever_they_are_called(tmp_path: Path) -> None:
    (tmp_path / "old.csv").mkdir()
    for name in ("old.csv", "new", "v1.2"):
        _check_track("csv", tmp_path / name)
    _check_track("csv", None)


@pytest.mark.parametrize("shape", ["masks", "overlay", "vtt"])
def test_clips_of_one_name_are_refused_before_anything_is_judged(
    tmp_path: Path, shape: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def judged(*_: object, **__: object) -> None:
        raise AssertionError("nothing is judged")

    monkeypatch.setattr("pipeline.stages.predict.predict", judged)
    with pytest.raises(
        typer.BadParameter, match="several clips are called a, and what is written of them would be one"
    ):
        predict("run", [Path("x/a.mp4"), Path("y/a.mov")], as_track=shape, out=tmp_path / "out", workspace=tmp_path)


def test_one_clip_named_twice_is_one(tmp_path: Path) -> None:
    assert names_apart([tmp_path / "a.mp4", str(tmp_path / "a.mp4"), "b.mp4"]) == ["a", "a", "b"]
