"""Learned tensors after single steps, kept for pictures: one safetensors blob a step, in an artifact below the checkpoint's.

The checkpoint does not depend on them. Reading them needs no torch.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from stores import Artifact, ArtifactSpec, text_key
from stores.writer import Writer

if TYPE_CHECKING:
    from torch import Tensor

VERSION = 1
"""Raise it when the same checkpoint would give other snapshots."""


def snapshots_spec(checkpoint: str) -> ArtifactSpec:
    """Of the snapshots of a checkpoint, given by its fingerprint."""
    return ArtifactSpec(kind="snapshots", fields={"version": VERSION}, parents=(checkpoint,), backend="blob")


class Snapshots:
    """The steps that are kept of one training run.

    Args:
        artifact: where they are.
    """

    def __init__(self, artifact: Artifact):
        self._artifact = artifact

    def there(self, steps: Sequence[int]) -> tuple[int, ...]:
        """Those of some steps that are kept."""
        missing = set(self._artifact.missing([_key(step) for step in steps]))
        return tuple(step for step in steps if _key(step) not in missing)

    def save(self, writer: Writer, step: int, tensors: "Mapping[str, Tensor]") -> None:
        """Publish the tensors after one step."""
        from safetensors.torch import save

        content = {name: value.detach().cpu().contiguous() for name, value in sorted(tensors.items())}
        writer.publish([_key(step)], [save(content)])

    def arrays(self, step: int) -> dict[str, np.ndarray]:
        """The tensors after one step, as numpy arrays."""
        from safetensors.numpy import load

        return load(self._artifact.blob(_key(step)))


def _key(step: int) -> str:
    return text_key(f"step-{step:09d}")
