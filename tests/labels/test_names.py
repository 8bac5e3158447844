"""One rule for names: what folds together, what stays apart, and who is refused; in files, folders, tables and sentences."""

import unicodedata
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.datasets import DatasetError, read_rows
from pipeline.datasets.read import Source
from pipeline.labels import AmbiguousName, LabelError, load_labels, shipped_label_sets
from pipeline.labels.adding import add_labels
from pipeline.labels.names import Names, bare, composed, fold, folded_together
from pipeline.recipe.data import AnyData, FolderData, TableData

DECOMPOSED = unicodedata.normalize("NFD", "Käfer")
SAME = [
    ("cat", "Cat"), ("cat", "CAT"), ("golden retriever", "golden_retriever"), ("golden retriever", "golden-retriever"),
    ("golden retriever", "Golden\u2011Retriever"), ("golden retriever", "golden - retriever"), ("cat", "ca\u00adt"),
    ("cat", "cat\u200b"), ("cat", "\ufeffcat"), ("hot dog", "hot\u00a0dog"), ("hot dog", "hot\u202fdog"),
    ("Käfer", DECOMPOSED), ("Straße", "STRASSE"), ("cat", "ca\u2060t"), ("cat", "_cat_"), ("Σίσυφος", "ΣΊΣΥΦΟΣ"),
]  # fmt: skip
APART = [
    ("C", "C++"), ("C", "C#"), ("1", "-1"), ("A", "A-"), ("A", "A+"), ("cafe", "café"), ("tie dye", "tiedye"),
    ("motor bike", "motorbike"), ("cat", "cats"), ("R&B", "RB"), ("50", "50%"), ("", "_"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), SAME)
def test_names_that_fold_together(tmp_path: Path, one: str, other: str) -> None:
    assert fold(one) == fold(other)
    assert Names([one, "zebra"]).find(other) == one
    assert Names([other, "zebra"]).find(one) == other
    # Blanks, underscores and composition are settled as a label file is read: what is left is one name twice.
    path = tmp_path / "own.txt"
    path.write_text(f"{one}\n{other}\n", "utf-8")
    with pytest.raises(LabelError) as caught:
        load_labels(str(path))
    told = str(caught.value)
    assert "more than once" in told or f"{composed(one)!r} and" in told and "differ only by letter case" in told


@pytest.mark.parametrize(("one", "other"), APART[:-1])
def test_names_that_stay_apart(one: str, other: str) -> None:
    assert load_labels([one, other]) == [one, other]
    assert Names([one]).find(other) is None and Names([other]).find(one) is None
    if one not in ("tie dye", "motor bike"):
        assert bare(one) != bare(other)


def test_nothing_but_blanks_is_near_to_nothing() -> None:
    assert [Names(["_", "-"], loose=True).find(name) for name in ("_", "", " ", "-", "\u200b")] == [
        "_",
        None,
        None,
        "-",
        None,
    ]


def test_an_exact_name_wins_and_two_near_ones_are_refused() -> None:
    names = Names(["bread", "Bread", "sun"])
    assert [names.find(name) for name in ("bread", "Bread", "SUN", "moon")] == ["bread", "Bread", "sun", None]
    with pytest.raises(AmbiguousName, match="'BREAD' is spelled as no class is, and may mean 'bread' and 'Bread'"):
        names.find("BREAD")


def test_shipped_sets_are_composed_and_their_twins_stand() -> None:
    twins = {name: folded_together(load_labels(name)) for name in shipped_label_sets()}
    assert {name: pairs for name, pairs in twins.items() if pairs} == {"objects365": [("bread", "Bread")]}
    assert all(label == composed(label) for name in shipped_label_sets() for label in load_labels(name))


def test_both_names_are_told_with_what_nobody_sees(tmp_path: Path) -> None:
    path = tmp_path / "own.txt"
    path.write_text("Cat\ndog\ncat\ndog\u200b\n", "utf-8")
    with pytest.raises(LabelError) as caught:
        load_labels(str(path))
    assert str(caught.value) == (
        f"labels: {path} holds names that differ only by letter case, by -, _ and blanks, or by letters that nobody sees: "
        "'Cat' and 'cat'; 'dog' and 'dog\\u200b'. Folders and tables could not be told apart by them. Keep one of each, or call "
        "one of them otherwise."
    )


def test_one_name_in_two_spellings_is_told_with_both() -> None:
    for one, other in (("hot_dog", "hot dog"), ("hot\u00a0dog", "hot dog")):
        with pytest.raises(LabelError) as caught:
            load_labels([one, "cat", other])
        assert f"names 'hot dog' more than once ({one!r} and {other!r}). Name each class once." in str(caught.value)


def test_a_decomposed_label_file_is_composed(tmp_path: Path) -> None:
    (tmp_path / "own.txt").write_text(f"{DECOMPOSED}\n", "utf-8")
    assert load_labels("own.txt", tmp_path) == ["Käfer"]


def test_classes_add_refuses_what_could_not_be_read_again(tmp_path: Path) -> None:
    file = tmp_path / "names.txt"
    file.write_text("golden retriever\nKäfer\ncat\n", "utf-8")
    for name in ("Golden-Retriever", "golden retriever\u200b"):
        with pytest.raises(LabelError, match="is 'golden retriever' but for letter case|printable text"):
            add_labels(file, [name], near=True)
    with pytest.raises(LabelError, match="is a class already"):
        add_labels(file, [DECOMPOSED])
    assert load_labels(str(file)) == ["golden retriever", "Käfer", "cat"]


def _read(config: AnyData, labels: list[str], root: Path) -> Source:
    return read_rows(config, "image", labels, root / "workspace")


def _folder(root: Path, *names: str) -> FolderData:
    for name in names:
        (root / name).mkdir(parents=True, exist_ok=True)
        (root / name / "1.png").write_text(name)
    return FolderData(layout="folder", root=root)


def test_every_folder_goes_to_the_class_that_is_spelled_so(tmp_path: Path) -> None:
    config = _folder(tmp_path / "media", "bread", "Bread", DECOMPOSED, "hot_dog")
    source = _read(config, ["bread", "Bread", "Käfer", "hot dog"], tmp_path)
    found = {composed(Path(row.path).parent.name): row.labels for row in source.rows}
    assert found == {"bread": ("bread",), "Bread": ("Bread",), "Käfer": ("Käfer",), "hot_dog": ("hot dog",)}


def test_a_folder_that_may_be_two_classes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="'BREAD' is spelled as no class is, and may mean 'bread' and 'Bread'"):
        _read(_folder(tmp_path / "media", "bread", "BREAD"), ["bread", "Bread"], tmp_path)
    flat = tmp_path / "flat"
    flat.mkdir()
    (flat / "BREAD-1.png").write_text("x")
    with pytest.raises(DatasetError, match="'BREAD' is spelled as no class is"):
        _read(FolderData(layout="folder", root=flat), ["bread", "Bread"], tmp_path)


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
def test_tables(tmp_path: Path, name: str) -> None:
    shown = ["Bread;bread", f"{DECOMPOSED};HOT-DOG", "hot dog\u200b;moon"]
    for number in range(3):
        (tmp_path / f"{number}.png").write_text(str(number))
    config = TableData(layout="table", file=tmp_path / name)

    def write(labels: list[str]) -> None:
        paths = [f"{number}.png" for number in range(3)]
        if name == "t.csv":
            lines = [f"{path},{label}\n" for path, label in zip(paths, labels, strict=True)]
            config.file.write_text("path,labels\n" + "".join(lines), "utf-8")
        else:
            pq.write_table(pa.table({"path": paths, "labels": [label.split(";") for label in labels]}), config.file)

    write(shown)
    source = _read(config, ["bread", "Bread", "Käfer", "hot dog"], tmp_path)
    assert [row.labels for row in source.rows] == [("Bread", "bread"), ("Käfer", "hot dog"), ("hot dog",)]
    assert source.unknown == (("moon", 1),)
    write(["bread", "BREAD", "Bread"])
    with pytest.raises(DatasetError) as caught:
        _read(config, ["bread", "Bread"], tmp_path)
    assert str(caught.value) == (
        f"data: {config.file}: the class name 'BREAD' is spelled as no class is, and may mean 'bread' and 'Bread', which differ "
        "only by letter case, by -, _ and blanks, or by letters that nobody sees. Spell it exactly as the class that is meant."
    )


def test_twins_of_a_list_in_a_recipe_stand(tmp_path: Path) -> None:
    """Somebody has written them one beside the other: they are two classes, and only what is spelled exactly is one of them."""
    labels = load_labels(["cat", "Cat"])
    source = _read(_folder(tmp_path / "media", "cat", "Cat"), labels, tmp_path)
    assert [(Path(row.path).parent.name, row.labels) for row in source.rows] == [("Cat", ("Cat",)), ("cat", ("cat",))]
    with pytest.raises(DatasetError, match="'CAT' is spelled as no class is, and may mean 'cat' and 'Cat'"):
        _read(_folder(tmp_path / "media", "CAT"), labels, tmp_path)
