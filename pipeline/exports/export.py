"""From what was asked for to the content of a file."""

from collections.abc import Mapping

from pipeline.evaluation.readout import Readout
from pipeline.exports.arrays import as_arrays
from pipeline.exports.errors import ExportError

FORMS = ("npz", "safetensors", "onnx")


def exported(
    readouts: Mapping[str, Readout], form: str, modality: str | None = None, with_encoder: bool = False
) -> bytes:
    """The content of a file.

    Args:
        readouts: what the run answers with, by modality.
        form: one of `FORMS`.
        modality: the only one that goes in; one model of ONNX is of one, and it may be left out where there is one.
        with_encoder: whether a model of ONNX takes decoded media instead of features.

    Raises:
        ExportError: there is no such form or modality, or ONNX cannot express it, or its packages are not installed.
    """
    if form not in FORMS:
        raise ExportError(f"export: --to is '{form}'. Take one of {', '.join(FORMS)}")
    if modality is not None and modality not in readouts:
        raise ExportError(f"export: --modality is '{modality}'. This run knows {', '.join(readouts)}")
    chosen = {name: found for name, found in readouts.items() if modality in (None, name)}
    if form != "onnx":
        if with_encoder:
            raise ExportError("export: --with-encoder is for --to onnx; arrays hold no network. Leave one of them out")
        return as_arrays(chosen, form)
    if len(chosen) > 1:
        raise ExportError(f"export: a model of ONNX is of one modality. Say which: --modality {' | '.join(chosen)}")
    from pipeline.exports.onnx_model import as_onnx

    return as_onnx(next(iter(chosen.values())), with_encoder)
