"""The built wheel, installed elsewhere, with nothing of the checkout on its path. Run by `make test-package`; half a minute.

The new environment sees the packages that this one has, so nothing but setuptools is fetched.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("pipeline", "flows", "stores")
SOURCES = ("pyproject.toml", "README.md", "LICENSE", "LICENSES.md", *PACKAGES)
pytestmark = [pytest.mark.package, pytest.mark.timeout(900)]


def called(*command: str | Path, where: Path) -> str:
    """What a command prints in a folder, without the developer's PYTHONPATH; it must succeed."""
    environment = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "MMPT_WORKSPACE"}}
    done = subprocess.run(
        [str(word) for word in command], cwd=where, env=environment, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy: setuptools leaves a folder `build` behind and would pack what an earlier build left there."""
    source = tmp_path_factory.mktemp("source")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, source / name)
    called(sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", source / "dist", source, where=source)
    (built,) = (source / "dist").iterdir()
    return built


@pytest.fixture(scope="module")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a virtual environment `env` in which the wheel is installed."""
    home = tmp_path_factory.mktemp("elsewhere")
    venv.create(home / "env", symlinks=True)
    python = home / "env/bin/python"
    called(
        sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", "--no-compile", wheel,
        where=home,
    )  # fmt: skip
    (site,) = (home / "env/lib").glob("python3*/site-packages")
    # A line of a path file adds the folder and not the path files in it: an editable install of ours stays out.
    (site / "zz-others.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return home


def test_every_file_is_in_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {entry.filename: entry.file_size for entry in archive.infolist()}
    wanted = {
        str(path.relative_to(ROOT)): path.stat().st_size
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert len(wanted) > 200 and {"pipeline/py.typed", "pipeline/report/page.css"} <= set(wanted)
    assert {name: size for name, size in held.items() if ".dist-info/" not in name} == wanted
    licences = {name.split(".dist-info/")[1] for name in held if "/licenses/" in name}
    assert licences == {"licenses/LICENSE", "licenses/LICENSES.md"}


def test_it_is_the_installed_package_that_runs(elsewhere: Path) -> None:
    ask = "import pipeline, flows, stores; print(*(m.__file__ for m in (pipeline, flows, stores)))"
    files = called(elsewhere / "env/bin/python", "-c", ask, where=elsewhere).split()
    assert len(files) == 3 and all(Path(file).is_relative_to(elsewhere / "env") for file in files)


def test_its_requirements_are_met(elsewhere: Path) -> None:
    told = called(sys.executable, "-m", "pip", "--python", elsewhere / "env/bin/python", "check", where=elsewhere)
    assert told == "No broken requirements found.\n"


def test_its_command_line_knows_what_it_ships(elsewhere: Path) -> None:
    program = elsewhere / "env/bin/mmpt-pipeline"
    assert "miniature world" in " ".join(called(program, "demo", "--help", where=elsewhere).split())
    shipped = called(program, "recipes", "ls", where=elsewhere)
    assert "miniature" in shipped and "few-shot/miniature" in shipped
    planned = called(program, "plan", "miniature", "--workspace", elsewhere / "workspace", where=elsewhere)
    assert "16 of 16 classes below their quota" in planned and "about 1,600 of them not written yet" in planned
