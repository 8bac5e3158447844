"""An encoder of another package, added by an entry point, through every command of a recipe that learns from sentences."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from PIL import Image

TOY = Path(__file__).parent / "toy_encoder"
ROOT = Path(__file__).resolve().parents[2]
COLOURS = {"red": (220, 30, 20), "green": (30, 200, 40), "blue": (20, 30, 210)}
RECIPE = {
    "name": "toy", "workspace": "w", "modalities": {"image": {
        "labels": list(COLOURS), "encoder": "toy-colours", "data": {"layout": "folder", "root": "pictures"},
    }},
    "generate": {"engine": "deterministic", "sentences_per_class": 4}, "cache": {"workers": 0},
    "train": {"epochs": 3, "batch_size": 8, "lr": {"image": 0.05}, "weak": None, "init": "text"},
}  # fmt: skip
PROGRAM = """
import sys
from pipeline.cli.app import app
if __name__ == "__main__":
    for line in sys.stdin.read().splitlines():
        print("==", flush=True)
        app(line.split(), standalone_mode=False)
    print("==", flush=True)
    print("torch" in sys.modules)
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with pictures, and the toy installed as pip would install it."""
    installed = tmp_path / "installed" / "toy_colours-1.dist-info"
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-colours-package\nVersion: 1\n")
    (installed / "entry_points.txt").write_text("[mmpt_pipeline.encoders]\ntoy-colours = toy_colours:ENCODER\n")
    for label, (red, green, blue) in COLOURS.items():
        (tmp_path / "pictures" / label).mkdir(parents=True)
        for i in range(3):
            shade = (red - 9 * i, green, blue)
            Image.new("RGB", (20 + i, 24), shade).save(tmp_path / "pictures" / label / f"{i}.png")
    (tmp_path / "r.yaml").write_text(yaml.safe_dump(RECIPE))
    return tmp_path


def run(home: Path, *lines: str) -> list[str]:
    """What each command prints, and whether torch was imported; the toy is on the path, as an installed package is."""
    (home / "program.py").write_text(PROGRAM)  # a file, because processes of a runner import it
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (TOY, home / "installed", ROOT)))}
    done = subprocess.run(
        [sys.executable, "program.py"], input="\n".join(lines), cwd=home, env=environment,
        capture_output=True, text=True, timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.split("==\n")[1:]


def features(workspace: Path) -> dict[str, bytes]:
    return {str(p.relative_to(workspace)): p.read_bytes() for p in sorted(workspace.glob("features/*/shards/*"))}


def test_the_toy_is_small() -> None:
    assert sum(len(path.read_text().splitlines()) for path in TOY.glob("*.py")) <= 80
    assert len((ROOT / "docs/writing-an-encoder.md").read_text().splitlines()) <= 120


def test_plans_and_lists_know_it_without_torch(home: Path) -> None:
    listed, _, planned, new, torch = run(
        home, "encoders ls --json", "recipes new --images pictures --encoder toy-colours --out new.yaml",
        "plan new.yaml --json", "encoders show toy-colours --json",
    )  # fmt: skip
    rows = {row["name"]: row for row in json.loads(listed)["encoders"]}
    assert rows["toy-colours"] == {
        "name": "toy-colours", "modality": "image", "width": 4, "licence": None, "package": "toy-colours-package",
        "problem": None,
    }  # fmt: skip
    assert "encoder: toy-colours" in (home / "new.yaml").read_text()
    assert {"image texts", "image media"} <= {step["what"] for step in json.loads(planned)}
    assert json.loads(new)["package"] == "toy-colours-package"
    assert torch == "False\n"


def test_its_towers_are_tried_and_its_names_judged_from_outside(home: Path) -> None:
    (home / "names.txt").write_text("red\ngreen\nblue\nyellow\n")
    shown, checked, _ = run(
        home,
        "encoders show toy-colours --json",
        "encoders check toy-colours --media pictures --labels names.txt -d cpu --json",
    )
    assert (json.loads(shown)["padding"], json.loads(shown)["context"]) == ("longest", "known when it is loaded")
    found = json.loads(checked)
    assert [tower["tower"] for tower in found["towers"]] == ["media", "text"] and found["problems"] == []
    assert all(tower["rows_per_second"] > 0 and "batch" in tower["notes"] for tower in found["towers"])
    assert (found["names"]["files"], found["names"]["classes"]) == (9, 4) and set(found["names"]["top1"].values()) == {
        1.0
    }


def test_an_encoder_of_another_package_goes_through_every_command(home: Path) -> None:
    before, _, cached, trained, judged, report, status, after, answers, _ = run(
        home, "plan r.yaml --json", "generate-texts r.yaml", "cache-features r.yaml --json",
        "train r.yaml -d cpu --json", "evaluate r.yaml -d cpu --json", "report r.yaml", "status r.yaml --json",
        "plan r.yaml --json", "predict toy pictures/blue/0.png -w w -d cpu --json",
    )  # fmt: skip
    assert all(step["missing"] for step in json.loads(before))
    media = json.loads(cached)["media/image"]
    assert (media["encoded"], media["rejected"]) == (9, 0)
    assert json.loads(trained)["epochs"] == 3
    (image,) = json.loads(judged)["modalities"]
    top1 = {method["name"]: method["metrics"]["top1"] for method in image["methods"]}
    assert top1["zero-shot (single template)"] == top1["TaAM-CPT"] == 1
    assert "toy-colours" in (home / report.strip()).read_text("utf-8")
    assert [step for step in json.loads(after) if step["missing"]] == []
    assert [step for step in json.loads(status)["missing"] if step["missing"]] == []
    (answer,) = json.loads(answers)
    assert answer["error"] is None and answer["predictions"][0]["label"] == "blue"


def test_workers_make_the_same_bytes(home: Path) -> None:
    lines = [f"generate-texts r.yaml -w {where}" for where in ("here", "processes", "dask")]
    cache = "cache-features r.yaml --json -w"
    run(home, *lines, f"{cache} here", f"{cache} processes --processes 2", f"{cache} dask --dask local:1")
    here = features(home / "here")
    assert len(here) == 2
    assert features(home / "processes") == here == features(home / "dask")
