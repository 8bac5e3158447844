"""Pascal VOC 2007 and 2012: for each class a list of images with 1 (shown), -1 (not shown) or 0 (difficult ones only)."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pipeline.datasets.csv_rows import text_lines
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.inside import require_inside
from pipeline.datasets.layout import LabelledFile, Layout
from pipeline.datasets.root import require
from pipeline.labels import load_labels
from pipeline.recipe.data import Voc2007Data, Voc2012Data


def read_voc(config: Voc2007Data | Voc2012Data) -> Iterator[LabelledFile]:
    """The images of a split, in the order of the first class's list.

    Raises:
        DatasetError: the root does not hold the layout, or a list is no VOC list.
    """
    layout = VOC[config.layout]
    year = config.layout.removeprefix("voc")
    folder = require(layout, config.root, f"VOC{year}", f"VOCdevkit/VOC{year}")
    lists = folder.relative_to(config.root) / "ImageSets/Main"
    positive = {"1", "0"} if config.difficult == "positive" else {"1"}
    shown: dict[Path, list[str]] = {}
    for name in load_labels("voc"):
        listed = require(layout, config.root, f"{lists}/{name}_{config.split}.txt")
        for number, (image, sign) in enumerate(_pairs(listed), 1):
            path = require_inside(folder / "JPEGImages", f"{image}.jpg", f"{listed}, line {number}")
            labels = shown.setdefault(path, [])
            if sign in positive:
                labels.append(name)
    for path, labels in shown.items():
        yield path, tuple(labels)


def _pairs(path: Path) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(text_lines(path), 1):
        image, _, sign = line.partition(" ")
        if sign.strip() not in ("1", "-1", "0"):
            raise DatasetError(
                f"data: {path}, line {number}: {line!r} is no 'image 1', 'image -1' or 'image 0'. Download it again."
            )
        yield image, sign.strip()


_VOC2007 = Layout(
    name="voc2007",
    title="Pascal VOC 2007",
    modality="image",
    label_set="voc",
    config=Voc2007Data,
    labelling="exhaustive",
    tree="""ROOT/                            (VOCdevkit, or the folder that holds it)
  VOC2007/
    JPEGImages/
      000001.jpg
    ImageSets/Main/
      aeroplane_test.txt       (one list a class)""",
    download="VOCtest_06-Nov-2007.tar from host.robots.ox.ac.uk/pascal/VOC, unpacked in ROOT",
    disk="0.5 GB (test)",
    paper="test, 4,952 images; difficult objects count as not shown",
    count=4_952,
    files=read_voc,
)
_VOC2012 = replace(
    _VOC2007,
    name="voc2012",
    title="Pascal VOC 2012",
    config=Voc2012Data,
    tree=_VOC2007.tree.replace("2007", "2012").replace("000001", "2008_000001").replace("_test", "_val"),
    download="VOCtrainval_11-May-2012.tar from host.robots.ox.ac.uk/pascal/VOC, unpacked in ROOT",
    disk="2 GB",
    paper="what it calls the test set, 5,823 images, is the validation set: the test labels are not public",
    count=5_823,
)
VOC = {layout.name: layout for layout in (_VOC2007, _VOC2012)}
