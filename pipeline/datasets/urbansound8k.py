"""UrbanSound8K: 8,732 excerpts of at most four seconds, ten classes, in ten folders."""

from collections.abc import Iterator

from pipeline.datasets.csv_rows import csv_rows
from pipeline.datasets.inside import require_inside
from pipeline.datasets.layout import LabelledFile, Layout
from pipeline.datasets.root import require
from pipeline.recipe.data import UrbanSound8kData


def read_urbansound8k(config: UrbanSound8kData) -> Iterator[LabelledFile]:
    """The excerpts of the chosen folds, in the order of the table.

    Raises:
        DatasetError: the root does not hold the layout.
    """
    table = require(URBANSOUND8K, config.root, "metadata/UrbanSound8K.csv")
    audio = require(URBANSOUND8K, config.root, "audio")
    folds = {str(fold) for fold in config.folds}
    for number, row in csv_rows(table, ("slice_file_name", "fold", "class")):
        if row["fold"] in folds:
            path = require_inside(audio / f"fold{row['fold']}", row["slice_file_name"], f"{table}, line {number}")
            yield path, (row["class"].replace("_", " "),)


URBANSOUND8K = Layout(
    name="urbansound8k",
    title="UrbanSound8K",
    modality="audio",
    label_set="us8k",
    config=UrbanSound8kData,
    labelling="single",
    tree="""ROOT/
  metadata/
    UrbanSound8K.csv           (slice_file_name,fsID,start,end,salience,fold,classID,class)
  audio/
    fold5/
      100032-3-0-0.wav""",
    download="UrbanSound8K.tar.gz from urbansounddataset.weebly.com; ROOT is its folder UrbanSound8K",
    disk="7 GB",
    paper="a test set, which does not exist officially; we take all 8,732 excerpts",
    count=8_732,
    files=read_urbansound8k,
)
