"""NUS-WIDE: one list of images with backslashes in their paths, and for each of 81 concepts a list of 0 and 1."""

from collections.abc import Iterator

from pipeline.datasets.csv_rows import text_lines
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.inside import require_inside
from pipeline.datasets.layout import LabelledFile, Layout
from pipeline.datasets.root import require
from pipeline.labels import load_labels
from pipeline.recipe.data import NuswideData


def read_nuswide(config: NuswideData) -> Iterator[LabelledFile]:
    """The images of a split in the order of its list, those of no concept included.

    Raises:
        DatasetError: the root does not hold the layout, or a concept's list has another length.
    """
    split = config.split.capitalize()
    listed = require(NUSWIDE, config.root, f"ImageList/{split}Imagelist.txt", f"{split}Imagelist.txt")
    images = text_lines(listed)
    labels: list[list[str]] = [[] for _ in images]
    for concept in load_labels("nuswide"):
        signs = text_lines(require(NUSWIDE, config.root, f"TrainTestLabels/Labels_{concept}_{split}.txt"))
        if len(signs) != len(images):
            raise DatasetError(
                f"data: TrainTestLabels/Labels_{concept}_{split}.txt has {len(signs)} lines, {listed.name} has "
                f"{len(images)}: they belong together line by line. Download both again."
            )
        for number in (number for number, sign in enumerate(signs) if sign == "1"):
            labels[number].append(concept)
    folder = require(NUSWIDE, config.root, "Flickr", "images")
    for number, (name, found) in enumerate(zip(images, labels, strict=True), 1):
        yield require_inside(folder, name.replace("\\", "/"), f"{listed}, line {number}"), tuple(found)


NUSWIDE = Layout(
    name="nuswide",
    title="NUS-WIDE",
    modality="image",
    label_set="nuswide",
    config=NuswideData,
    labelling="exhaustive",
    tree=r"""ROOT/
  ImageList/
    TestImagelist.txt          (one image a line: actor\0001_2124494179.jpg)
  TrainTestLabels/
    Labels_airport_Test.txt    (0 or 1 a line; one file a concept)
  Flickr/
    actor/
      0001_2124494179.jpg""",
    download="the image lists, the ground truth of 81 concepts and the images (on request) of NUS-WIDE",
    disk="6 GB (test)",
    paper="test, 107,859 images",
    count=107_859,
    files=read_nuswide,
)
