"""What lies beside media is named and counted by every command that looks at them; it neither stops a run nor is judged."""

import json
import shutil
from pathlib import Path

import pytest
import yaml
from PIL import Image
from typer.testing import CliRunner

from pipeline.cli.app import app


@pytest.fixture
def recipe(cases: Path, tmp_path: Path) -> Path:
    """Eight pictures, each with a caption and a JSON beside it, one HEIC, and two files that nobody expects."""
    root = tmp_path / "pictures"
    for name in ("circle", "square"):
        (root / name).mkdir(parents=True)
        for file in (cases / "img2dataset" / name).iterdir():
            shutil.copyfile(file, root / name / file.name)
    shutil.copyfile(cases / "images/40.heic", root / "circle/40.heic")
    shutil.copyfile(cases / "video/sliding_left.mp4", root / "circle/clip.mp4")
    (root / "square/model.xyz").write_text("what is it")
    image = {
        "labels": ["circle", "square"],
        "encoder": "miniature-clip",
        "data": {"layout": "folder", "root": str(root)},
    }
    content = {
        "name": "beside", "workspace": str(tmp_path / "workspace"), "modalities": {"image": image},
        "generate": {"engine": "deterministic", "sentences_per_class": 4}, "cache": {"workers": 1},
        "train": {"epochs": 1, "batch_size": 8, "lr": {"video": 0.05, "image": 0.05, "audio": 0.05}},
    }  # fmt: skip
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(content))
    return tmp_path / "recipe.yaml"


def call(*arguments: object) -> str:
    found = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
    assert found.exit_code == 0, found.output
    return found.stdout


def counts(asides: list[dict]) -> list[tuple[str, str, int]]:
    return [(aside["what"], aside["reason"], aside["count"]) for aside in asides]


def test_every_command_names_them(recipe: Path) -> None:
    expected = [
        ("passed over", ".json", 8), ("passed over", ".txt", 8), ("strange", "a video", 1),
        ("strange", "no known format (.xyz)", 1),
    ]  # fmt: skip
    (step,) = [step for step in json.loads(call("plan", recipe, "--json")) if step["what"] == "image media"]
    assert (step["wanted"], step["note"]) == (9, "2 strange; 16 passed over")
    assert counts(step["aside"]) == expected
    assert step["aside"][2]["examples"] == [str(recipe.parent / "pictures/circle/clip.mp4")]
    plan = call("plan", recipe)
    assert "Not judged" in plan and "clip.mp4" in plan and "model.xyz" in plan

    run = json.loads(call("run", recipe, "--json", "--device", "cpu"))
    assert counts(run["aside"]["image"]) == expected
    assert run["result"]["modalities"][0]["rows"] == 8

    cached = json.loads(call("cache-features", recipe, "--json"))["media/image"]
    assert (cached["wanted"], cached["encoded"], counts(cached["aside"])) == (9, 0, expected)
    assert "clip.mp4" in call("cache-features", recipe)

    status = json.loads(call("status", recipe, "--json"))
    (media,) = [step for step in status["missing"] if step["what"] == "image media"]
    assert counts(media["aside"]) == expected
    (heic,) = [failure for failure in status["failed"] if failure["kind"] == "features"]
    assert heic["reason"] == "HEIC is not read" and heic["example"].endswith("40.heic")
    assert "model.xyz" in call("status", recipe)
    assert 'mmpt_files_not_judged{workspace="' in call("status", recipe, "--metrics")


def test_predict_judges_the_files_of_a_folder(recipe: Path, tmp_path: Path) -> None:
    call("run", recipe, "--device", "cpu")
    workspace, root = tmp_path / "workspace", tmp_path / "pictures"
    (root / "circle/nameless").write_bytes((root / "circle/000000000.jpg").read_bytes())
    Image.new("RGB", (8, 8)).save(root / "circle/moving.gif")
    (root / "empty").mkdir()
    asked = ["predict", "beside", root / "circle", root / "empty", root / "square/model.xyz", "-w", workspace, "--json"]
    asked += ["--method", "TaAM-CPT"]  # whose scores leave a batch of one and of many equal to the last digit
    found = CliRunner().invoke(app, [str(argument) for argument in asked])
    assert found.exit_code == 1
    rows = [
        (str(Path(row["path"]).relative_to(root)), row["modality"], row["error"]) for row in json.loads(found.stdout)
    ]
    assert rows == [
        *((f"circle/00000000{i}.{suffix}", "image", None) for i, suffix in enumerate(("jpg", "jpg", "png", "png"))),
        (
            "circle/40.heic",
            "image",
            "HEIC is not read: convert it, for example with: heif-convert photo.heic photo.jpg",
        ),
        ("circle/moving.gif", "image", None),
        ("circle/nameless", "image", None),
        ("empty", None, "a folder without a file that this run can judge; it knows image"),
        ("square/model.xyz", None, "neither an image nor a sound nor a video nor a text; this run knows image"),
    ]
    assert "not judged: 8 passed over (4 .json, 4 .txt), 1 strange (1 a video: clip.mp4)" in found.stderr
    by_file = json.loads(
        call("predict", "beside", root / "circle/000000000.jpg", "-w", workspace, "--json", *asked[-2:])
    )
    assert by_file == json.loads(found.stdout)[:1]
