"""Every command of the README runs, word by word, in a folder like the one it speaks of."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.miniature.world import write_images

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def shell_lines() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", README, flags=re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's folder: `photos/<class>/…`, `names.txt`, `new/*.jpg`, and a virtual environment where the README has it."""
    home = tmp_path_factory.mktemp("home")
    names = ["circle", "star", "heart"]
    write_images(home / "drawn", 5, 9, classes=names)
    drawn = sorted((home / "drawn" / "images").iterdir())
    for i, picture in enumerate(drawn):
        folder = home / "photos" / names[i // 3]
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(picture, folder)
    (home / "new").mkdir()
    shutil.copy(next(p for p in drawn if p.suffix == ".jpg"), home / "new")
    (home / "names.txt").write_text("\n".join(names) + "\n")
    (home / ".venv" / "bin").mkdir(parents=True)
    for program in ("python", "mmpt-pipeline"):
        (home / ".venv" / "bin" / program).symlink_to(Path(sys.executable).parent / program)
    return home


def run(line: str, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PREFECT_HOME": str(home / "prefect"), "MMPT_WORKSPACE": str(home / "workspace")}
    return subprocess.run(
        ["bash", "-c", line], cwd=home, capture_output=True, text=True, timeout=280, env=environment, check=False
    )


def test_the_commands_of_own_data_run_in_order(photos: Path) -> None:
    lines = [line for line in shell_lines() if line.startswith(".venv/bin/mmpt-pipeline")]
    assert [shlex.split(line, comments=True)[1] for line in lines] == ["recipes", "plan", "run", "predict"]
    for line in lines:
        done = run(line, photos)
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
    assert (photos / "workspace" / "runs" / "photos" / "report.html").stat().st_size > 100_000
    assert "circle" in done.stdout


def test_make_targets_exist() -> None:
    targets = [line.split()[1] for line in shell_lines() if line.startswith("make ")]
    assert targets == ["demo", "test"]
    for target in targets:
        dry = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=False)
        assert dry.returncode == 0, dry.stderr


def test_every_command_of_the_table_exists() -> None:
    from typer.main import get_command

    from pipeline.cli.app import app

    table = README.split("## Commands")[1].split("Each has an example")[0]
    named = {
        word
        for cell in re.findall(r"^\| (.*?) \|", table, flags=re.MULTILINE)
        for word in re.findall(r"`([a-z-]+)", cell)
    }
    assert named == set(get_command(app).commands)  # type: ignore[attr-defined]


def test_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
