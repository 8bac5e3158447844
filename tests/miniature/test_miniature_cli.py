"""`mmpt-pipeline miniature` through the library."""

from pathlib import Path

from typer.testing import CliRunner

from pipeline.cli.miniature import app
from pipeline.miniature.errors import MiniatureError


def test_write_makes_six_folders_of_ordinary_files(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["write", str(tmp_path / "world"), "--per-class", "1"])
    assert result.exit_code == 0, result.output
    suffixes = {path.suffix for path in (tmp_path / "world").rglob("*") if path.is_file() and path.name[0] != "."}
    assert suffixes == {".png", ".jpg", ".json", ".wav", ".mp4", ".txt", ".h5", ".csv"}
    told = [line.split()[0] for line in result.output.splitlines()]
    assert told == ["images", "sounds", "videos", "events", "masks", "questions"]


def test_help_of_every_command_has_an_example() -> None:
    for command in ("build", "write"):
        result = CliRunner().invoke(app, [command, "--help"])
        assert result.exit_code == 0 and "Example: mmpt-pipeline miniature" in result.output


def test_an_unknown_model_is_a_user_error(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["build", "--only", "clip,cloop", "--out", str(tmp_path)])
    assert isinstance(result.exception, MiniatureError) and "no model called 'cloop'" in str(result.exception)
