"""What a data set names and nobody can read: named and counted by every command, in its table and as JSON."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from anybody import as_anybody
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="root gives up its capabilities, which only Linux has")


def program(*arguments: object) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of the program, as a user who is bound by modes."""
    command = [sys.executable, "-c", "from pipeline.cli.app import main; main()", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, preexec_fn=as_anybody)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def media(tmp_path: Path) -> Iterator[Path]:
    root, rng = tmp_path / "media", np.random.default_rng(0)
    for label in ("cat", "dog"):
        (root / label).mkdir(parents=True)
        for number in range(3):
            Image.fromarray(rng.integers(0, 256, (40, 50, 3), np.uint8)).save(root / label / f"{number}.png")
    yield root
    for path in (root, *root.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)


@pytest.fixture
def recipe(tmp_path: Path, media: Path) -> Path:
    content: dict[str, Any] = {
        "name": "small",
        "workspace": str(tmp_path / "workspace"),
        "modalities": {
            "image": {
                "labels": ["cat", "dog"],
                "encoder": "miniature-clip",
                "data": {"layout": "folder", "root": str(media)},
            }
        },
        "generate": {"engine": "deterministic", "sentences_per_class": 6},
        "cache": {"workers": 1, "max_rejected": 0.9},
        "train": {"epochs": 1, "batch_size": 16},
    }
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


def put_unreadable(folder: Path, elsewhere: Path) -> list[list[str]]:
    """One of each kind; path and reason of each, in order."""
    (folder / "circle.png").symlink_to("circle.png")
    (folder / "device.png").symlink_to("/dev/zero")
    (folder / "gone.png").symlink_to("nowhere.png")
    elsewhere.mkdir()
    (folder / "more").symlink_to(elsewhere)
    os.mkfifo(folder / "pipe.png")
    (folder / "secret.png").write_bytes((folder / "0.png").read_bytes() + b"other")
    (folder / "secret.png").chmod(0)
    (folder / "secret").touch()
    (folder / "secret").chmod(0)  # and what it is does not show in its name
    os.mknod(folder / "socket.png", 0o140600)
    told = {
        "circle.png": "Too many levels of symbolic links",
        "device.png": "not a regular file",
        "gone.png": "No such file or directory",
        "more": "a folder, not a file",
        "pipe.png": "not a regular file",
        "secret": "Permission denied",
        "secret.png": "Permission denied",
        "socket.png": "not a regular file",
    }
    return [[str(folder / name), reason] for name, reason in told.items()]


def names_all(text: str, found: list[list[str]]) -> bool:
    whole = "".join(text.split()).replace("│", "")  # a table folds long paths
    return all(Path(path).name in whole and reason.replace(" ", "") in whole for path, reason in found)


@pytest.mark.slow
def test_every_command_names_and_counts_what_cannot_be_read(recipe: Path, media: Path, tmp_path: Path) -> None:
    bad = put_unreadable(media / "cat", tmp_path / "elsewhere")

    def told(command: str) -> tuple[Any, str]:
        outputs = []
        for arguments in ([command, recipe, "--json"], [command, recipe]):
            code, out, err = program(*arguments)
            assert code == 0, err
            outputs.append((out, err))
        assert names_all(outputs[1][0], bad) and "8 files cannot be read" in outputs[1][0], outputs[1][0]
        return json.loads(outputs[0][0]), outputs[0][1] + outputs[1][1]

    (step,) = [step for step in told("plan")[0] if step["what"] == "image media"]
    assert (step["wanted"], step["note"], step["unreadable"]) == (6, "8 cannot be read", bad)
    (step,) = [step for step in told("status")[0]["missing"] if step["what"] == "image media"]
    assert (step["missing"], step["unreadable"]) == (6, bad)
    found = told("cache-features")[0]["media/image"]
    assert (found["wanted"], found["encoded"], found["rejected"], found["unreadable"]) == (6, 6, 0, bad)
    result, news = told("run")
    assert result["unreadable"] == {"image": bad}
    assert f"; 8 cannot be read: {bad[0][0]} ({bad[0][1]})" in news
    (step,) = [step for step in told("plan")[0] if step["what"] == "image media"]
    assert (step["missing"], step["unreadable"]) == (0, bad)

    (media / "cat" / "secret.png").chmod(0o644)  # and nothing of what it was is remembered
    step = next(step for step in json.loads(program("plan", recipe, "--json")[1]) if step["what"] == "image media")
    assert (step["wanted"], step["missing"], len(step["unreadable"])) == (7, 1, 7)
    (media / "dog" / "0.png").chmod(0)  # whose key is remembered
    step = next(step for step in json.loads(program("plan", recipe, "--json")[1]) if step["what"] == "image media")
    assert (step["wanted"], step["unreadable"][-1]) == (6, [str(media / "dog" / "0.png"), "Permission denied"])


@pytest.mark.parametrize("command", ["plan", "status", "cache-features"])
def test_a_class_folder_that_may_not_be_read_is_an_error(recipe: Path, media: Path, command: str) -> None:
    (media / "dog").chmod(0)
    code, out, err = program(command, recipe)
    assert (code, out) == (2, "")
    assert f"{media / 'dog'} may not be read by this user (Permission denied)" in err and "chmod u+rx" in err


@pytest.mark.parametrize("mode", [0, 0o444])
def test_so_is_a_folder_in_it(recipe: Path, media: Path, mode: int) -> None:
    (media / "dog" / "deep").mkdir()
    (media / "dog" / "0.png").rename(media / "dog" / "deep" / "0.png")
    (media / "dog" / "deep").chmod(mode)
    code, _, err = program("plan", recipe)
    assert code == 2 and f"{media / 'dog' / 'deep'} may not be read by this user (Permission denied)" in err


def test_so_is_a_class_that_is_a_link_to_nowhere(recipe: Path, media: Path) -> None:
    (media / "dog").rename(media.parent / "dog")
    (media / "dog").symlink_to("nowhere")
    code, _, err = program("plan", recipe)
    assert (
        code == 2 and f"{media / 'dog'} is named for the class 'dog' and leads nowhere: it is a link to nowhere" in err
    )


def test_a_folder_that_is_no_class_may_be_closed(recipe: Path, media: Path) -> None:
    for name in ("lost+found", ".Trash-1000", "dog/.cache"):
        (media / name).mkdir(mode=0)
    code, out, err = program("plan", recipe, "--json")
    assert code == 0, err
    assert [(step["wanted"], step["unreadable"]) for step in json.loads(out) if step["what"] == "image media"] == [
        (6, [])
    ]
