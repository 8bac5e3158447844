"""The layouts for own data, described like the published ones; `read.py` knows how they are read."""

from pipeline.datasets.layout import Layout
from pipeline.recipe.data import CocoData, FolderData, TableData, WebdatasetData

OWN = (
    Layout(
        name="folder",
        title="ImageFolder, AudioFolder, VideoFolder",
        modality=None,
        label_set=None,
        config=FolderData,
        labelling="single",
        tree="""ROOT/
  golden retriever/            (a class's name; letter case does not matter, nor whether _ or - or a blank)
    anything.jpg
or files named for their class:
ROOT/
  golden_retriever-02.jpg""",
    ),
    Layout(
        name="table",
        title="CSV or Parquet of paths and labels",
        modality=None,
        label_set=None,
        config=TableData,
        labelling="open",
        tree="""FILE.csv                         (path,labels; several labels divided by ';')
media/1.jpg                      (paths start from the table's folder)""",
    ),
    Layout(
        name="coco",
        title="COCO instances file",
        modality="image",
        label_set=None,
        config=CocoData,
        labelling="exhaustive",
        tree="""ANNOTATIONS.json                 (images, annotations, categories)
ROOT/
  1.jpg""",
    ),
    Layout(
        name="webdataset",
        title="WebDataset tars",
        modality=None,
        label_set=None,
        config=WebdatasetData,
        labelling="open",
        tree="""ROOT/
  shard-000000.tar
    0001.jpg                   (or .wav, .mp4, …)
    0001.cls                   (class number or name; or .json with "label" or "labels"; or .txt)""",
        disk="once more: media are copied out of the tars into the workspace",
    ),
)
