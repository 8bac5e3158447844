"""Checkpoints: one safetensors blob an epoch, in an artifact that names its parents. The last one is where training resumes.

Reading them needs no torch; only `save` and `tensors` bring it in.
"""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from stores import Artifact, text_key
from stores.writer import Writer

if TYPE_CHECKING:
    from torch import Tensor

History = dict[str, list[float]]


class Checkpoints:
    """The epochs of one training run. Epoch 0 is the state before the first step.

    Args:
        artifact: where they are.
        writer: the artifact's writer, for who wants to `save`.
    """

    def __init__(self, artifact: Artifact, writer: Writer | None = None):
        self._artifact, self._writer = artifact, writer

    def last_epoch(self) -> int | None:
        """The newest epoch that was published, or None."""
        done = set(self._artifact.keys())
        epochs = 0
        while _key(epochs) in done:
            epochs += 1
        return epochs - 1 if epochs else None

    def save(self, epoch: int, tensors: "Mapping[str, Tensor]", history: History, notes: Mapping[str, str]) -> None:
        """Publish one epoch: the learned tensors, the losses of its steps, and what was decided in it.

        An epoch that is there stays: a repair may have dropped an earlier one, and what is learned again leads to it.
        """
        from safetensors.torch import save

        assert self._writer is not None, "these checkpoints are for reading"
        if not self._artifact.missing([_key(epoch)]):
            return
        content = {name: value.detach().cpu().contiguous() for name, value in sorted(tensors.items())}
        note = json.dumps({"epoch": epoch, "history": history, "notes": dict(notes)}, sort_keys=True)
        # One entry only: safetensors writes several in an order that changes from process to process.
        self._writer.publish([_key(epoch)], [save(content, metadata={"mmpt": note})])

    def tensors(self, epoch: int) -> "dict[str, Tensor]":
        """The learned tensors after `epoch`."""
        from safetensors.torch import load

        return load(self._artifact.blob(_key(epoch)))

    def arrays(self, epoch: int) -> dict[str, np.ndarray]:
        """The learned tensors after `epoch`, as numpy arrays."""
        from safetensors.numpy import load

        return load(self._artifact.blob(_key(epoch)))

    def notes(self, epoch: int) -> dict[str, str]:
        """What was decided in `epoch` (for example the weak modality)."""
        return dict(self._metadata(epoch)["notes"])

    def history(self) -> History:
        """The losses of every step of every epoch, joined; a part that an epoch lacks is NaN there."""
        epochs = [self._metadata(epoch)["history"] for epoch in range(1, (self.last_epoch() or 0) + 1)]
        names = sorted({name for epoch in epochs for name in epoch})
        return {n: [v for e in epochs for v in e.get(n, [float("nan")] * len(e["step"]))] for n in names}

    def _metadata(self, epoch: int) -> dict:
        blob = self._artifact.blob(_key(epoch))
        size = int.from_bytes(blob[:8], "little")  # safetensors: header length, then the header as JSON
        return json.loads(json.loads(blob[8 : 8 + size])["__metadata__"]["mmpt"])


def _key(epoch: int) -> str:
    return text_key(f"epoch-{epoch:06d}")
