"""What a rung of the ladder is given, and what it is.

T: templates, V: descriptors, C: classes, M: sentences, P: most classes on one sentence, n: files, d: width of the shared space.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Kind = Literal["control", "label-free", "transductive"]

BLOCK = 4096
"""Rows that are brought to float64 at once, so that 300,000 sentences need no second copy of themselves."""


def unit(x: Floats) -> NDArray[np.float64]:
    """Vectors of the last axis at length 1, in float64; a zero vector stays zero."""
    wide = np.asarray(x, np.float64)
    length = np.linalg.norm(wide, axis=-1, keepdims=True)
    return np.asarray(wide / np.where(length > 0, length, 1), np.float64)


def softmax(logits: Floats) -> NDArray[np.float64]:
    """Of the last axis, in float64."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), np.float64)


@dataclass(frozen=True)
class Material:
    """Everything that a rung may look at: one modality's features, of any length. No label of a file is in here.

    Attributes:
        names: (T, C, d) class names in every template of the encoder.
        sentences: (M, d) what is learned from.
        carries: (M, P) numbers of the classes that each sentence carries, padded with -1.
        waffle: (V, C, d) class names with descriptors that mean nothing; None where they are not encoded.
        media: (n, d) unlabelled files; None where there are none, or where a rung has no business with them.
        several: whether one file may show several classes.
        class_prior: whether classes are free to be of different sizes among the files, or are taken to be of one.
        seed: of what is drawn.
    """

    names: Floats
    sentences: Floats
    carries: NDArray[np.int64]
    waffle: Floats | None = None
    media: Floats | None = None
    several: bool = False
    class_prior: Literal["free", "uniform"] = "free"
    seed: int = 0

    @property
    def classes(self) -> int:
        """How many there are."""
        return int(self.names.shape[1])

    @cached_property
    def prior(self) -> NDArray[np.float64]:
        """(C, d) unit ensemble of the class names: what is known before any sentence."""
        return unit(unit(self.names).mean(axis=0))

    @cached_property
    def sums(self) -> NDArray[np.float64]:
        """(C, d) sum of the unit features of each class's sentences; zero for a class without one."""
        total = np.zeros((self.classes, self.names.shape[2]))
        for rows, carries in self.blocks():
            total += carries.T @ rows
        return total

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """(C,) sentences of each class."""
        return np.bincount(self.carries[self.carries >= 0], minlength=self.classes)

    def blocks(self) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
        """Unit sentences (B, d) with the classes that they carry (B, C) as ones, block by block."""
        for start in range(0, len(self.sentences), BLOCK):
            yield unit(self.sentences[start : start + BLOCK]), self.ones(np.arange(start, start + BLOCK))

    def ones(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """(B, C) ones where a sentence carries a class."""
        carries = self.carries[rows[rows < len(self.carries)]]
        marks = np.zeros((len(carries), self.classes + 1))
        np.put_along_axis(marks, carries, 1.0, axis=1)  # what is padded, -1, marks the column that goes
        return marks[:, :-1]


@dataclass(frozen=True)
class Rung:
    """A label-free learner; one of your own is an entry point of the group `mmpt_pipeline.label_free`.

    Attributes:
        name: as tables and `predict --method` call it.
        kind: "label-free"; "control" for one that should add nothing; "transductive" where files are judged together.
        solve: what it learns: (C, d) class vectors, compared by cosine; of a transductive one (n, C) scores of the files.
        needs: what it cannot do without, of "sentences", "waffle" and "media".
        version: raise it when the same material gives something else.
    """

    name: str
    kind: Kind
    solve: Callable[[Material], Floats]
    needs: frozenset[str] = frozenset()
    version: int = 1

    def undefined(self, material: Material) -> str:
        """Why it has no answer here; empty where it has one."""
        if "media" in self.needs and material.several:
            return "files show several classes; it gives every file to one"
        if "sentences" in self.needs and not len(material.sentences):
            return "there is no sentence"
        if "waffle" in self.needs and material.waffle is None:
            return "its texts are not encoded"
        if "media" in self.needs and (material.media is None or not len(material.media)):
            return "there are no files"
        return ""
