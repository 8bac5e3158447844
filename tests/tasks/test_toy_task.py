"""A task of another package, added by an entry point, through every command: two files an example, keys that are no file's, and
targets that are numbers. Nothing of ours knows it."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml
from PIL import Image

from pipeline.datasets.rows import MediaRow
from pipeline.tasks.examples import Example, example_key, files_of

TOY, ROOT = Path(__file__).parent / "toy_task", Path(__file__).resolve().parents[2]
QUESTIONS = ("how bright", "how loud", "how often")
CLIPS = 8  # the last two are judged
PROGRAM = """
import sys
from pipeline.cli.app import app
for line in sys.stdin.read().splitlines():
    print("==", flush=True)
    app(line.split(), standalone_mode=False)
"""


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Clips of a picture and a sound, two of which share their sound. Answers follow from nothing: they are learned by heart."""
    folder, rng = tmp_path_factory.mktemp("clips"), np.random.default_rng(3)
    rows = []
    for number in range(CLIPS):
        Image.fromarray(rng.integers(0, 256, (40, 40, 3), np.uint8)).save(folder / f"c{number}.png")
        soundfile.write(folder / f"c{number}.wav", rng.normal(0, 0.02 * (number + 1), 16000), 16000)
        split = "train" if number < CLIPS - 2 else "test"
        rows += [(split, f"c{number}", question, round(rng.uniform(0, 9), 3)) for question in QUESTIONS]
    (folder / "c1.wav").write_bytes((folder / "c0.wav").read_bytes())
    with (folder / "questions.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return folder


def test_a_task_of_another_package_goes_through_every_command(clips: Path, tmp_path: Path) -> None:
    installed = tmp_path / "installed" / "toy_counts-1.dist-info"
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-counts\nVersion: 1\n")
    (installed / "entry_points.txt").write_text("[mmpt_pipeline.tasks]\ntoy-counts = toy_counts:TASK\n")
    recipe = {"name": "toy", "task": "toy-counts", "workspace": "w", "clips": str(clips), "cache": {"workers": 0}}
    (tmp_path / "r.yaml").write_text(yaml.safe_dump(recipe))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (TOY, installed.parent, ROOT)))}
    commands = [
        "plan r.yaml --json", "generate-texts r.yaml --json", "cache-features r.yaml --json", "train r.yaml -d cpu --json",
        "evaluate r.yaml -d cpu --json", "report r.yaml", "run r.yaml -d cpu --json", "refresh r.yaml --json",
        "retry r.yaml --failed --json", "status r.yaml --json", "plan r.yaml --json",
        f"predict toy {clips / 'c0.png'} {clips / 'c0.wav'} {clips / 'c7.png'} -w w -d cpu --json",
        "store verify -w w", "store gc -w w --yes",
    ]  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], input="\n".join(commands), cwd=tmp_path, env=environment,
        capture_output=True, text=True, timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = dict(zip([line.split()[0] for line in commands], done.stdout.split("==\n")[1:], strict=False))
    before, *_ = (json.loads(part) for part in done.stdout.split("==\n")[1:2])

    steps = {(step["stage"], step["what"]): (step["wanted"], step["missing"]) for step in before}
    assert steps["train", "numbers"] == (1, 1) and steps["evaluate", "test"] == (6, 6)
    cached = json.loads(told["cache-features"])
    wanted = {"media/picture": CLIPS, "media/sound": CLIPS - 1, "texts/question": len(QUESTIONS)}
    encoded = {name: summary["encoded"] for name, summary in cached.items()}
    assert encoded == wanted  # a file once, whoever asks about it
    assert json.loads(told["train"]) == {"epochs": 1, "warnings": []}
    judged = json.loads(told["evaluate"])
    assert judged["errors"]["train"] < 1e-6 < judged["errors"]["test"]  # 18 examples of 6 clips: none hides another
    assert len(judged["answers"]["train"]) == 18
    assert "train: 0.000" in (tmp_path / told["report"].strip()).read_text("utf-8")
    assert json.loads(told["run"]) == {**judged["errors"], "warnings": []}
    assert json.loads(told["refresh"])["verdict"] == "nothing new" and json.loads(told["retry"]) == []
    assert [step for step in json.loads(told["plan"]) if step["missing"]] == []
    status = json.loads(told["status"])
    assert [run["command"] for run in status["runs"]][:3] == ["retry", "refresh", "run"]
    assert {kind["kind"] for kind in status["stored"]} == {"features", "toy-counts", "toy-errors"}
    assert "0 artifacts" in told["store"] or "nothing" in told["store"], told["store"]
    learned, unseen = json.loads(told["predict"])
    with (clips / "questions.csv").open() as file:
        right = [f"{question}: {float(answer):.1f}" for _, clip, question, answer in csv.reader(file) if clip == "c0"]
    assert [each["label"] for each in learned["predictions"]] == right
    assert learned["path"] == str(clips / "c0") and len(unseen["predictions"]) == len(QUESTIONS)


def test_an_example_is_its_files_in_their_roles_and_what_is_asked() -> None:
    one, two = MediaRow("1" * 32, "a.png", ()), MediaRow("2" * 32, "b.wav", ())
    media = {"picture": one, "sound": two}
    keys = {
        example_key(media, "how loud"), example_key(media, "how bright"), example_key(media),
        example_key({"picture": two, "sound": one}, "how loud"), example_key({"picture": one}, "how loud"),
    }  # fmt: skip
    assert len(keys) == 5
    assert example_key({"sound": MediaRow(two.key, "elsewhere.wav", ()), "picture": one}, "how loud") in keys


def test_files_of_examples_come_once_in_order() -> None:
    one, same, two = (MediaRow(key * 32, f"{key}.png", ()) for key in ("1", "1", "2"))
    examples = [
        Example("a", {"x": two}, 1),
        Example("b", {"x": one}, 2),
        Example("c", {"x": same}, 3),
        Example("d", {}, 4),
    ]
    assert files_of(examples, "x") == [two, one] and files_of(examples, "y") == []
