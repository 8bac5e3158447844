"""The files of a few-shot data set with their labels and keys."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pipeline.datasets.few_shot import FEW_SHOT, Split
from pipeline.datasets.file_keys import FileKeys
from pipeline.datasets.rows import MediaRow
from pipeline.reading import patiently
from pipeline.tasks.few_shot.data import JudgedData, JudgedShapes, LearnedData, PartsData
from pipeline.tasks.few_shot.errors import FewShotError
from pipeline.tasks.few_shot.parts import parts_split
from pipeline.tasks.few_shot.shapes import shapes_split
from stores import fingerprint, text_key

_SHOWN = 10


@dataclass(frozen=True)
class Labelled:
    """Files with their labels.

    Attributes:
        layout: of their data set.
        classes: names by label.
        rows: the files; their `labels` hold the class name.
        labels: number of each row's class.
    """

    layout: str
    classes: tuple[str, ...]
    rows: tuple[MediaRow, ...]
    labels: tuple[int, ...]

    @cached_property
    def print(self) -> str:
        """Fingerprint of the keys with their labels; made once."""
        return fingerprint([[row.key, label] for row, label in zip(self.rows, self.labels, strict=True)])


@dataclass(frozen=True)
class Files:
    """Splits of data sets, each read once.

    Attributes:
        workspace: where shapes are drawn and keys are remembered.
        draws: whether media of the miniature world are drawn. For a plan they are not; what is not drawn yet has a key made from
            its path, which no artifact knows.
        modality: of the files; "text" has texts instead.
    """

    workspace: Path
    draws: bool = True
    modality: str = "image"

    def splits(self, data: LearnedData | JudgedData) -> tuple[str, ...]:
        """The splits that a data set has."""
        return ("train", "test") if isinstance(data, JudgedShapes | PartsData) else FEW_SHOT[data.layout].splits

    def split(self, data: LearnedData | JudgedData, name: str) -> Split:
        """The images of a split.

        Raises:
            DatasetError: the root does not hold the data set.
        """
        known = (data.model_dump_json(), name)
        if known not in self._known:
            self._known[known] = self._read(data, name)
        return self._known[known]

    def _read(self, data: LearnedData | JudgedData, name: str) -> Split:
        if isinstance(data, JudgedShapes):
            return shapes_split(data, self.workspace, name, self.draws)
        if isinstance(data, PartsData):
            return parts_split(data, self.modality, self.workspace, name, self.draws)
        return patiently(lambda: FEW_SHOT[data.layout].split(data.root, name))

    def labelled(self, data: LearnedData | JudgedData, split: Split) -> Labelled:
        """A split of a data set with the keys of its files.

        Raises:
            FewShotError: there is no image in it, or files cannot be read; it counts them and names the first.
            MachineFault: the machine failed while one was read, or took too long.
        """
        if not split.rows and isinstance(data, PartsData):
            raise FewShotError(
                f"few-shot: data: nothing of the classes {', '.join(split.classes[:4])} to learn from or to judge"
            )
        if not split.rows:
            raise FewShotError(
                f"few-shot: {data.layout} has no image to learn from or to judge among {len(split.classes)} classes "
                f"({', '.join(split.classes[:4])}{', …' if len(split.classes) > 4 else ''}), so there would be no figures. See "
                f"what its splits hold with: mmpt-pipeline datasets check {data.layout} --root {getattr(data, 'root', '.')}"
            )
        if self.modality == "text":
            texts = [MediaRow(text_key(row.path), row.path, (row.name,)) for row in split.rows]
            return Labelled(data.layout, split.classes, tuple(texts), tuple(row.label for row in split.rows))
        drawn = self.draws or not isinstance(data, JudgedShapes | PartsData) or split.root.exists()
        paths = [split.file(row) for row in split.rows]
        keys = patiently(lambda: self._keys_of(paths, data)) if drawn else [text_key(str(path)) for path in paths]
        rows = [MediaRow(key, str(path), (row.name,)) for key, path, row in zip(keys, paths, split.rows, strict=True)]
        if drawn:
            self._keys.save()
        return Labelled(data.layout, split.classes, tuple(rows), tuple(row.label for row in split.rows))

    def _keys_of(self, paths: Sequence[Path], data: LearnedData | JudgedData) -> list[str]:
        keys, refused = [], []
        for path in paths:
            try:
                keys.append(self._keys.key(path))
            except OSError as error:
                refused.append(f"{path}: {error.strerror or error}")
        if refused:
            shown = "".join(f"\n  {line}" for line in refused[:_SHOWN]) + ("\n  …" if len(refused) > _SHOWN else "")
            raise FewShotError(
                f"few-shot: {len(refused)} of {len(paths)} files that the split of {data.layout} names cannot be read:{shown}\n"
                "Figures of other images could not be compared; see what is missing with: "
                f"mmpt-pipeline datasets check {data.layout} --root {getattr(data, 'root', '.')}"
            )
        return keys

    @cached_property
    def _keys(self) -> FileKeys:
        return FileKeys(self.workspace / "cache" / "file-keys.json")

    @cached_property
    def _known(self) -> dict[tuple[str, str], Split]:
        return {}


def spread(found: Labelled, count: int) -> Labelled:
    """At most `count` images from all over a list, each content once: what is only looked at need not be made of all."""
    first = {row.key: i for i, row in reversed(list(enumerate(found.rows)))}
    places = sorted(first.values())
    chosen = [places[i * len(places) // count] for i in range(count)] if len(places) > count else places
    return Labelled(
        found.layout, found.classes, tuple(found.rows[i] for i in chosen), tuple(found.labels[i] for i in chosen)
    )
