"""The candidate set C of TaAM-CPT (section 3.3): the labels of all modalities, side by side, N in all.

The columns run video | image | audio, as in equation 6 and in the authors' code, and then text, which the paper lacks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MODALITIES = ("video", "image", "audio", "text")


@dataclass(frozen=True, order=True)
class Column:
    """One column of the candidate set; the same name in two modalities is two columns."""

    modality: str
    label: str


@dataclass(frozen=True)
class Candidates:
    """An ordered set of columns. Row i of every prompt pool belongs to `columns[i]`."""

    columns: tuple[Column, ...]

    @classmethod
    def of(cls, labels: Mapping[str, Sequence[str]]) -> "Candidates":
        """Join the label lists of the modalities, in the order of `MODALITIES`."""
        return cls(tuple(Column(m, name) for m in MODALITIES if m in labels for name in labels[m]))

    def __len__(self) -> int:
        return len(self.columns)

    @property
    def modalities(self) -> tuple[str, ...]:
        """The modalities that occur, in column order."""
        return tuple(dict.fromkeys(column.modality for column in self.columns))

    def labels(self, modality: str) -> list[str]:
        """The labels of one modality, in column order."""
        return [column.label for column in self.columns if column.modality == modality]

    def indices(self, modality: str) -> list[int]:
        """The column numbers of one modality."""
        return [i for i, column in enumerate(self.columns) if column.modality == modality]

    def index(self, modality: str) -> dict[str, int]:
        """Label -> column number, for one modality."""
        return {column.label: i for i, column in enumerate(self.columns) if column.modality == modality}
