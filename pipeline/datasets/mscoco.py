"""MSCOCO as a multi-label data set: an image's labels are the categories of its boxes; images without one count too."""

from collections.abc import Iterator

from pipeline.datasets.coco import read_coco
from pipeline.datasets.layout import LabelledFile, Layout
from pipeline.datasets.root import require
from pipeline.recipe.data import MscocoData


def read_mscoco(config: MscocoData) -> Iterator[LabelledFile]:
    """The images of a split in the order of its file, those without an object included.

    Raises:
        DatasetError: the root does not hold the layout.
    """
    annotations = require(MSCOCO, config.root, f"annotations/instances_{config.split}.json")
    images = require(MSCOCO, config.root, config.split, f"images/{config.split}")
    yield from read_coco(annotations, images)


MSCOCO = Layout(
    name="mscoco",
    title="MSCOCO",
    modality="image",
    label_set="coco",
    config=MscocoData,
    labelling="exhaustive",
    tree="""ROOT/
  annotations/
    instances_val2014.json
  val2014/
    COCO_val2014_000000000042.jpg""",
    download="val2014.zip and annotations_trainval2014.zip from cocodataset.org, unpacked in ROOT",
    disk="7 GB (val2014)",
    paper="val2014, all 40,504 images, those without objects included",
    count=40_504,
    aliases={"airplane": "aeroplane", "motorcycle": "motor bike", "remote": "remote control"},
    files=read_mscoco,
)
