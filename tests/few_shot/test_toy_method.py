"""A method of another package, added by an entry point, through every command; and one that reads above what it learns."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from pipeline.methods.base import MethodError, require_below

TOY = Path(__file__).parent / "toy_method"
ROOT = Path(__file__).resolve().parents[2]
WIDTH = 128  # of the shared space of miniature-clip
RECIPE = {
    "name": "toy", "encoder": "miniature-clip", "shots": 2, "seeds": [1], "views": 1, "workspace": "w",
    "data": {"layout": "miniature-shapes", "train_per_class": 3, "test_per_class": 2},
    "cache": {"workers": 0}, "methods": {"toy-shift": {"epochs": 3, "batch_size": 4}, "toy-means": None},
}  # fmt: skip
PROGRAM = """
import sys
from pipeline.cli.app import app
for line in sys.stdin.read().splitlines():
    print("==", flush=True)
    app(line.split(), standalone_mode=False)
"""


@pytest.mark.parametrize("toy", ["toy_shift.py", "toy_means.py"])
def test_the_toys_are_small(toy: str) -> None:
    assert len((TOY / toy).read_text().splitlines()) <= 80


def test_the_page_shows_what_is_tested() -> None:
    """Every block of Python on the page stands in one of the toys, docstrings of methods left out."""
    page = (ROOT / "docs/writing-a-method.md").read_text()
    shown = [block.split("```")[0] for block in page.split("```python\n")[1:]]
    plain = [re.sub(r'\n        """.*?"""', "", (TOY / name).read_text()) for name in ("toy_shift.py", "toy_means.py")]
    assert len(shown) >= 3 and all(any(block in text for text in plain) for block in shown)


def test_a_method_of_another_package_goes_through_every_command(tmp_path: Path) -> None:
    installed = tmp_path / "installed" / "toy_shift-1.dist-info"
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-shift\nVersion: 1\n")
    points = "toy-shift = toy_shift:METHOD\ntoy-means = toy_means:METHOD\n"
    (installed / "entry_points.txt").write_text(f"[mmpt_pipeline.methods]\n{points}")
    (tmp_path / "r.yaml").write_text(yaml.safe_dump(RECIPE))
    picture = tmp_path / "w/media"
    commands = [
        "plan r.yaml --json", "cache-features r.yaml --json", "train r.yaml -d cpu --json",
        "evaluate r.yaml -d cpu --json", "report r.yaml", "status r.yaml --json", "plan r.yaml --json",
    ]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (TOY, installed.parent, ROOT)))}

    def run(lines: list[str]) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM], input="\n".join(lines), cwd=tmp_path, env=environment,
            capture_output=True, text=True, timeout=240,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.split("==\n")[1:]

    before, cached, trained, judged, report, status, after = run(commands)
    steps = {step["what"]: step["wanted"] for step in json.loads(before) if step["stage"] == "learn"}
    assert steps == {"toy-shift": 3, "toy-means": 1}  # what is solved is one epoch
    assert all(step["missing"] for step in json.loads(before))
    assert all(summary["rejected"] == 0 for summary in json.loads(cached).values())
    learned = json.loads(trained)["learned"]
    assert {each["method"]: each["epochs"] for each in learned} == {"toy-shift": 3, "toy-means": 1}
    accuracies = json.loads(judged)
    assert (accuracies["toy-shift"]["trainable"], accuracies["toy-means"]["trainable"]) == (WIDTH, 8 * WIDTH)
    assert all(set(accuracies[toy]["accuracies"]) == {"base", "novel"} for toy in ("toy-shift", "toy-means"))
    assert accuracies["toy-means"]["accuracies"]["novel"] == accuracies["zero-shot"]["accuracies"]["novel"]
    page = (tmp_path / report.strip()).read_text("utf-8")
    assert "toy-shift" in page and "toy-means" in page
    assert [step for step in json.loads(after) if step["missing"]] == []
    assert json.loads(status)["missing"] == json.loads(after)
    shown = next(picture.rglob("*.jpg"))
    for answers in run(
        [f"predict toy {shown} -w w -d cpu --json --method {toy}" for toy in ("toy-shift", "toy-means")]
    ):
        (answer,) = json.loads(answers)
        assert answer["error"] is None and len(answer["predictions"]) == 5


def test_what_is_stored_above_the_first_learned_tensor_is_refused() -> None:
    cuts = ("pixels", "patches", "block00", "block01", "output")
    for cut in cuts[:3]:
        require_below("mine", cut, "block00", cuts)
    for cut in ("block01", "output", "nowhere"):
        with pytest.raises(MethodError, match=rf"mine learns from 'block00' on.*'{cut}'.*pixels, patches, block00"):
            require_below("mine", cut, "block00", cuts)
