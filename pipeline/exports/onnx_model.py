"""A run's classifier as a model of ONNX: from features, or with the frozen encoder from decoded media, to probabilities.

Dims: n files, C classes, d width of the encoder's space.
"""

import io
import json
import logging
import warnings
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor, nn

from pipeline.encoders.load import load_encoder
from pipeline.encoders.tower import Tower
from pipeline.evaluation.readout import Readout
from pipeline.exports.arrays import facts_of
from pipeline.exports.errors import ExportError

_PACKAGES = ("onnx", "onnxscript")


def as_onnx(readout: Readout, with_encoder: bool) -> bytes:
    """The model: input "features" (n, d) or "media" (n, ...) as the encoder's card decodes it, output "probabilities" (n, C).

    Its metadata, under "mmpt", are the labels, the classifier's name and the encoder's, as JSON.

    Raises:
        ExportError: the packages are not installed, or the encoder's tower cannot be expressed in ONNX.
    """
    if lacking := [name for name in _PACKAGES if find_spec(name) is None]:
        raise ExportError(
            f'export: ONNX needs {", ".join(lacking)}, not installed here. Type: pip install "mmpt-pipeline[onnx]"'
        )
    head, tower, name = Head(readout), None, "features"
    inputs = torch.zeros(2, readout.vectors.shape[1])
    if with_encoder:
        card = readout.card
        if card.media is None:
            raise ExportError(
                f"export: '{card.name}' reads texts, and its tokenizer is no part of a network. Leave --with-encoder out"
            )
        encoder = load_encoder(card, "cpu", "float32")
        tower, name = encoder.media, "media"
        kind = torch.float32 if card.modality == "audio" else torch.uint8
        inputs = torch.zeros((2, *card.media.shape), dtype=kind)
    model = Whole(tower, head).eval()
    try:
        return _written(model, inputs, name, {**facts_of(readout)})
    except Exception as error:  # whatever torch's exporter says of a network that it cannot express
        why = str(error).strip().splitlines()
        raise ExportError(
            f"export: the tower of '{readout.encoder}' cannot be expressed in ONNX ({why[0] if why else type(error).__name__}). "
            "Leave --with-encoder out: the model then takes the encoder's features"
        ) from error


class Head(nn.Module):
    """Features (n, d) -> probabilities (n, C), as `Readout.probabilities`."""

    def __init__(self, readout: Readout):
        super().__init__()
        self.vectors = nn.Parameter(
            nn.functional.normalize(torch.as_tensor(readout.vectors, dtype=torch.float32), dim=-1), False
        )
        self.scale, self.bias, self.kind = readout.score.scale, readout.score.bias, readout.score.kind
        several = readout.independent
        if several is not None:
            self.kind, self.scale = "sigmoid", several.slope
            self.offsets = nn.Parameter(torch.as_tensor(several.offsets, dtype=torch.float32), False)

    def forward(self, features: Tensor) -> Tensor:
        """See the class."""
        cosines = nn.functional.normalize(features.float(), dim=-1) @ self.vectors.T
        logits = cosines * self.scale + (self.offsets if hasattr(self, "offsets") else self.bias)
        return logits.softmax(-1) if self.kind == "softmax" else logits.sigmoid()


class Whole(nn.Module):
    """The head behind the encoder's media tower, or by itself."""

    def __init__(self, tower: Tower | None, head: Head):
        super().__init__()
        self.tower, self.head = tower, head

    def forward(self, inputs: Tensor) -> Tensor:
        """See the class."""
        return self.head(inputs if self.tower is None else self.tower.full(inputs))


def _written(model: nn.Module, inputs: Tensor, name: str, facts: dict[str, Any]) -> bytes:
    several = torch.export.Dim("n")
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch, about torch
        program = torch.onnx.export(
            model, (inputs,), dynamo=True, input_names=[name], output_names=["probabilities"],
            dynamic_shapes=({0: several},), verbose=False,
        )  # fmt: skip
    assert program is not None
    found = program.model_proto
    entry = found.metadata_props.add()
    entry.key, entry.value = "mmpt", json.dumps(facts, sort_keys=True)
    out = io.BytesIO()
    out.write(found.SerializeToString(deterministic=True))
    return out.getvalue()
