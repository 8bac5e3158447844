"""Class names as token embeddings, packed without padding.

Dims: K classes, T tokens of all of them, c width.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby, pairwise

import torch
from torch import Tensor


@dataclass(frozen=True)
class Group:
    """Classes of one length, which stand side by side.

    Attributes:
        length: tokens a class.
        classes: their place among the classes.
        tokens: their place among the tokens.
    """

    length: int
    classes: slice
    tokens: slice

    @property
    def count(self) -> int:
        """Number of classes."""
        return int(self.classes.stop - self.classes.start)


@dataclass(frozen=True)
class Packed:
    """The tokens of classes one after the other, shorter classes first.

    Attributes:
        embeddings: (T, c), without positions.
        lengths: tokens of each class, ascending.
    """

    embeddings: Tensor
    lengths: tuple[int, ...]

    def places(self) -> Tensor:
        """Place of every token within its class: int64 (T,)."""
        return torch.cat([torch.arange(length) for length in self.lengths]).to(self.embeddings.device)

    def ends(self) -> Tensor:
        """Row of every class's last token: int64 (K,)."""
        return (torch.tensor(self.lengths).cumsum(0) - 1).to(self.embeddings.device)

    def groups(self) -> list[Group]:
        """Classes of equal length."""
        sizes = [(length, len(list(same))) for length, same in groupby(self.lengths)]
        classes = pairwise(accumulate((count for _, count in sizes), initial=0))
        tokens = pairwise(accumulate((length * count for length, count in sizes), initial=0))
        return [
            Group(length, slice(*rows), slice(*cols))
            for (length, _), rows, cols in zip(sizes, classes, tokens, strict=True)
        ]

    def split(self, size: int) -> Iterator["Packed"]:
        """Cut into parts of at most `size` classes."""
        bounds = list(accumulate(self.lengths, initial=0))
        for first in range(0, len(self.lengths), size):
            lengths = self.lengths[first : first + size]
            yield Packed(self.embeddings[bounds[first] : bounds[first + len(lengths)]], lengths)


@dataclass(frozen=True)
class ClassTokens:
    """Class names ready to stand behind prompts: [start, prompts, name, ".", end].

    Attributes:
        names: in the order given.
        start: embedding of the start token (c,).
        packed: what follows the prompts.
        order: packed place of each name, int64 (K,).
    """

    names: tuple[str, ...]
    start: Tensor
    packed: Packed
    order: Tensor

    def longest(self) -> tuple[str, int]:
        """The class with the most tokens, and how many: name, full stop and end."""
        place = len(self.names) - 1
        return self.names[self.order.tolist().index(place)], self.packed.lengths[place]


def pack_classes(names: Sequence[str], start: Tensor, embeddings: Sequence[Tensor]) -> ClassTokens:
    """Sort classes by length and pack them.

    Args:
        names: of the classes.
        start: embedding of the start token (c,).
        embeddings: of each class's tokens (length, c).
    """
    ranked = sorted(range(len(names)), key=lambda i: len(embeddings[i]))
    order = torch.tensor(ranked).argsort().to(start.device)
    packed = Packed(torch.cat([embeddings[i] for i in ranked]), tuple(len(embeddings[i]) for i in ranked))
    return ClassTokens(tuple(names), start, packed, order)
