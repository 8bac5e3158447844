"""Objects365, first version. Categories are matched by name: the order of the file's list is not the order of its ids.

The label set has the first of several names (`plants pot` for `plants pot/vase`), as the authors' code does.
"""

from collections.abc import Iterator

from pipeline.datasets.coco import read_coco
from pipeline.datasets.layout import LabelledFile, Layout
from pipeline.datasets.root import require
from pipeline.recipe.data import Objects365Data


def read_objects365(config: Objects365Data) -> Iterator[LabelledFile]:
    """The images of a split in the order of its file, those without an object included.

    Raises:
        DatasetError: the root does not hold the layout.
    """
    split = config.split
    annotations = require(OBJECTS365, config.root, f"Annotations/{split}/{split}.json")
    images = require(OBJECTS365, config.root, f"Images/{split}/{split}", f"Images/{split}")
    for path, names in read_coco(annotations, images):
        yield path, tuple(name.split("/")[0].strip() for name in names)


# The 2019 names are those of the label set; the same boxes were published again with COCO's names for some classes.
_LATER_NAMES = {
    "person": "human",
    "couch": "sofa",
    "tv": "monitor",
    "cell phone": "cellphone",
    "motorcycle": "motorbike",
    "hair drier": "hair dryer",
    "hockey": "hockey stick",
    "vase": "plants pot",
    "teddy bear": "stuffed animal",
    "piano": "Accordion",
    "baseball glove": "combine with glove",
}
OBJECTS365 = Layout(
    name="objects365",
    title="Objects365 (v1)",
    modality="image",
    label_set="objects365",
    config=Objects365Data,
    labelling="exhaustive",
    tree="""ROOT/
  Annotations/
    val/
      val.json
  Images/
    val/
      val/
        obj365_val_000000000016.jpg""",
    download="the validation images and val.json of Objects365 v1 from objects365.org",
    disk="9 GB (val)",
    paper="what it calls the test set is the validation set in its code",
    aliases=_LATER_NAMES,
    files=read_objects365,
)
