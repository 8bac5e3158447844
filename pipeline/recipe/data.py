"""Where the media of a modality lies: the `data` part of a recipe.

A published data set is named by its layout and the folder it was unpacked into; docs/datasets.md shows every tree.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from pipeline.strict import Strict


class Data(Strict):
    """What every source of media may say."""

    hold_out: float = Field(0, ge=0, lt=1)
    """Share of every class's files whose labels may be used, and that are not judged: epochs are chosen on them, and
    probabilities and thresholds are fitted to them."""


class FolderData(Data):
    """`root/<class name>/…/file`, or a flat folder of files."""

    layout: Literal["folder"]
    root: Path


class TableData(Data):
    """A CSV or Parquet table with columns `path` and `labels`."""

    layout: Literal["table"]
    file: Path


class CocoData(Data):
    """A COCO instances file beside a folder of images."""

    layout: Literal["coco"]
    root: Path
    annotations: Path


class WebdatasetData(Data):
    """Tars of samples: `key.jpg` beside `key.cls`, `key.json` or `key.txt`."""

    layout: Literal["webdataset"]
    root: Path
    shards: str = Field("*.tar", min_length=1)
    """Pattern of the tars' names below `root`; brackets, `*` and `?` as in a shell."""


class MiniatureData(Data):
    """Media of the miniature world, drawn or synthesised from a seed into the workspace."""

    layout: Literal["miniature"]
    seed: int = Field(1000, ge=0)
    per_class: int = Field(12, ge=1, le=100_000)


class Ucf101Data(Data):
    """UCF101; `all` takes every clip, the others one of the three official divisions."""

    layout: Literal["ucf101"]
    root: Path
    split: Literal["all", "train01", "test01", "train02", "test02", "train03", "test03"] = "all"


class Hmdb51Data(Data):
    """HMDB51; `all` takes every clip, the others one of the three official divisions."""

    layout: Literal["hmdb51"]
    root: Path
    split: Literal["all", "train01", "test01", "train02", "test02", "train03", "test03"] = "all"


class VggSoundData(Data):
    """VGGSound, clips with sound."""

    layout: Literal["vggsound"]
    root: Path
    split: Literal["train", "test"] = "test"


class KineticsData(Data):
    """Kinetics-400, -600 or -700."""

    layout: Literal["kinetics400", "kinetics600", "kinetics700"]
    root: Path
    split: Literal["train", "val", "test"] = "val"
    every: int = Field(1, ge=1)
    """Take every n-th line of the list. The TaAM-CPT authors' code judges Kinetics-400 with 10, their paper with 1."""


class MscocoData(Data):
    """MSCOCO, multi-label classification from the boxes' categories."""

    layout: Literal["mscoco"]
    root: Path
    split: Literal["val2014", "train2014", "val2017", "train2017"] = "val2014"


Difficult = Literal["negative", "positive"]


class Voc2007Data(Data):
    """Pascal VOC 2007, classification."""

    layout: Literal["voc2007"]
    root: Path
    split: Literal["train", "val", "trainval", "test"] = "test"
    difficult: Difficult = "negative"
    """What a class counts as in an image that shows only difficult objects of it (0 in the lists)."""


class Voc2012Data(Data):
    """Pascal VOC 2012, classification; the labels of its test images are not public."""

    layout: Literal["voc2012"]
    root: Path
    split: Literal["train", "val", "trainval"] = "val"
    difficult: Difficult = "negative"
    """As in VOC 2007."""


class NuswideData(Data):
    """NUS-WIDE with its 81 concepts."""

    layout: Literal["nuswide"]
    root: Path
    split: Literal["train", "test"] = "test"


class ImagenetMiniData(Data):
    """ImageNet-mini: 100 classes of ImageNet."""

    layout: Literal["imagenet-mini"]
    root: Path
    split: Literal["train", "val", "test"] = "test"


class Objects365Data(Data):
    """Objects365, the first version."""

    layout: Literal["objects365"]
    root: Path
    split: Literal["train", "val"] = "val"


class Esc50Data(Data):
    """ESC-50."""

    layout: Literal["esc50"]
    root: Path
    folds: tuple[Annotated[int, Field(ge=1, le=5)], ...] = Field(tuple(range(1, 6)), min_length=1)


class UrbanSound8kData(Data):
    """UrbanSound8K."""

    layout: Literal["urbansound8k"]
    root: Path
    folds: tuple[Annotated[int, Field(ge=1, le=10)], ...] = Field(tuple(range(1, 11)), min_length=1)


class FewShotData(Data):
    """A data set of the few-shot protocol with its published split."""

    layout: Literal[
        "caltech101",
        "oxford-pets",
        "stanford-cars",
        "oxford-flowers",
        "food101",
        "fgvc-aircraft",
        "sun397",
        "dtd",
        "eurosat",
        "ucf101-midframes",
    ]
    root: Path
    split: Literal["train", "val", "test"] = "test"


class ImagenetData(Data):
    """ImageNet as the few-shot protocol takes it: `test` is its validation folder."""

    layout: Literal["imagenet"]
    root: Path
    split: Literal["train", "test"] = "test"


class ShiftedImagenetData(Data):
    """Test sets of ImageNet's classes."""

    layout: Literal["imagenet-v2", "imagenet-sketch", "imagenet-a", "imagenet-r"]
    root: Path
    split: Literal["test"] = "test"


PublishedData = (
    Ucf101Data
    | Hmdb51Data
    | KineticsData
    | VggSoundData
    | MscocoData
    | Voc2007Data
    | Voc2012Data
    | NuswideData
    | ImagenetMiniData
    | Objects365Data
    | Esc50Data
    | UrbanSound8kData
    | FewShotData
    | ImagenetData
    | ShiftedImagenetData
)
OwnData = Annotated[FolderData | TableData | CocoData | WebdatasetData | PublishedData, Field(discriminator="layout")]
"""All of them but media that are drawn."""
AnyData = FolderData | TableData | CocoData | WebdatasetData | MiniatureData | PublishedData
DataConfig = Annotated[AnyData, Field(discriminator="layout")]

_SEVERAL = frozenset(("coco", "mscoco", "voc2007", "voc2012", "nuswide", "objects365"))


def shows_several(data: AnyData, modality: str) -> bool:
    """Whether files of a layout show several classes each; tables and tars, which may, are taken to show one."""
    return data.layout in _SEVERAL or (data.layout == "miniature" and modality == "image")
