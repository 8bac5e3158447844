"""Which images are drawn, against the protocol's rule written a second time; the halves of the classes; the lists on disk."""

import json
import os
import random
import re
from collections import Counter
from math import ceil
from pathlib import Path

import pytest
from few_shot_layouts import Written, write_few_shot

from pipeline.datasets import DatasetError
from pipeline.datasets.few_shot import (
    FEW_SHOT,
    TEMPLATES,
    TRAINING_TEMPLATE,
    Row,
    Shots,
    Split,
    draw_shots,
    half,
    read_shots,
    write_shots,
)

CLASSES = ["tench", "crane", "maypole", "yellow rose", "ox", "fig", "Äpfel"]


@pytest.fixture
def data(tmp_path: Path) -> tuple[Path, Written]:
    return tmp_path, write_few_shot("dtd", tmp_path, CLASSES, counts=(23, 9, 1))


def drawn(data: Path, shots: int, seed: int) -> Shots:
    dtd = FEW_SHOT["dtd"]
    return draw_shots("dtd", dtd.split(data, "train"), dtd.split(data, "val"), shots, seed)


def by_the_rule(written: Written, shots: int, seed: int) -> dict[str, list[tuple[str, int, str]]]:
    """The published rule on the module's own stream: seeded once, train before val, classes as they appear."""
    random.seed(seed)
    found: dict[str, list[tuple[str, int, str]]] = {}
    for split, count in (("train", shots), ("val", min(shots, 4))):
        found[split] = []
        for label in dict.fromkeys(label for _, label, _ in written[split]):
            items = [entry for entry in written[split] if entry[1] == label]
            found[split] += random.sample(items, count) if len(items) >= count else items
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("shots", [1, 2, 4, 8, 16, 23])
def test_the_published_rule(data: tuple[Path, Written], shots: int, seed: int) -> None:
    found = drawn(data[0], shots, seed)
    assert found.val is not None
    assert {"train": list(found.train.rows), "val": list(found.val.rows)} == by_the_rule(data[1], shots, seed)
    assert Counter(row.label for row in found.train.rows) == dict.fromkeys(range(7), shots)
    assert Counter(row.label for row in found.val.rows) == dict.fromkeys(range(7), min(shots, 4))
    assert found.train.classes == found.val.classes == tuple(CLASSES)


def test_classes_with_fewer_images_give_all_and_take_nothing_from_the_stream(tmp_path: Path) -> None:
    written = write_few_shot("dtd", tmp_path, CLASSES, counts=(20, 3, 1))
    file = tmp_path / "dtd/split_zhou_DescribableTextures.json"
    lists = json.loads(file.read_text())
    for cut in (written["train"], lists["train"]):  # the second class that appears keeps 5 images, the third exactly 16
        first = list(dict.fromkeys(entry[1] for entry in cut))
        for label, left in ((first[1], 5), (first[2], 16)):
            images = [entry for entry in cut if entry[1] == label]
            for entry in images[left:]:
                cut.remove(entry)
    file.write_text(json.dumps(lists))
    found = drawn(tmp_path, 16, 1)
    assert found.val is not None
    assert {"train": list(found.train.rows), "val": list(found.val.rows)} == by_the_rule(written, 16, 1)
    assert sorted(Counter(row.label for row in found.train.rows).values()) == [5, *[16] * 6]


def test_the_stream_is_python_s_on_every_version() -> None:
    """Written down: were the stream another on a later Python, the published shots would be others."""
    rows = tuple(
        Row(f"{number}.jpg", label, str(label)) for label in (1, 0) for number in range(label * 100, label * 100 + 40)
    )
    split = Split(Path(), ("0", "1"), rows)
    found = draw_shots("x", split, Split(Path(), ("0", "1"), rows[:5]), 4, 1)
    assert found.val is not None
    assert " ".join(row.path.removesuffix(".jpg") for row in found.train.rows) == "108 136 104 116 7 31 28 30"
    assert " ".join(row.path.removesuffix(".jpg") for row in found.val.rows) == "103 101 100 104"


def test_without_validation_images() -> None:
    split = Split(Path(), ("a",), (Row("1.jpg", 0, "a"),))
    assert draw_shots("imagenet", split, None, 16, 1) == Shots("imagenet", 16, 1, split, None)


class TestHalves:
    @pytest.mark.parametrize(
        ("classes", "base", "novel"), [(10, 5, 5), (37, 19, 18), (100, 50, 50), (101, 51, 50), (1, 1, 0)]
    )
    def test_sizes_and_labels(self, classes: int, base: int, novel: int) -> None:
        names = tuple(f"class {label}" for label in range(classes))
        labels = random.Random(0).choices(range(classes), k=500)
        split = Split(Path("x"), names, tuple(Row(f"{n}.jpg", label, names[label]) for n, label in enumerate(labels)))
        assert base == ceil(classes / 2) and base + novel == classes
        first, second = half(split, "base"), half(split, "novel")
        assert (first.classes, second.classes) == (names[:base], names[base:])
        assert [tuple(row) for row in first.rows] == [
            (f"{n}.jpg", label, names[label]) for n, label in enumerate(labels) if label < base
        ]
        assert [tuple(row) for row in second.rows] == [
            (f"{n}.jpg", label - base, names[label]) for n, label in enumerate(labels) if label >= base
        ]
        assert first.root == second.root == Path("x")

    def test_shots_are_drawn_before_the_classes_are_halved(self) -> None:
        """The base classes' shots are those of the draw over all classes, not of a draw over the base classes."""
        rows = [Row(f"{label}-{number}.jpg", label, str(label)) for label in (3, 1, 2, 0) for number in range(30)]
        split = Split(Path(), ("0", "1", "2", "3"), tuple(rows))
        random.seed(1)
        every = [
            row for label in (3, 1, 2, 0) for row in random.sample([row for row in rows if row.label == label], 16)
        ]
        found = half(draw_shots("x", split, None, 16, 1).train, "base")
        assert list(found.rows) == [row for row in every if row.label < 2]
        assert found != draw_shots("x", half(split, "base"), None, 16, 1).train


class TestLists:
    @pytest.mark.parametrize("name", ["dtd", "imagenet"])
    def test_there_and_back(self, name: str, tmp_path: Path) -> None:
        write_few_shot(name, tmp_path, CLASSES)
        one = FEW_SHOT[name]
        val = None if name == "imagenet" else one.split(tmp_path, "val")
        shots = draw_shots(name, one.split(tmp_path, "train"), val, 4, 2)
        file = tmp_path / "shots.json"
        write_shots(file, shots)
        assert read_shots(file, name, shots.train.root) == shots
        content = json.loads(file.read_text("utf-8"))
        assert list(content) == ["data_set", "shots", "seed", "classes", "train", "val"]
        assert content["train"] == [list(row) for row in shots.train.rows] and content["classes"] == CLASSES
        assert str(tmp_path) not in file.read_text("utf-8")
        before = file.read_bytes()
        write_shots(file, read_shots(file, name, shots.train.root))
        assert file.read_bytes() == before
        lines = [line.removesuffix(",") for line in before.decode().splitlines()]
        assert [json.loads(line) for line in lines if line.startswith('["')] == [
            list(row) for split in (shots.train, shots.val) if split is not None for row in split.rows
        ]  # an image a line

    @pytest.mark.parametrize(
        ("old", "new", "told"),
        [
            ('"dtd"', '"eurosat"', " lists shots of 'eurosat', not of 'dtd'. Give the list of this one."),
            (
                '"classes"',
                '"names"',
                " holds data_set, shots, seed, names, train, val. Expected: data_set, shots, seed, classes",
            ),
            ('"seed": 1', '"seed": "1"', ": 'classes' are names, 'shots' and 'seed' whole numbers."),
            ('"crane",', "1,", ": 'classes' are names, 'shots' and 'seed' whole numbers."),
            ('"crane",', '"pike",', "crane' in 'classes'."),
            ('["ox/', '["../ox/', "'../ox/ox_"),
            ('"train": [', '"train": [7,', ", train, entry 1: [path, label, class name] expected, found 7."),
            ('"seed": 1,', '"seed": 1', " cannot be read as JSON"),
        ],
    )
    def test_lists_that_are_none(self, data: tuple[Path, Written], old: str, new: str, told: str) -> None:
        shots, file = drawn(data[0], 2, 1), data[0] / "shots.json"
        write_shots(file, shots)
        text = file.read_text("utf-8")
        assert old in text
        file.write_text(text.replace(old, new, 1), "utf-8")
        with pytest.raises(DatasetError, match=re.escape(told)) as caught:
            read_shots(file, "dtd", shots.train.root)
        assert str(caught.value).startswith(f"data: {file}")

    def test_a_name_that_is_no_utf_8_comes_back(self, tmp_path: Path) -> None:
        row = Row(os.fsdecode(b"ox/caf\xe9.jpg"), 0, "ox")
        shots = Shots("dtd", 1, 1, Split(tmp_path, ("ox",), (row,)), None)
        write_shots(tmp_path / "shots.json", shots)
        assert b'["ox/caf\\udce9.jpg", 0, "ox"]' in (tmp_path / "shots.json").read_bytes()
        assert read_shots(tmp_path / "shots.json", "dtd", tmp_path) == shots

    def test_no_such_list(self, tmp_path: Path) -> None:
        with pytest.raises(DatasetError, match="gone.json cannot be read as JSON: .*No such file"):
            read_shots(tmp_path / "gone.json", "dtd", tmp_path)


def test_templates() -> None:
    assert {name: template.format("x") for name, template in TEMPLATES.items() if template != "a photo of a {}."} == {
        "oxford-pets": "a photo of a x, a type of pet.",
        "oxford-flowers": "a photo of a x, a type of flower.",
        "fgvc-aircraft": "a photo of a x, a type of aircraft.",
        "dtd": "x texture.",
        "eurosat": "a centered satellite photo of x.",
        "food101": "a photo of x, a type of food.",
        "ucf101-midframes": "a photo of a person doing x.",
    }
    assert set(TEMPLATES) == set(FEW_SHOT) and TRAINING_TEMPLATE.format("dog") == "a photo of a dog."
