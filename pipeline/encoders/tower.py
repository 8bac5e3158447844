"""Towers with named cuts.

A tower is a row of steps. `cuts[0]` names its inputs and `cuts[i]` what step i-1 leaves, so running the first steps
and then the rest is the whole run, whatever the cut: `upper(lower(x, cut), cut)` is `full(x)` by construction.

Activations travel as named tensors with one row an input, the same names and rows as a store keeps them.

Dims: b batch, s tokens, d output.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn, Protocol

import numpy as np
import torch
from torch import Tensor

from pipeline.encoders.errors import CutError, EncoderError

Activations = dict[str, Tensor]
Step = Callable[[Activations], Activations]
Inputs = Tensor | np.ndarray


class Tower(Protocol):
    """One frozen half of an encoder.

    Attributes:
        cuts: names of the places where it can be cut, lowest first; the first is its inputs, the last "output".
        device: where it runs.
    """

    @property
    def cuts(self) -> tuple[str, ...]:
        """Names of the cuts, lowest first."""

    @property
    def device(self) -> torch.device:
        """Where it runs."""

    def lower(self, inputs: Inputs, cut: str) -> Activations:
        """Run from the inputs up to a cut, without gradients.

        Returns:
            Named tensors with b rows: "vectors" (b, d) at "output", else "activations" and, for texts, "ids".

        Raises:
            CutError: the tower has no such cut.
        """

    def upper(self, acts: Mapping[str, Inputs], cut: str, prompts: Tensor | None = None) -> Tensor:
        """Run from a cut, with gradients, to the embeddings (b, d), not normalised.

        Raises:
            CutError: the tower has no such cut.
            EncoderError: prompts are given to a tower that takes none.
        """

    def full(self, inputs: Inputs) -> Tensor:
        """Run from the inputs to the embeddings (b, d), not normalised."""


@dataclass(frozen=True)
class StagedTower:
    """A tower made of steps.

    Attributes:
        cuts: one name more than there are steps.
        steps: each maps the activations at its cut to those at the next.
        device: where it runs.
        dtype: what it computes in.
    """

    cuts: tuple[str, ...]
    steps: tuple[Step, ...]
    device: torch.device
    dtype: torch.dtype

    def lower(self, inputs: Inputs, cut: str) -> Activations:
        """See `Tower.lower`."""
        with torch.no_grad():
            return _run(self.steps[: self.index(cut)], self.enter({"activations": inputs}, self.cuts[0]))

    def upper(self, acts: Mapping[str, Inputs], cut: str, prompts: Tensor | None = None) -> Tensor:
        """See `Tower.upper`."""
        if prompts is not None:
            raise EncoderError("this tower takes no prompts; of those here CLIP's image tower does. Leave prompts out")
        return _run(self.steps[self.index(cut) :], self.enter(acts, cut))["vectors"]

    def full(self, inputs: Inputs) -> Tensor:
        """See `Tower.full`."""
        return self.upper({"activations": inputs}, self.cuts[0])

    def index(self, cut: str) -> int:
        """Number of steps below a cut.

        Raises:
            CutError: the tower has no such cut.
        """
        if cut not in self.cuts:
            raise CutError(f"this tower has no cut {cut!r}; it can be cut at {', '.join(self.cuts)}")
        return self.cuts.index(cut)

    def enter(self, acts: Mapping[str, Inputs], cut: str) -> Activations:
        """Move to the device; stored halves return to the compute type. Inputs keep theirs: mel needs float32."""
        moved = {name: torch.as_tensor(value).to(self.device, non_blocking=True) for name, value in acts.items()}
        if cut == self.cuts[0]:
            return moved
        return {name: x.to(self.dtype) if x.is_floating_point() else x for name, x in moved.items()}


@dataclass(frozen=True)
class NoTextTower:
    """Stands where an encoder has no text tower: whoever asks it for texts is told so.

    Attributes:
        encoder: name of the encoder.
    """

    encoder: str
    cuts: tuple[str, ...] = ()

    @property
    def device(self) -> torch.device:
        """It runs nowhere."""
        return self.refuse()

    def lower(self, inputs: Inputs, cut: str) -> Activations:
        """See `Tower.lower`."""
        return self.refuse()

    def upper(self, acts: Mapping[str, Inputs], cut: str, prompts: Tensor | None = None) -> Tensor:
        """See `Tower.upper`."""
        return self.refuse()

    def full(self, inputs: Inputs) -> Tensor:
        """See `Tower.full`."""
        return self.refuse()

    def refuse(self, *_: object) -> NoReturn:
        """Say that there is none.

        Raises:
            EncoderError: always.
        """
        raise EncoderError(
            f"encoder {self.encoder!r} has no text tower. Texts are encoded by the encoder that its card names, if it names one"
        )


def block_names(count: int, stem: str = "block") -> tuple[str, ...]:
    """Names of the cuts after each of `count` blocks: block00, block01, ..."""
    return tuple(f"{stem}{index:02d}" for index in range(count))


def _run(steps: Sequence[Step], acts: Activations) -> Activations:
    for step in steps:
        acts = step(acts)
    return acts
