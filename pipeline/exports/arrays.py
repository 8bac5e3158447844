"""A run's classifier as arrays in one file: `.npz` for numpy, `.safetensors` for everything else.

Whoever reads it needs three lines: unit features times unit vectors are cosines; times the scale, plus the bias, they are logits;
a softmax, or a sigmoid for each class, makes them probabilities. docs/python.md shows them.

Dims: C classes, d width of an encoder's space.
"""

import io
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from pipeline.evaluation.readout import Readout
from pipeline.evaluation.similarity import unit_rows


def as_arrays(readouts: Mapping[str, Readout], form: str) -> bytes:
    """The file's content.

    Args:
        readouts: what the run answers with, by modality.
        form: "npz" or "safetensors".
    """
    arrays = {f"{m}/{name}": value for m, found in readouts.items() for name, value in _arrays(found).items()}
    facts = {m: facts_of(found) for m, found in readouts.items()}
    if form == "safetensors":
        from safetensors.numpy import save

        return bytes(save(dict(sorted(arrays.items())), metadata={"mmpt": json.dumps(facts, sort_keys=True)}))
    out = io.BytesIO()
    names = {f"{m}/labels": np.array(list(found.labels)) for m, found in readouts.items()}
    texts = {
        f"{m}/{name}": np.array(value) for m, each in facts.items() for name, value in each.items() if name != "labels"
    }
    np.savez(out, **arrays, **names, **texts)  # type: ignore[arg-type]  # its stubs take names for options
    return out.getvalue()


def _arrays(found: Readout) -> dict[str, np.ndarray]:
    arrays: dict[str, np.ndarray] = {"vectors": np.asarray(unit_rows(found.vectors), np.float32)}
    if found.independent is not None:
        arrays |= {
            "slope": np.array([found.independent.slope]),
            "offsets": found.independent.offsets,
            "thresholds": found.independent.thresholds,
        }
    if found.familiar is not None:
        arrays |= {
            "centres": np.asarray(found.familiar.centres, np.float32),
            "familiar_from": np.array([found.familiar.threshold]),
        }
    return arrays


def facts_of(found: Readout) -> dict[str, Any]:
    """What a readout is besides its arrays, as plain values."""
    score = found.score
    return {
        "classifier": found.name, "encoder": found.encoder, "labels": list(found.labels),
        "kind": score.kind, "scale": score.scale, "bias": score.bias,
    }  # fmt: skip
