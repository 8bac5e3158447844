"""Data runs no code: recipes, options, weights; and the sources call nothing that could."""

import ast
import pickle
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from pipeline.cli.app import main
from pipeline.encoders.errors import EncoderError
from pipeline.encoders.weights import read_weights
from pipeline.tasks.load import load_recipe
from stores.errors import MmptError

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [path for package in ("stores", "pipeline", "flows") for path in sorted((ROOT / package).rglob("*.py"))]
TAGS = [
    "!!python/object/apply:os.system ['touch {0}']",
    "!!python/object/new:os.system ['touch {0}']",
    "!!python/name:os.system ''",
    "!!python/module:os ''",
    "!!python/object/apply:builtins.exec ['open({0!r}, \"w\")']",
]


class Touch:
    """A pickle that makes a file when it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("place", ["name: {}", "workspace: {}", "generate: {{model: {}}}", "{}: 1"])
def test_a_recipe_runs_no_code(tmp_path: Path, tag: str, place: str) -> None:
    mark, recipe = tmp_path / "ran", tmp_path / "r.yaml"
    for task in ("", "methods: {coop: }\n"):
        recipe.write_text(place.format(tag.format(str(mark))) + f"\n{task}")
        with pytest.raises(MmptError):
            load_recipe(recipe)
    assert not mark.exists()


def test_an_option_runs_no_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    option = f"split={TAGS[0].format(tmp_path / 'ran')}"
    monkeypatch.setattr(sys, "argv", ["mmpt-pipeline", "datasets", "check", "voc2007", "--root", ".", "-o", option])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 2 and not (tmp_path / "ran").exists()


def test_a_recipe_that_unfolds_to_a_billion_is_told_at_once(tmp_path: Path) -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    for place in ("name: *a11", "modalities: {image: {labels: *a11, encoder: miniature-clip}}", "train: *a11"):
        (tmp_path / "r.yaml").write_text("\n".join([*levels, place]) + "\n")
        start = time.monotonic()
        with pytest.raises(MmptError) as told:
            load_recipe(tmp_path / "r.yaml")
        assert time.monotonic() - start < 5 and len(str(told.value)) < 20_000


def test_a_recipe_that_is_nested_too_deeply_is_told(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text("name: " + "[" * 5000 + "]" * 5000 + "\n")
    with pytest.raises(MmptError):
        load_recipe(tmp_path / "r.yaml")


@pytest.mark.parametrize("legacy", [False, True])
def test_weights_run_no_code(tmp_path: Path, legacy: bool) -> None:
    mark = tmp_path / "ran"
    torch.save({"a": torch.zeros(2), "b": Touch(mark)}, tmp_path / "w.pt", _use_new_zipfile_serialization=not legacy)
    (tmp_path / "plain.bin").write_bytes(pickle.dumps(Touch(mark)))
    for name in ("w.pt", "plain.bin"):
        with pytest.raises(EncoderError):
            read_weights("clip:x", tmp_path / name)
    assert not mark.exists()


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def test_nothing_in_the_sources_reads_code_from_data() -> None:
    never = {
        "eval", "exec", "compile", "__import__", "pickle.load", "pickle.loads", "os.system", "os.popen", "yaml.unsafe_load",
        "yaml.full_load", "marshal.loads", "shelve.open", "joblib.load", "torch.jit.load", "torch.hub.load",
    }  # fmt: skip
    for path in SOURCES:
        for name, call in calls(path):
            given = {word.arg: word.value for word in call.keywords}
            assert name not in never, (path, name)
            assert "shell" not in given and "allow_pickle" not in given and "trust_remote_code" not in given, (
                path,
                name,
            )
            if name.endswith("torch.load") or name == "load" and "weights_only" in given:
                assert ast.unparse(given["weights_only"]) == "True", path
            if name == "yaml.load":
                raise AssertionError(f"{path}: yaml.safe_load, or recipe.plain_yaml.load_yaml for what users write")
