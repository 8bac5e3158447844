"""`recipes new`: a recipe for somebody's own folder, which loads and names the classes that the folder tells."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.datasets import DatasetError, read_rows
from pipeline.labels import load_labels
from pipeline.labels.adding import add_labels
from pipeline.recipe.errors import RecipeError
from pipeline.tasks.label_files import label_file
from pipeline.tasks.load import load_recipe
from pipeline.tasks.sentences.new import new_recipe
from pipeline.tasks.sentences.read import labels_of


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for name in ("golden_retriever/1.png", "golden_retriever/2.png", "yes/3.jpg", ".git/4.png"):
        path = tmp_path / "my photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path / "my photos"


def write(root: Path, out: Path, modality: str = "image", **changes: object) -> None:
    options = {"labels": None, "encoder": None, "model": "miniature-llama", "name": None, "force": False}
    new_recipe({modality: root}, out=out, **(options | changes))


def test_classes_are_the_sub_folders(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "recipes" / "new.yaml"
    write(photos, out)
    recipe = load_recipe(out, tmp_path / "w")
    assert recipe.name == "my-photos"
    assert labels_of(recipe) == {"image": ["golden retriever", "yes"]}
    assert (recipe.generate.engine, recipe.generate.model) == ("transformers", "miniature-llama")
    assert (recipe.train.preset, recipe.train.lr.image) == ("recommended", 0.05)
    image = recipe.modalities["image"]
    assert image.data is not None
    rows = read_rows(image.data, "image", labels_of(recipe)["image"], recipe.workspace).rows
    assert [(Path(row.path).name, row.labels) for row in rows] == [
        ("1.png", ("golden retriever",)),
        ("2.png", ("golden retriever",)),
        ("3.jpg", ("yes",)),
    ]
    text = out.read_text()
    assert text.startswith("# 2 classes of images in my photos/\n")
    assert "The miniature models know drawn shapes" in text
    assert "#   run it:      mmpt-pipeline run new.yaml\n" in text


def test_classes_from_file_names_of_a_flat_folder(tmp_path: Path) -> None:
    root = tmp_path / "flat"
    root.mkdir()
    for name in ("n01498041_stingray.JPEG", "n01498041_stingray_2.JPEG", "cat-01.png", "cat (2).png", "notes.txt"):
        (root / name).touch()
    write(root, tmp_path / "r.yaml", name="mine")
    assert labels_of(load_recipe(tmp_path / "r.yaml")) == {"image": ["cat", "stingray"]}


@pytest.mark.parametrize(
    ("modality", "file", "encoder"),
    [("audio", "bark/1.wav", "miniature-clap"), ("video", "run/1.mp4", "miniature-viclip")],
)
def test_the_other_modalities(tmp_path: Path, modality: str, file: str, encoder: str) -> None:
    path = tmp_path / "own" / file
    path.parent.mkdir(parents=True)
    path.touch()
    write(tmp_path / "own", tmp_path / "r.yaml", modality)
    (config,) = load_recipe(tmp_path / "r.yaml").modalities.values()
    assert (config.encoder, load_labels(config.labels)) == (encoder, [path.parent.name])


def test_labels_by_name_or_file(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("names.txt").write_text("golden retriever\nhovercraft\n")
    write(photos, Path("sub/r.yaml"), labels="names.txt")
    assert labels_of(load_recipe("sub/r.yaml")) == {"image": ["golden retriever", "hovercraft"]}
    write(photos, Path("sub/r.yaml"), labels="voc", force=True)
    assert load_recipe("sub/r.yaml").modalities["image"].labels == "voc"


def test_refusals(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "r.yaml"
    out.write_text("mine")
    with pytest.raises(RecipeError, match=r"r\.yaml is there already; give --force to replace it, or another --out"):
        write(photos, out)
    assert out.read_text() == "mine"
    for roots in ({}, {"image": photos, "audio": photos}):
        with pytest.raises(RecipeError, match=f"give one of --images, .* with a folder; found {len(roots)}"):
            new_recipe(roots, labels=None, encoder=None, model="m", name=None, out=tmp_path / "x.yaml", force=False)
    with pytest.raises(RecipeError, match="'miniature-clap' encodes audio, not image"):
        write(photos, tmp_path / "x.yaml", encoder="miniature-clap")
    with pytest.raises(RecipeError, match="name: String should match pattern"):
        write(photos, tmp_path / "x.yaml", name="../x")
    with pytest.raises(DatasetError, match="nowhere does not exist. Give a folder"):
        write(tmp_path / "nowhere", tmp_path / "x.yaml")
    with pytest.raises(DatasetError, match="nowhere does not exist. Give a folder"):
        write(tmp_path / "nowhere", tmp_path / "x.yaml", labels="voc")
    (tmp_path / "numbers").mkdir()
    (tmp_path / "numbers" / "0001.png").touch()
    with pytest.raises(DatasetError, match=r"neither sub-folders nor file names of .*numbers tell a class .*--labels"):
        write(tmp_path / "numbers", tmp_path / "x.yaml")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="holds neither sub-folders named for classes nor image files"):
        write(tmp_path / "empty", tmp_path / "x.yaml")
    assert not (tmp_path / "x.yaml").exists()


def new(roots: dict[str, Path], out: Path, **changes: Any) -> list[Path]:
    options: dict[str, Any] = {
        "labels": None,
        "encoder": None,
        "model": "miniature-llama",
        "name": None,
        "force": False,
    }
    return new_recipe(roots, out=out, **(options | changes))


def written(out: Path) -> Any:
    return yaml.safe_load(out.read_text("utf-8"))


def test_names_go_into_a_label_file_that_classes_can_be_added_to(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "recipes" / "new.yaml"
    names = tmp_path / "recipes" / "new-labels.txt"
    assert new({"image": photos}, out) == [out, names]
    assert names.read_text() == "golden retriever\nyes\n"
    assert label_file(str(out), None) == ("image", names)
    add_labels(names, ["red panda"])
    assert labels_of(load_recipe(out)) == {"image": ["golden retriever", "yes", "red panda"]}
    assert 'mmpt-pipeline classes add new.yaml "NAME", then mmpt-pipeline refresh new.yaml' in out.read_text()
    with pytest.raises(RecipeError, match=r"new\.yaml is there already"):
        new({"image": photos}, out)
    out.unlink()
    with pytest.raises(RecipeError, match=r"new-labels\.txt is there already; give --force to replace it"):
        new({"image": photos}, out)
    assert "red panda" in names.read_text() and not out.exists()
    names.write_text("golden retriever\nyes\n")  # what a command leaves that was killed between the two files
    assert new({"image": photos}, out) == [out, names]


def test_everything_is_named_from_the_recipe_s_folder(photos: Path, tmp_path: Path) -> None:
    """Folder, recipe and names move together."""
    new({"image": photos}, tmp_path / "recipes" / "new.yaml")
    image = written(tmp_path / "recipes" / "new.yaml")["modalities"]["image"]
    assert (image["labels"], image["data"]["root"]) == ("new-labels.txt", "../my photos")
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    (tmp_path / "recipes").rename(moved / "recipes")
    photos.rename(moved / "my photos")
    recipe = load_recipe(moved / "recipes" / "new.yaml")
    assert labels_of(recipe) == {"image": ["golden retriever", "yes"]}
    assert len(read_rows(recipe.modalities["image"].data, "image", ["yes"], tmp_path / "w").rows) == 1


def test_names_that_a_file_cannot_hold_stay_in_the_recipe(tmp_path: Path) -> None:
    for name in ("Bread", "bread"):
        (tmp_path / "own" / name).mkdir(parents=True)
    assert new({"image": tmp_path / "own"}, tmp_path / "r.yaml") == [tmp_path / "r.yaml"]
    assert written(tmp_path / "r.yaml")["modalities"]["image"]["labels"] == ["Bread", "bread"]


@pytest.mark.parametrize(
    ("asked", "names"),
    [("cat, dog,red panda", ["cat", "dog", "red panda"]), ('"violin, fiddle",harp', ["violin, fiddle", "harp"])],
)
def test_class_names_alone(tmp_path: Path, asked: str, names: list[str]) -> None:
    out = tmp_path / "pets.yaml"
    assert new({}, out, labels=asked) == [out, tmp_path / "pets-labels.txt"]
    recipe = load_recipe(out)
    assert (recipe.name, labels_of(recipe)) == ("pets", {"image": names})
    assert recipe.modalities["image"].data is None
    assert "# It is judged on nothing" in out.read_text()


def test_class_names_alone_for_the_encoder_s_modality(tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("bark\nrain\n")
    out = tmp_path / "sub" / "r.yaml"
    assert new({}, out, labels=str(names), encoder="miniature-clap") == [out]
    assert written(out)["modalities"]["audio"]["labels"] == "../names.txt"
    new({}, out, labels="voc", force=True)
    assert written(out)["modalities"]["image"]["labels"] == "voc"


def test_a_table_of_texts(tmp_path: Path) -> None:
    table = tmp_path / "my news.csv"
    table.write_text(
        "text,labels\nThe striker scored.,football\nFry the onions.,cooking\nA late goal.,football;news_desk\n"
    )
    out = tmp_path / "r.yaml"
    assert new({"text": table}, out) == [out, tmp_path / "r-labels.txt"]
    recipe = load_recipe(out)
    assert (recipe.name, labels_of(recipe)) == ("my-news", {"text": ["football", "cooking", "news desk"]})
    assert written(out)["modalities"]["text"] == {
        "labels": "r-labels.txt", "encoder": "all-minilm-l6-v2", "data": {"layout": "table", "file": "my news.csv"},
    }  # fmt: skip
    assert "judged on nothing" not in out.read_text() and "model: meta-llama" in out.read_text()
    assert recipe.train.lr.text == 0.05


def test_beside_a_real_encoder_sentences_are_by_hand_until_a_model_is_named(photos: Path, tmp_path: Path) -> None:
    """The miniature language model has read of drawn shapes only."""
    out = tmp_path / "r.yaml"
    new({"image": photos}, out, encoder="clip-vit-b32-laion2b")
    assert load_recipe(out).generate.engine == "templates"
    assert (
        "Sentences by hand tell no more of a class than its name" in out.read_text()
        and "query: looks}" in out.read_text()
    )
    assert "miniature" not in out.read_text()
    new({"image": photos}, out, encoder="clip-vit-b32-laion2b", model="owner/llm", force=True)
    assert (load_recipe(out).generate.engine, load_recipe(out).generate.model) == ("transformers", "owner/llm")
    assert "by hand" not in out.read_text()
    new({"image": photos}, out, force=True)
    assert (load_recipe(out).generate.engine, load_recipe(out).generate.model) == ("transformers", "miniature-llama")


def test_a_table_of_texts_without_labels(tmp_path: Path) -> None:
    table = tmp_path / "news.csv"
    table.write_text("text\nThe striker scored.\nFry the onions.\n")
    with pytest.raises(
        RecipeError, match=r"news\.csv has no labels, so it does not tell the classes; give them: --labels"
    ):
        new({"text": table}, tmp_path / "r.yaml")
    new({"text": table}, tmp_path / "r.yaml", labels="football,cooking")
    assert "# It is judged on nothing" in (tmp_path / "r.yaml").read_text()
    recipe = load_recipe(tmp_path / "r.yaml")
    rows = read_rows(recipe.modalities["text"].data, "text", ["football", "cooking"], tmp_path / "w").rows
    assert [(row.path, row.labels) for row in rows] == [("The striker scored.", ()), ("Fry the onions.", ())]
    (tmp_path / "paths.csv").write_text("path\n1.jpg\n")
    with pytest.raises(DatasetError, match="has no column 'text' and 'labels'"):
        new({"text": tmp_path / "paths.csv"}, tmp_path / "x.yaml")
