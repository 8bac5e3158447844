"""One data set of the few-shot protocol: where CoOp's layout puts it, and the reader of its splits.

All of them lie side by side in one folder, which the protocol's instructions call `$DATA`. A root may be that folder or the data
set's own.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, get_args

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.few_shot.rows import Split
from pipeline.datasets.layout import LabelledFile, Layout
from pipeline.datasets.root import require
from pipeline.recipe.data import Data

Reader = Callable[["FewShotSet", Path, str], Split]
"""(data set, its own folder, split) -> its images."""
Names = Callable[["FewShotSet", Path], Sequence[str]]
"""(data set, its own folder) -> its class names by label."""


@dataclass(frozen=True)
class FewShotSet:
    """What is known of a data set of the protocol.

    Attributes:
        name: what recipes call it.
        title: what people call it.
        config: the model of the `data` part.
        folder: its own folder in `$DATA`.
        images: the folder below it that must be there.
        inside: the lines of its tree below `folder/`.
        read: the reader of its splits.
        download: what to download, and where it goes.
        disk: about how much space the images take.
        count: images of the whole test split.
        judged: what the protocol judges it on.
        split_file: the published split, where the reader needs one.
        base: the folder below `folder` that the split file's paths start from.
        classes: the reader of its class names, where they can be had without listing a million images; else they are those of
            its splits.
    """

    name: str
    title: str
    config: type[Data]
    folder: str
    images: str
    inside: str
    read: Reader
    download: str
    disk: str
    count: int
    judged: str
    split_file: str = ""
    base: str = "."
    classes: Names | None = None

    @cached_property
    def layout(self) -> Layout:
        """The data set as the registry knows it."""
        below = "".join(f"\n    {line}" for line in self.inside.splitlines())
        return Layout(
            name=self.name,
            title=self.title,
            modality="image",
            label_set=None,
            config=self.config,
            labelling="single",
            tree=f"ROOT/                            (or ROOT is {self.folder} itself)\n  {self.folder}/{below}",
            download=self.download,
            disk=self.disk,
            paper=self.judged,
            count=self.count,
            files=self._files,
            names=self._names,
        )

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that the data set has: train, val and test; ImageNet has no val, the shifted ones have test only."""
        return get_args(self.config.model_fields["split"].annotation)

    def split(self, root: Path, split: str) -> Split:
        """The images of a split.

        Args:
            root: `$DATA`, or the data set's own folder.
            split: one of `splits`.

        Raises:
            DatasetError: there is no such split, the root does not hold the layout, or a list in it is not what it should be.
        """
        if split not in self.splits:
            raise DatasetError(f"data: {self.title} has no split '{split}'. It has: {', '.join(self.splits)}.")
        return self.read(self, self._home(root), split)

    def _home(self, root: Path) -> Path:
        homes = [home for home in (root / self.folder, root) if (home / self.images).is_dir()]
        if not homes:
            require(self.layout, root, f"{self.folder}/{self.images}")
        return homes[0]

    def _files(self, config: Any) -> Iterator[LabelledFile]:
        found = self.split(config.root, config.split)
        return ((found.file(row), (row.name,)) for row in found.rows)

    def _names(self, config: Any) -> Sequence[str]:
        if self.classes is not None:
            return tuple(dict.fromkeys(self.classes(self, self._home(config.root))))
        return tuple(dict.fromkeys(self.split(config.root, config.split).classes))
