"""Single numbers of a weights file, read without torch: what cosines are multiplied by, and what is added.

Only safetensors say where a tensor lies; of other files nothing is read.
"""

import json
import math
import struct
from pathlib import Path

from pipeline.encoders.cards.base import Score

_LONGEST_HEADER = 64 << 20
_FORMATS = {"F64": "<d", "F32": "<f", "F16": "<e"}


def read_score(file: Path | None, unknown: Score) -> Score:
    """The score that a model was trained with, from its `logit_scale` and `logit_bias`.

    Args:
        file: its weights, if they are here.
        unknown: what is said of weights that are not here or hold neither; its kind is that of the result.
    """
    found = _scalars(file, ("logit_scale", "logit_bias")) if file is not None and file.suffix == ".safetensors" else {}
    scale = math.exp(found["logit_scale"]) if abs(found.get("logit_scale", math.inf)) < 20 else unknown.scale
    bias = found.get("logit_bias", unknown.bias)
    return Score(unknown.kind, scale, bias if math.isfinite(bias) else unknown.bias)


def _scalars(file: Path, names: tuple[str, ...]) -> dict[str, float]:
    """Numbers by the last part of their name; a file that is damaged has none, and is refused when it is loaded."""
    try:
        with open(file, "rb") as content:
            (length,) = struct.unpack("<Q", content.read(8))
            if length > _LONGEST_HEADER:
                return {}
            entries = json.loads(content.read(length))
            found = {}
            for name, entry in entries.items():
                short = name.rpartition(".")[2]
                if short in names and entry["dtype"] in (*_FORMATS, "BF16"):
                    begin, end = entry["data_offsets"]
                    content.seek(8 + length + begin)
                    found[short] = _number(content.read(min(end - begin, 8)), entry["dtype"])
            return found
    except (OSError, ValueError, KeyError, TypeError, AttributeError, struct.error):
        return {}


def _number(raw: bytes, kind: str) -> float:
    if kind == "BF16":  # the upper half of a float32
        return float(struct.unpack("<f", b"\0\0" + raw[:2])[0])
    return float(struct.unpack(_FORMATS[kind], raw[: struct.calcsize(_FORMATS[kind])])[0])
