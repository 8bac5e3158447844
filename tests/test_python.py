"""The package from Python: every snippet of docs/python.md in one script, exports read without it, what importing costs."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from pipeline.api import load_classifier, load_recipe, plan, predict
from pipeline.classify import features_of
from pipeline.exports.errors import ExportError
from pipeline.exports.export import exported
from pipeline.media.image import decode_image
from pipeline.stages.whole import Outcome
from pipeline.tasks.base import NoReadout
from pipeline.tasks.few_shot.task import FEW_SHOT_TASK
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.tasks.sentences.errors import NoChoice

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/python.md").read_text("utf-8")
LABELS = ["cat", "dog", "sun"]
Open = Callable[..., BoundSentences]


def script() -> str:
    """The page's Python, and its one command where it stands."""
    found = ["import subprocess, sys"]
    for kind, block in re.findall(r"```(python|sh)\n(.*?)```", PAGE, flags=re.DOTALL):
        if kind == "sh":
            words = block.split()[1:]
            block = f"subprocess.run([sys.executable, '-m', 'pipeline.cli.app', *{words!r}], check=True)\n"
        found.append(block)
    found.append("print('answers', probabilities.shape, np.abs(shares - probabilities).max() < 1e-5, labels.tolist())")
    return "\n".join(found)


def test_the_page_is_a_script_that_runs_without_a_guard(
    open_context: Open, finished: Path, media: Path, tmp_path: Path
) -> None:
    open_context()  # writes recipe.yaml beside the workspace in which it has run
    text = script().replace('"miniature"', '"recipe.yaml"').replace("miniature.npz", "small.npz")
    text = text.replace("'miniature'", "'small'").replace('"pictures"', repr(str(media / "image/cat")))
    assert "__main__" not in text
    (tmp_path / "script.py").write_text(text)
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, timeout=250, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[-1] == f"answers (3, 3) True {LABELS}"
    assert any(line.startswith(f"{media / 'image/cat/0.png'} ((") for line in lines)
    assert any("cut.png" in line and "((" not in line for line in lines)


def test_a_file_taken_away_answers_as_predict_does(
    open_context: Open, finished: Path, media: Path, tmp_path: Path
) -> None:
    context = open_context()
    files = [str(media / f"image/{label}/{i}.png") for label in context.labels["image"] for i in range(3)]
    # In float32, as they come out of the encoder: those in the store are rounded to float16.
    encode = features_of(context.cards["image"], "cpu", "float32")
    features = encode([decode_image(file, context.cards["image"].media) for file in files])
    answers = predict("small", files, workspace=finished, device="cpu", top=9)
    labels = context.labels["image"]
    wanted = np.array([[dict(each.classes)[label] for label in labels] for each in answers])
    found = load_classifier("small", workspace=finished)
    assert np.abs(found.probabilities(features, "image") - wanted).max() < 1e-5
    np.save(tmp_path / "features.npy", features)
    (tmp_path / "small.npz").write_bytes(exported(found.modalities, "npz"))
    (tmp_path / "small.safetensors").write_bytes(exported(found.modalities, "safetensors"))
    program = """
import json, struct, sys
import numpy as np
x = np.load("features.npy").astype(float)
x /= np.linalg.norm(x, axis=1, keepdims=True)
with np.load("small.npz") as file:
    npz = x @ file["image/vectors"].T * file["image/scale"] + file["image/bias"], file["image/labels"].tolist()
raw = open("small.safetensors", "rb").read()
size = struct.unpack("<Q", raw[:8])[0]
head = json.loads(raw[8:8 + size])
facts, place = json.loads(head["__metadata__"]["mmpt"])["image"], head["image/vectors"]
start, end = place["data_offsets"]
vectors = np.frombuffer(raw[8 + size + start:8 + size + end], np.float32).reshape(place["shape"])
other = x @ vectors.T * facts["scale"] + facts["bias"], facts["labels"]
assert not any(name in sys.modules for name in ("pipeline", "stores", "torch"))
for logits, labels in (npz, other):
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    print(json.dumps([labels, (shares / shares.sum(axis=1, keepdims=True)).tolist()]))
"""
    done = subprocess.run(
        [sys.executable, "-I", "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True
    )
    for line in done.stdout.splitlines():
        named, shares = yaml.safe_load(line)
        assert named == labels and np.abs(np.array(shares) - wanted).max() < 1e-5
    assert len(done.stdout.splitlines()) == 2


def test_a_model_of_onnx_answers_as_predict_does(finished: Path, media: Path, tmp_path: Path) -> None:
    """With the encoder from pixels on, and without it from features on; any number of files at once."""
    import json

    from onnxruntime import InferenceSession

    files = [str(media / f"image/cat/{i}.png") for i in range(3)]
    answers = predict("small", files, workspace=finished, device="cpu", top=9)
    found = load_classifier("small", workspace=finished)
    image, card = found.modalities["image"], found.modalities["image"].card
    pixels = np.stack([decode_image(file, card.media) for file in files])
    features = np.asarray(features_of(card, "cpu", "float32")(list(pixels)))
    for with_encoder, inputs in ((True, {"media": pixels}), (False, {"features": features})):
        session = InferenceSession(exported(found.modalities, "onnx", "image", with_encoder))
        labels = json.loads(session.get_modelmeta().custom_metadata_map["mmpt"])["labels"]
        assert labels == list(image.labels)
        wanted = np.array([[dict(each.classes)[label] for label in labels] for each in answers])
        (shares,) = session.run(["probabilities"], inputs)
        assert np.abs(shares - wanted).max() < 1e-5
        (one,) = session.run(["probabilities"], {name: value[:1] for name, value in inputs.items()})
        assert np.abs(one - wanted[:1]).max() < 1e-5


def test_the_command_writes_the_same_file_and_says_what_is_in_it(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from pipeline.cli.export import export

    monkeypatch.chdir(tmp_path)
    export("small", workspace=finished)
    said, found = capsys.readouterr().out, load_classifier("small", workspace=finished)
    assert (tmp_path / "small.npz").read_bytes() == exported(found.modalities, "npz")
    for modality, each in found.modalities.items():
        assert f"{modality}: {len(each.labels)} classes by '{each.name}'" in said
    export("small", to="safetensors", out=tmp_path / "a.bin", method="mean of sentences", workspace=finished)
    mean = load_classifier("small", workspace=finished, method="mean of sentences")
    assert (tmp_path / "a.bin").read_bytes() == exported(mean.modalities, "safetensors")
    assert mean.modalities["image"].name == "mean of sentences"


def test_what_cannot_be_had_is_told(finished: Path, outcome: Outcome) -> None:
    found = load_classifier("small", workspace=finished)
    for options, why in (
        (("pickle",), "--to is 'pickle'. Take one of npz, safetensors, onnx"),
        (("npz", "video"), "--modality is 'video'. This run knows image, audio"),
        (("npz", "image", True), "--with-encoder is for --to onnx"),
        (("onnx",), "of one modality. Say which: --modality image | audio"),
        (
            ("onnx", "audio", True),
            "the tower of 'miniature-clap' cannot be expressed in ONNX .*Leave --with-encoder out",
        ),
    ):
        with pytest.raises(ExportError, match=why):
            exported(found.modalities, *options)
    with pytest.raises(KeyError, match="this run knows image, audio; give one of them"):
        found.probabilities(np.zeros((1, 4)))
    with pytest.raises(NoChoice, match="--method 'nothing'"):
        load_classifier("small", workspace=finished, method="nothing")
    nothing: Any = None
    with pytest.raises(NoReadout, match="'few-shot' learn is no class vectors"):
        FEW_SHOT_TASK.readouts(nothing, nothing)


def test_a_recipe_may_be_a_dictionary(open_context: Open, finished: Path, tmp_path: Path) -> None:
    open_context()
    content = yaml.safe_load((tmp_path / "recipe.yaml").read_text())
    assert load_recipe(content, finished) == load_recipe(tmp_path / "recipe.yaml", finished)
    done = plan(content, finished)
    assert done.steps and not any(step.missing for step in done.steps)


def test_importing_costs_no_torch() -> None:
    program = (
        "import sys, pipeline\n"
        "assert not [n for n in sys.modules if n.startswith('pipeline.')]\n"
        "assert pipeline.load_recipe('miniature').name == 'miniature' and pipeline.plan and pipeline.load_classifier\n"
        "assert callable(pipeline.run) and callable(pipeline.predict)\n"
        "assert not {'torch', 'transformers', 'prefect', 'matplotlib', 'dask'} & set(sys.modules)\n"
        "from pipeline import load_classifier, load_recipe, plan, predict, run\n"
        "assert all(map(callable, (load_classifier, load_recipe, plan, predict, run)))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
