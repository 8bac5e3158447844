"""`recipes new`: a recipe for somebody's own folder, which loads and names the classes that the folder tells."""

from pathlib import Path

import pytest

from pipeline.datasets import DatasetError, read_rows
from pipeline.recipe.errors import RecipeError
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
    assert (config.encoder, config.labels) == (encoder, [path.parent.name])


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
