"""ImageNet-mini: 100 classes of ImageNet, of which the test list shows 20; classes are told by WordNet id.

The ids stand in the order of the label set, which is their alphabetical order.
"""

from collections.abc import Iterator

from pipeline.datasets.csv_rows import csv_rows
from pipeline.datasets.inside import require_inside
from pipeline.datasets.layout import LabelledFile, Layout
from pipeline.datasets.root import require
from pipeline.labels import load_labels
from pipeline.recipe.data import ImagenetMiniData

WORDNET_IDS = tuple(
    """
    n01532829 n01558993 n01704323 n01749939 n01770081 n01843383 n01855672 n01910747 n01930112 n01981276
    n02074367 n02089867 n02091244 n02091831 n02099601 n02101006 n02105505 n02108089 n02108551 n02108915
    n02110063 n02110341 n02111277 n02113712 n02114548 n02116738 n02120079 n02129165 n02138441 n02165456
    n02174001 n02219486 n02443484 n02457408 n02606052 n02687172 n02747177 n02795169 n02823428 n02871525
    n02950826 n02966193 n02971356 n02981792 n03017168 n03047690 n03062245 n03075370 n03127925 n03146219
    n03207743 n03220513 n03272010 n03337140 n03347037 n03400231 n03417042 n03476684 n03527444 n03535780
    n03544143 n03584254 n03676483 n03770439 n03773504 n03775546 n03838899 n03854065 n03888605 n03908618
    n03924679 n03980874 n03998194 n04067472 n04146614 n04149813 n04243546 n04251144 n04258138 n04275548
    n04296562 n04389033 n04418357 n04435653 n04443257 n04509417 n04515003 n04522168 n04596742 n04604644
    n04612504 n06794110 n07584110 n07613480 n07697537 n07747607 n09246464 n09256479 n13054560 n13133613
    """.split()
)


def read_imagenet_mini(config: ImagenetMiniData) -> Iterator[LabelledFile]:
    """The images of a split, in the order of its list.

    Raises:
        DatasetError: the root does not hold the layout.
    """
    table = require(IMAGENET_MINI, config.root, f"{config.split}.csv")
    images = require(IMAGENET_MINI, config.root, "images")
    names = dict(zip(WORDNET_IDS, load_labels("imagenet-mini"), strict=True))
    for number, row in csv_rows(table, ("filename", "label")):
        path = require_inside(images, row["filename"], f"{table}, line {number}")
        yield path, (names.get(row["label"], row["label"]),)


IMAGENET_MINI = Layout(
    name="imagenet-mini",
    title="ImageNet-mini",
    modality="image",
    label_set="imagenet-mini",
    config=ImagenetMiniData,
    labelling="single",
    tree="""ROOT/
  test.csv                     (filename,label; the label is a WordNet id)
  images/
    n01930112_13.jpg""",
    download="mini-ImageNet (60,000 images) with the train/val/test lists of Ravi and Larochelle",
    disk="3 GB",
    paper="test.csv, 12,000 images of 20 classes, judged among all 100; top-1 and top-5, not mAP",
    count=12_000,
    files=read_imagenet_mini,
)
