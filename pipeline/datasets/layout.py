"""What is known of a data set: its description, its expected tree, and the reader of its files."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pipeline.recipe.data import Data
from pipeline.strict import Strict

LabelledFile = tuple[Path, tuple[str, ...]]
"""A file that a data set names, there or not, and its classes as the data set spells them."""

Labelling = Literal["single", "exhaustive", "open"]


@dataclass(frozen=True)
class Layout:
    """A data set as its publisher lays it out on disk, or one of the layouts for own data.

    Attributes:
        name: what recipes call it: `data: {layout: NAME, …}`.
        title: what people call it.
        modality: video, image or audio; None where the recipe decides.
        label_set: the shipped label set with its classes; None for own data.
        config: the model of the `data` part.
        labelling: `single`: one class a file, files of classes that are not in the run are left out. `exhaustive`: every
            file is annotated for every class, one that shows none of them is a negative of all. `open`: a file may
            have any number of labels, no label means unknown.
        tree: the folders and files expected below `root`.
        download: what to download, and where it goes.
        disk: about how much space the files take that are read.
        paper: what the TaAM-CPT paper and its code judge on.
        count: files that the default options name; None where copies differ.
        aliases: spelling in the data set -> spelling in the label set, where they differ by more than case and signs.
        files: the reader of a published data set; None for own data, which `read.py` knows.
        names: the reader of the class names of a data set that brings them itself; None where `label_set` has them.
    """

    name: str
    title: str
    modality: str | None
    label_set: str | None
    config: type[Strict]
    labelling: Labelling
    tree: str
    download: str = ""
    disk: str = ""
    paper: str = ""
    count: int | None = None
    aliases: Mapping[str, str] = field(default_factory=dict)
    files: Callable[[Any], Iterator[LabelledFile]] | None = None
    names: Callable[[Any], Sequence[str]] | None = None

    def names_of_options(self) -> list[str]:
        """All options that say what is read; not those of every data set, which say what is done with it."""
        return [name for name in self.config.model_fields if name not in {"layout", *Data.model_fields}]

    def options(self) -> dict[str, Any]:
        """Option -> default, of all options that have one."""
        fields = self.config.model_fields
        return {name: fields[name].get_default() for name in self.names_of_options() if not fields[name].is_required()}
