"""Where the media of a modality lies: the `data` part of a recipe."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from pipeline.strict import Strict


class FolderData(Strict):
    """`root/<class name>/…/file`, or a flat folder of files."""

    layout: Literal["folder"]
    root: Path


class TableData(Strict):
    """A CSV or Parquet table with columns `path` and `labels`."""

    layout: Literal["table"]
    file: Path


class CocoData(Strict):
    """A COCO instances file beside a folder of images."""

    layout: Literal["coco"]
    root: Path
    annotations: Path


class MiniatureData(Strict):
    """Media of the miniature world, drawn or synthesised from a seed into the workspace."""

    layout: Literal["miniature"]
    seed: int = Field(1000, ge=0)
    per_class: int = Field(12, ge=1)


DataConfig = Annotated[FolderData | TableData | CocoData | MiniatureData, Field(discriminator="layout")]
