"""Every data set of the protocol: exact rows, labels and names from both roots, and what is said when something is amiss."""

import json
import re
from pathlib import Path

import pytest
from few_shot_layouts import IMAGENETS, SPLIT_FILES, images_root, wordnet_id, write_few_shot

from pipeline.datasets import DatasetError, read_rows
from pipeline.datasets.check import check_data, data_config
from pipeline.datasets.few_shot import ELEVEN, FEW_SHOT, SHIFTED, Split
from pipeline.datasets.registry import LAYOUTS, find_layout

# More than ten, so that 10 and 2 are in order as numbers only; two names that differ in case, as ImageNet has some.
CLASSES = [
    "tench",
    "crane",
    "Crane",
    "maypole",
    "yellow rose",
    "707-320",
    "F-16A/B",
    "ox",
    "1 euro",
    "bee",
    "fig",
    "Äpfel",
]


def found(split: Split) -> list[tuple[str, int, str]]:
    return [tuple(row) for row in split.rows]


def test_the_protocol_has_eleven_and_four() -> None:
    counts = {
        "imagenet": 50_000,
        "caltech101": 2_465,
        "oxford-pets": 3_669,
        "stanford-cars": 8_041,
        "oxford-flowers": 2_463,
        "food101": 30_300,
        "fgvc-aircraft": 3_333,
        "sun397": 19_850,
        "dtd": 1_692,
        "eurosat": 8_100,
        "ucf101-midframes": 3_783,
        "imagenet-v2": 10_000,
        "imagenet-sketch": 50_889,
        "imagenet-a": 7_500,
        "imagenet-r": 30_000,
    }
    assert (
        list(ELEVEN) == list(counts)[:11] and list(SHIFTED) == list(counts)[11:]
    )  # in the order of the published tables
    assert {name: find_layout(name).count for name in FEW_SHOT} == counts


@pytest.mark.parametrize("name", FEW_SHOT)
def test_every_split_is_read_row_by_row_from_both_roots(name: str, tmp_path: Path) -> None:
    written = write_few_shot(name, tmp_path, CLASSES)
    home = tmp_path / FEW_SHOT[name].folder
    shown = CLASSES[::2] if name in ("imagenet-a", "imagenet-r") else CLASSES
    for split, rows in written.items():
        for root in (tmp_path, home):
            read = FEW_SHOT[name].split(root, split)
            assert found(read) == rows and read.root.resolve() == images_root(name, tmp_path).resolve()
            assert read.classes == tuple(shown)
            assert all(read.file(row).is_file() for row in read.rows)


@pytest.mark.parametrize("name", FEW_SHOT)
def test_splits_that_are_not_there_are_refused(name: str, tmp_path: Path) -> None:
    written = write_few_shot(name, tmp_path, CLASSES[:2], counts=(1, 1, 1))
    assert FEW_SHOT[name].splits == tuple(written)
    for split in {"train", "val", "test", "all"} - set(written):
        with pytest.raises(DatasetError) as caught:
            FEW_SHOT[name].split(tmp_path, split)
        told = f"data: {FEW_SHOT[name].title} has no split '{split}'. It has: {', '.join(written)}."
        assert str(caught.value) == told


@pytest.mark.parametrize("name", FEW_SHOT)
def test_rows_of_a_run(name: str, tmp_path: Path) -> None:
    """Through the door that recipes use: files with keys, the classes of the run only."""
    written = write_few_shot(name, tmp_path, CLASSES, counts=(1, 1, 2))
    config = data_config(LAYOUTS[name], {"root": tmp_path})
    source = read_rows(config, "image", ["tench", "yellow rose"], tmp_path / "workspace")
    expected = [
        (str(images_root(name, tmp_path) / path), (shown,))
        for path, _, shown in written["test"]
        if shown in ("tench", "yellow rose")
    ]
    assert [(str(Path(row.path)), row.labels) for row in source.rows] == expected and len(expected) == 4
    assert sum(count for _, count in source.unknown) == len(written["test"]) - 4


@pytest.mark.parametrize("name", FEW_SHOT)
def test_a_wrong_root_shows_both_trees(name: str, tmp_path: Path) -> None:
    (tmp_path / "holiday" / "more").mkdir(parents=True)
    one = FEW_SHOT[name]
    with pytest.raises(DatasetError) as caught:
        one.split(tmp_path, "test")
    told, tree = str(caught.value), "\n".join(f"  {line}" for line in one.layout.tree.splitlines())
    assert told.startswith(
        f"data: {tmp_path} does not hold {one.title} as 'layout: {name}' expects it: it lacks {one.folder}/"
    )
    assert told.endswith(f"\nExpected:\n{tree}\nFound:\n  {tmp_path.name}/\n    holiday/\n      more/")
    write_few_shot(name, tmp_path / "v1", CLASSES)
    with pytest.raises(DatasetError) as caught:
        one.split(tmp_path, "test")
    assert str(caught.value).endswith(f"\nDid you mean root: {tmp_path / 'v1'}?")


@pytest.mark.parametrize("name", SPLIT_FILES)
def test_without_the_published_split_there_is_none(name: str, tmp_path: Path) -> None:
    write_few_shot(name, tmp_path, CLASSES)
    folder, _, file = SPLIT_FILES[name]
    (tmp_path / folder / file).unlink()
    with pytest.raises(DatasetError) as caught:
        FEW_SHOT[name].split(tmp_path, "train")
    assert str(caught.value) == (
        f"data: {tmp_path / folder} lacks {file}, the published split of {FEW_SHOT[name].title} into train, val and test. A "
        "fresh random split would hold other images, and its results would not be comparable, so none is made. Download the "
        f"file as CoOp's DATASETS.md (github.com/KaiyangZhou/CoOp) says under '{FEW_SHOT[name].title}', and put it at "
        f"{tmp_path / folder / file}"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == [folder]  # and nothing was written


@pytest.mark.parametrize("name", [*SPLIT_FILES, "fgvc-aircraft"])
def test_missing_files_are_counted(name: str, tmp_path: Path) -> None:
    written = write_few_shot(name, tmp_path, CLASSES)
    gone = [images_root(name, tmp_path) / path for path, label, _ in written["test"] if label == 4][:2]
    for path in gone:
        path.unlink()
    layout = LAYOUTS[name]
    assert layout.names is not None
    config = data_config(layout, {"root": tmp_path})
    checked = check_data(layout, config, "image", layout.names(config), tmp_path / "workspace")
    assert [one.label for one in checked.classes] == CLASSES
    assert [(one.found, one.missing) for one in checked.classes] == [(3, 0)] * 4 + [(1, 2)] + [(3, 0)] * 7
    assert (checked.found, checked.missing, checked.unlabelled, checked.unknown) == (34, 2, 0, ())
    assert checked.expected == FEW_SHOT[name].count and checked.missing_files == tuple(map(str, gone))


class TestSplitFiles:
    @pytest.mark.parametrize("path", ["../outside.jpg", "a/../../b.jpg", "/etc/passwd", "..\\b.jpg"])
    def test_paths_that_leave_the_root(self, path: str, tmp_path: Path) -> None:
        write_few_shot("dtd", tmp_path, CLASSES)
        file = self.changed(tmp_path, "val", 7, [path, 0, "tench"])
        with pytest.raises(DatasetError) as caught:
            FEW_SHOT["dtd"].split(tmp_path, "test")
        assert str(caught.value).startswith(
            f"data: {file}, val, entry 8: {path!r} leads out of {tmp_path / 'dtd' / 'images'}."
        )

    @pytest.mark.parametrize(
        "entry",
        [["a.jpg", 0], ["a.jpg", "0", "tench"], ["a.jpg", True, "tench"], ["a.jpg", -1, "x"], [1, 0, "x"], "abc", None,
         ["a.jpg", 0, ""], ["a.jpg", 0, "_"], ["a.jpg", 0, "\u200b"], ["a.jpg", 0, "caf\udce9"]],
    )  # fmt: skip
    def test_entries_that_are_none(self, entry: object, tmp_path: Path) -> None:
        write_few_shot("dtd", tmp_path, CLASSES)
        file = self.changed(tmp_path, "train", 2, entry)
        with pytest.raises(DatasetError) as caught:
            FEW_SHOT["dtd"].split(tmp_path, "test")
        told = f"data: {file}, train, entry 3: [path, label, class name] expected, found {entry!r}."
        assert str(caught.value) == told

    def test_names_are_compared_composed_and_paths_may_have_backslashes(self, tmp_path: Path) -> None:
        write_few_shot("dtd", tmp_path, ["K\u00e4fer", "pike"])
        file = tmp_path / "dtd/split_zhou_DescribableTextures.json"
        lists = json.loads(file.read_text("utf-8"))
        first = lists["test"][0]
        lists["test"][0] = [first[0].replace("/", "\\"), first[1], first[2].replace("\u00e4", "a\u0308")]
        file.write_text(json.dumps(lists))
        found = FEW_SHOT["dtd"].split(tmp_path, "test")
        assert found.classes == ("K\u00e4fer", "pike")
        assert (found.rows[0].path, found.rows[0].name) == (first[0], first[2])
        assert found.file(found.rows[0]).is_file()

    @pytest.mark.parametrize(
        ("entry", "told"),
        [
            (["a.jpg", 0, "pike"], " calls label 0 both 'tench' and 'pike'."),
            (
                ["a.jpg", 14, "pike"],
                " has 13 labels from 0 to 14. Expected: 0 to 12, none left out. Download it again.",
            ),
        ],
    )
    def test_labels_that_contradict(self, entry: object, told: str, tmp_path: Path) -> None:
        write_few_shot("dtd", tmp_path, CLASSES)
        file = self.changed(tmp_path, "test", 99, entry)
        with pytest.raises(DatasetError) as caught:
            FEW_SHOT["dtd"].split(tmp_path, "train")
        assert str(caught.value) in (f"data: {file}{told}", f"data: {file} calls label 0 both 'pike' and 'tench'.")

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("{", " cannot be read as JSON: Expecting property name"),
            ("[]", " holds list. Expected: train, val, test."),
            ('{"train": [], "test": []}', " holds train, test. Expected: train, val, test."),
            (
                '{"train": {}, "val": [], "test": []}',
                ", train: a list of [path, label, class name] expected, found {}.",
            ),
            ("[" * 100_000, " cannot be read as JSON: "),
            ('{"train": [], "val": [], "test": []}', " names no image. Download it again."),
        ],
    )
    def test_files_that_are_none(self, text: str, told: str, tmp_path: Path) -> None:
        write_few_shot("dtd", tmp_path, CLASSES)
        file = tmp_path / "dtd" / "split_zhou_DescribableTextures.json"
        file.write_text(text)
        with pytest.raises(DatasetError, match=re.escape(f"data: {file}{told}")):
            FEW_SHOT["dtd"].split(tmp_path, "train")

    @staticmethod
    def changed(data: Path, split: str, place: int, entry: object) -> Path:
        """Put an entry into the lists of DTD."""
        file = data / "dtd" / "split_zhou_DescribableTextures.json"
        lists = json.loads(file.read_text())
        lists[split].insert(place, entry)
        file.write_text(json.dumps(lists))
        return file


class TestAircraft:
    def test_lists_that_are_wrong(self, tmp_path: Path) -> None:
        write_few_shot("fgvc-aircraft", tmp_path, CLASSES)
        file = tmp_path / "fgvc_aircraft" / "images_variant_test.txt"
        lines = file.read_text().splitlines()
        for line, told in [
            (
                "1234567 Concorde",
                "line 5: 'Concorde' is no variant. Expected: an image's number, a blank, and one of the 12",
            ),
            ("1234567", "line 5: '' is no variant."),
            ("../../1234567 707-320", "line 5: '../../1234567.jpg' leads out of "),
        ]:
            file.write_text("\n".join([*lines[:4], line, *lines[4:]]))
            with pytest.raises(DatasetError, match=re.escape(f"data: {file}, {told}")):
                FEW_SHOT["fgvc-aircraft"].split(tmp_path, "test")
        file.unlink()
        with pytest.raises(DatasetError, match="it lacks images_variant_test.txt"):
            FEW_SHOT["fgvc-aircraft"].split(tmp_path, "test")


class TestWordnetFolders:
    def test_numbers_are_numbers(self, tmp_path: Path) -> None:
        """As names, 10 comes before 2."""
        write_few_shot("imagenet-v2", tmp_path, CLASSES, counts=(0, 0, 1))
        rows = found(FEW_SHOT["imagenet-v2"].split(tmp_path, "test"))
        assert rows == [(f"{label}/0.jpg", label, name) for label, name in enumerate(CLASSES)]

    def test_labels_of_a_and_r_are_their_own(self, tmp_path: Path) -> None:
        write_few_shot("imagenet-r", tmp_path, CLASSES, counts=(0, 0, 1))
        read = FEW_SHOT["imagenet-r"].split(tmp_path, "test")
        assert read.classes == ("tench", "Crane", "yellow rose", "F-16A/B", "1 euro", "fig")
        assert found(read)[2] == (f"{wordnet_id(4)}/0.jpg", 2, "yellow rose")

    def test_a_class_without_a_folder_keeps_its_label(self, tmp_path: Path) -> None:
        write_few_shot("imagenet", tmp_path, CLASSES)
        (tmp_path / "imagenet/images/val" / wordnet_id(1)).rename(tmp_path / "aside")
        read = FEW_SHOT["imagenet"].split(tmp_path, "test")
        assert read.classes == tuple(CLASSES)
        assert sorted({row.label for row in read.rows}) == [0, *range(2, 12)]

    def test_names_stand_in_any_order_in_their_file(self, tmp_path: Path) -> None:
        write_few_shot("imagenet-sketch", tmp_path, CLASSES)
        file = tmp_path / "imagenet-sketch/classnames.txt"
        before = FEW_SHOT["imagenet-sketch"].split(tmp_path, "test")
        file.write_text("\n".join(reversed(file.read_text().splitlines())))
        assert FEW_SHOT["imagenet-sketch"].split(tmp_path, "test") == before

    @pytest.mark.parametrize("name", SHIFTED)
    def test_the_names_may_lie_beside(self, name: str, tmp_path: Path) -> None:
        written = write_few_shot(name, tmp_path, CLASSES)
        (tmp_path / "imagenet").mkdir()
        (tmp_path / IMAGENETS[name][0] / "classnames.txt").rename(tmp_path / "imagenet/classnames.txt")
        for root in (tmp_path, tmp_path / IMAGENETS[name][0]):
            assert found(FEW_SHOT[name].split(root, "test")) == written["test"]
        (tmp_path / "imagenet/classnames.txt").unlink()
        with pytest.raises(DatasetError, match="it lacks classnames.txt"):
            FEW_SHOT[name].split(tmp_path, "test")

    @pytest.mark.parametrize("name", IMAGENETS)
    def test_strange_folders_and_files(self, name: str, tmp_path: Path) -> None:
        written = write_few_shot(name, tmp_path, CLASSES)
        root = images_root(name, tmp_path) / ("val" if name == "imagenet" else "")
        (root / "README.txt").touch()
        (root / ".git").mkdir()
        first = next(path for path in sorted(root.iterdir()) if path.is_dir() and path.name != ".git")
        (first / "._0.jpg").touch()
        (first / "Thumbs.db").touch()
        assert found(FEW_SHOT[name].split(tmp_path, "test")) == written["test"]
        (root / "0012").mkdir()
        with pytest.raises(DatasetError, match="holds folders that are no class: 0012. Expected: one folder"):
            FEW_SHOT[name].split(tmp_path, "test")

    def test_nothing_in_the_folder(self, tmp_path: Path) -> None:
        write_few_shot("imagenet-a", tmp_path, CLASSES)
        (tmp_path / "imagenet-adversarial/imagenet-a").rename(tmp_path / "aside")
        (tmp_path / "imagenet-adversarial/imagenet-a").mkdir()
        with pytest.raises(DatasetError, match="imagenet-a holds no folder. Expected: one folder a class"):
            FEW_SHOT["imagenet-a"].split(tmp_path, "test")

    @pytest.mark.parametrize("line", ["n01440764", "n01440764 pike", "pike"])
    def test_names_that_are_none(self, line: str, tmp_path: Path) -> None:
        write_few_shot("imagenet-a", tmp_path, CLASSES)
        file = tmp_path / "imagenet-adversarial/classnames.txt"
        file.write_text(file.read_text() + line)
        told = (
            f"classnames.txt, line 13: a WordNet id that comes once, a blank and a class name expected, found '{line}'."
        )
        with pytest.raises(DatasetError, match=re.escape(told)):
            FEW_SHOT["imagenet-a"].split(tmp_path, "test")
