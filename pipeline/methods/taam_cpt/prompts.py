"""Class prompts out of a checkpoint, free of torch: what evaluation, report and prediction need."""

from collections.abc import Mapping

import numpy as np

_VECTORS = "pools.vectors."


def class_prompts(tensors: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Modality -> (N, d) class prompts, L2-normalised; the linear maps of Table 10's variants are applied.

    Scores are cosines whatever `normalise_prompts` was in learning: the norm of a prompt says how often its class was
    written about, not what a picture shows.
    """
    prompts = {}
    for name, vectors in tensors.items():
        if name.startswith(_VECTORS):
            modality = name.removeprefix(_VECTORS)
            for owner in (modality, "all"):
                if f"pools.maps.{owner}.weight" in tensors:
                    vectors = vectors @ tensors[f"pools.maps.{owner}.weight"].T + tensors[f"pools.maps.{owner}.bias"]
            prompts[modality] = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return prompts
