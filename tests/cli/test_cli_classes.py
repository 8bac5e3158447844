"""`classes add` and `refresh` as people meet them: what is printed, exit codes, errors that say what to do."""

import json
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline import announce
from pipeline.stages.refresh import Refreshed
from pipeline.tasks.growth import ClassFigure
from pipeline.tasks.sentences.bound import BoundSentences

Run = Callable[..., tuple[int, str, str]]

HEARD: list[tuple[Path, str, list[str]]] = []


def listen(recipe: Path, modality: str, names: list[str]) -> None:
    HEARD.append((recipe, modality, list(names)))


def deaf(recipe: Path, modality: str, names: list[str]) -> None:
    raise ConnectionRefusedError("connection refused")


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    """Images have a label file, sounds a list, videos a shipped set."""
    content: dict[str, Any] = {
        "name": "mixed",
        "modalities": {
            "image": {"labels": "names.txt", "encoder": "miniature-clip"},
            "audio": {"labels": ["bark", "rain"], "encoder": "miniature-clap"},
            "video": {"labels": "miniature-video", "encoder": "miniature-viclip"},
        },
    }
    (tmp_path / "names.txt").write_text("cat\ndog\n")
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(content))
    return tmp_path / "recipe.yaml"


def test_names_are_added(call: Run, recipe: Path) -> None:
    file = recipe.with_name("names.txt")
    assert call("classes", "add", recipe, "red panda", "fox") == (
        0, f"2 added to {file}: red panda, fox\nLearn them with: mmpt-pipeline refresh {recipe}\n", "",
    )  # fmt: skip
    assert file.read_text() == "cat\ndog\nred panda\nfox\n"
    code, out, _ = call("classes", "add", recipe, "owl", "--json", "-m", "image")
    assert (code, json.loads(out)) == (
        0, {"modality": "image", "file": str(file), "added": ["owl"], "classes": 5},
    )  # fmt: skip
    code, out, err = call("classes", "add", recipe, "foxes", "elk")
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        "error: classes add: nothing was added, 1 of 2 names cannot be",
        "  - 'foxes': is near 'fox', which is a class already; give --near if it is another one",
    ]
    assert call("classes", "add", recipe, "foxes", "--near")[0] == 0


def test_names_that_live_elsewhere(call: Run, recipe: Path, tmp_path: Path) -> None:
    before = recipe.with_name("names.txt").read_bytes()
    for arguments, told in (
        (["miniature", "fox"], "it ships with the package, and so do its label files; they are not yours to change. Copy it: "
         "mmpt-pipeline recipes show miniature > my-recipe.yaml"),
        ([recipe, "fox", "-m", "audio"], "modalities.audio.labels is a list in the recipe itself ([bark, rain]). Add the names "
         "there; or write them to a text file, one a line, and name that file there: then 'classes add' can"),
        ([recipe, "fox", "-m", "video"], "modalities.video.labels is the shipped set 'miniature-video', which is not yours"),
        ([recipe, "fox", "-m", "smell"], "--modality smell: the recipe has audio, image, video"),
        ([tmp_path / "none.yaml", "fox"], "it is neither a readable file"),
    ):  # fmt: skip
        code, out, err = call("classes", "add", *arguments)
        assert (code, out) == (2, ""), arguments
        assert told in " ".join(err.split()), err
    assert recipe.with_name("names.txt").read_bytes() == before


def test_which_modality_is_asked_where_two_have_files(call: Run, recipe: Path) -> None:
    text = recipe.read_text().replace("labels:\n    - bark\n    - rain", "labels: sounds.txt")
    recipe.write_text(text)
    recipe.with_name("sounds.txt").write_text("bark\nrain\n")
    code, _, err = call("classes", "add", recipe, "fox")
    assert code == 2
    assert "tell which modality the classes are of: --modality audio or image" in err
    assert call("classes", "add", recipe, "wind", "--modality", "audio")[0] == 0
    assert recipe.with_name("sounds.txt").read_text() == "bark\nrain\nwind\n"


@pytest.fixture
def listeners(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Register functions of this file as services."""

    def register(*names: str) -> None:
        found = [EntryPoint(name, f"{__name__}:{name}", announce.GROUP) for name in names]
        monkeypatch.setitem(sys.modules, __name__, sys.modules[listen.__module__])
        monkeypatch.setattr(announce, "entry_points", lambda group: EntryPoints(found).select(group=group))

    return register


def test_a_service_is_told_only_when_asked(call: Run, recipe: Path, listeners: Callable[..., None]) -> None:
    listeners("listen")
    HEARD.clear()
    assert call("classes", "add", recipe, "fox")[0] == 0
    assert HEARD == []
    assert call("classes", "add", recipe, "elk", "owl", "--emit")[1].splitlines()[1] == "The service was told."
    assert HEARD == [(recipe, "image", ["elk", "owl"])]


def test_a_service_that_cannot_be_told(call: Run, recipe: Path, listeners: Callable[..., None]) -> None:
    for names, told in (
        ((), "error: the names are in the label file, but no service is installed that could be told. "),
        (("deaf",), "error: the names are in the label file, but deaf could not be told (connection refused). "),
    ):
        listeners(*names)
        code, _, err = call("classes", "add", recipe, f"fox{len(names)}", "--near", "--emit")
        assert code == 2 and err == told + (
            "The service finds them at its next scheduled refresh; or learn them now with: mmpt-pipeline refresh RECIPE\n"
        )
    assert recipe.with_name("names.txt").read_text() == "cat\ndog\nfox0\nfox1\n"


def test_refresh_prints_the_verdict(
    call: Run, open_context: Callable[..., BoundSentences], finished: Path, tmp_path: Path
) -> None:
    open_context()
    recipe = tmp_path / "recipe.yaml"
    code, out, _ = call("refresh", recipe, "-w", finished, "-d", "cpu")
    assert code == 0
    assert out.splitlines() == [
        "nothing new: the published pools know every class of the recipe",
        "0 sentences kept, 0 rows encoded, 0 epochs learned (scratch)",
    ]
    open_context({"image": ["cat", "dog", "sun", "hen[red]"], "audio": ["bark", "rain"]}, refresh={"tolerance": 1.0})
    code, out, _ = call("refresh", recipe, "-w", finished, "-d", "cpu", "--json")
    found = json.loads(out)
    assert (code, found["verdict"], found["added"]) == (0, "published", [["image", "hen[red]"]])
    assert [f["label"] for f in found["figures"] if f["new"]] == ["hen[red]"]


def test_a_refresh_that_keeps_the_old_pools_leaves_with_1(
    call: Run, recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = ClassFigure("image", "cat", "accuracy", 4, 0.5, 1.0, 0.5, new=False)
    new = ClassFigure("image", "hen[red]", "accuracy", 2, 0.25, None, 0.75, new=True)
    outcome = Refreshed("kept", "cat lost", (("image", "hen[red]"),), 6, 7, 3, "frozen", "0" * 32, (lost, new))
    monkeypatch.setattr("pipeline.stages.refresh.refresh", lambda context: outcome)
    code, out, _ = call("refresh", recipe, "-w", tmp_path)
    assert code == 1
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in out.splitlines() if line.startswith("│")]
    assert rows == [
        ["image", "cat", "4", "accuracy", "50.0", "100.0", "50.0", "-50.0"],
        ["image", "hen[red]", "2", "accuracy", "25.0", "–", "75.0", "new"],
    ]
    assert out.splitlines()[-2:] == [
        "kept: cat lost",
        "6 sentences kept, 7 rows encoded, 3 epochs learned (frozen); new: hen[red] (image)",
    ]
