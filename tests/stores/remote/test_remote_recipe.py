"""A whole recipe in a workspace on S3: the same artifacts as in a folder, and every command that looks at them."""

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipeline.cli.app import app
from pipeline.recipe.errors import RecipeError
from pipeline.records import find_run, roots
from pipeline.stages.plan import plan_run
from pipeline.stages.predict import predict
from pipeline.stages.refresh import refresh
from pipeline.stages.whole import figures, run_recipe
from pipeline.tasks.few_shot.bound import BoundFewShot
from pipeline.tasks.few_shot.recipe import FewShotRecipe
from pipeline.tasks.load import load_recipe
from pipeline.telemetry.progress import Progress
from stores import Store, objects
from stores.address import local_side, location
from stores.errors import WorkspaceError

LABELS = {"image": ["cat", "dog"]}


def contents(store: Store) -> dict[str, Any]:
    """Of every artifact, what its manifest says."""
    return {
        artifact.spec.fingerprint: (artifact.spec, artifact.manifest, artifact.keys(), artifact.rejected())
        for artifact in store.artifacts()
    }


def called(*arguments: str) -> Any:
    result = CliRunner().invoke(app, [*arguments])
    assert result.exception is None, result.exception
    return json.loads(result.stdout)


@pytest.mark.slow  # 40 s: a whole recipe three times, and a refresh
def test_a_recipe_makes_the_same_artifacts_as_in_a_folder(
    open_context: Callable[..., Any], s3: str, tmp_path: Path, media: Path
) -> None:
    here, there = open_context(LABELS), open_context(LABELS, workspace=location(s3))
    local, remote = run_recipe(here), run_recipe(there)
    assert contents(there.store) == contents(here.store)
    assert remote.result == local.result
    assert str(remote.report) == f"{s3}/runs/small/report.html"
    assert objects.read(remote.report).startswith(b"<!")
    # A second run, on a machine that has no copies, makes nothing.
    shutil.rmtree(local_side(s3))
    before = objects.below(location(s3))
    assert {step.missing for step in plan_run(there)} == {0}
    assert run_recipe(open_context(LABELS, workspace=location(s3))).result == local.result
    after = objects.below(location(s3))
    assert {k for k in before if "/runs/" not in str(k) and "/.locks/" not in str(k)} == {
        k for k in after if "/runs/" not in str(k) and "/.locks/" not in str(k)
    }

    files = sorted((media / "image/cat").glob("[0-9].png"))
    found, same = (predict("small", w, files, "cpu", 2) for w in (location(s3), here.recipe.workspace))
    assert found == same and [p.error for p in found] == [""] * 3
    assert predict(f"{s3}/runs/small", Path("elsewhere"), files, "cpu", 2) == same

    grown = {"image": [*LABELS["image"], "sun"]}
    assert refresh(open_context(grown, workspace=location(s3))) == refresh(open_context(grown))
    assert contents(there.store) == contents(here.store)
    records = [find_run("small", workspace)[1] for workspace in (location(s3), here.recipe.workspace)]
    assert records[0].artifacts == records[1].artifacts and records[0].columns == records[1].columns

    listed = called("store", "ls", "--json", "-w", s3)
    assert {row["fingerprint"] for row in listed} >= roots(location(s3))
    assert called("store", "verify", "--json", "-w", s3)["problems"] == []
    removed = called("store", "gc", "--json", "--yes", "-w", s3)
    left = {row["fingerprint"] for row in called("store", "ls", "--json", "-w", s3)}
    assert roots(location(s3)) <= left and len(left) + len(removed["removals"]) == len(listed)


def test_a_few_shot_recipe_does_too(s3: str, tmp_path: Path) -> None:
    content = {
        "name": "few", "encoder": "miniature-clip", "shots": 1, "seeds": [1], "cache": {"workers": 0},
        "data": {"layout": "miniature-shapes", "train_per_class": 2, "test_per_class": 1},
        "methods": {"coop": {"epochs": 1, "batch_size": 4}},
    }  # fmt: skip
    recipes = [FewShotRecipe.model_validate({**content, "workspace": place}) for place in (s3, tmp_path)]
    results = [figures(BoundFewShot(recipe, "cpu", Progress.silent())) for recipe in recipes]
    assert results[0] == results[1]
    assert contents(Store(s3)) == contents(Store(tmp_path)) != {}
    assert Store(s3).gc(roots(location(s3))) == []


def test_a_recipe_names_its_workspace_by_url(tmp_path: Path) -> None:
    text = "name: x\nworkspace: {}\nmodalities: {{image: {{labels: [cat, dog], encoder: miniature-clip}}}}\n"
    path = tmp_path / "recipe.yaml"
    for written, meant in (
        ("memory://bucket/x", "memory://bucket/x"), ("here", str(tmp_path / "here")), (tmp_path, str(tmp_path))
    ):  # fmt: skip
        path.write_text(text.format(written))
        recipe = load_recipe(path)
        assert str(recipe.workspace) == meant
        assert recipe.model_dump(mode="json")["workspace"] == meant
        assert pickle.loads(pickle.dumps(recipe)) == recipe
    # As the command line gives it: a path, in which two slashes have become one.
    assert str(load_recipe(path, Path("memory://bucket/y")).workspace) == "memory://bucket/y"
    path.write_text(text.format("s3://me:secret@bucket/x"))
    with pytest.raises(WorkspaceError) as error:
        load_recipe(path)
    assert "secret" not in str(error.value)
    path.write_text(text.format("[a]"))
    with pytest.raises(RecipeError, match="workspace: a workspace is a folder, or a URL such as s3://bucket/prefix"):
        load_recipe(path)
