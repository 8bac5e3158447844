"""Where `predict --as` writes: a folder, which is told before anything is judged."""

from pathlib import Path

import pytest
import typer

from pipeline.cli.predict import _check_track


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
