"""Any model of open_clip with its weights, read by `read_weights`: nothing in a file is run, and nobody is asked for one."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

import open_clip
import torch
from open_clip.coca_model import CoCa
from open_clip.model import convert_to_custom_text_state_dict
from torch import Tensor

from pipeline.encoders.cards.hub_files import cached_hub_file
from pipeline.encoders.cards.text_sizes import TEXT_SIZES
from pipeline.encoders.clip_names import to_open_clip
from pipeline.encoders.weights import made_to_fit

_DERIVED = ("position_ids", "token_type_ids")
_SCALARS = ("logit_scale", "logit_bias")


def make_model(encoder: str, sizes: Mapping[str, Any], state: Mapping[str, Tensor]) -> Any:
    """A model of open_clip in evaluation mode.

    Args:
        encoder: for messages.
        sizes: `model_cfg`, as open_clip has it.
        state: tensors by name, as open_clip or transformers name them.

    Raises:
        EncoderError: sizes and weights do not fit together.
    """
    given = to_open_clip(state)
    if is_custom(sizes):
        given = convert_to_custom_text_state_dict(given)
    for name in _SCALARS:
        if name in given:
            given[name] = given[name].reshape([1] if sizes.get("nonscalar_logit_scale") else [])
    if sizes.get("init_logit_bias") is not None:
        given.setdefault("logit_bias", torch.zeros([]))
    with buildable(sizes) as ready:
        model = made_to_fit(encoder, ready, lambda: build(ready), given, _DERIVED)
    return model.eval().requires_grad_(False)


def is_custom(sizes: Mapping[str, Any]) -> bool:
    """Whether open_clip keeps the text tower in a module of its own."""
    return bool(sizes.get("custom_text")) or "hf_model_name" in sizes["text_cfg"]


def build(sizes: Mapping[str, Any]) -> Any:
    """The model of sizes that are `buildable`, with random weights."""
    arguments = {key: value for key, value in sizes.items() if key != "custom_text"}
    if not is_custom(sizes):
        return open_clip.CLIP(**arguments)
    return (CoCa if "multimodal_cfg" in sizes else open_clip.CustomTextCLIP)(**arguments)


@contextmanager
def buildable(sizes: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Sizes of which open_clip builds a model without fetching anything: those of transformers lie in a folder meanwhile."""
    ready = deepcopy(dict(sizes))
    text, vision = ready["text_cfg"], ready["vision_cfg"]
    if "timm_model_name" in vision:
        vision["timm_model_pretrained"] = False
    if "hf_model_name" not in text:
        yield ready
        return
    hub_id = text["hf_model_name"]
    with tempfile.TemporaryDirectory() as folder:
        values = TEXT_SIZES.get(hub_id) or json.loads(_cached(hub_id).read_text())
        (Path(folder) / "config.json").write_text(json.dumps(values))
        text |= {"hf_model_name": folder, "hf_model_pretrained": False}
        yield ready


def _cached(hub_id: str) -> Path:
    file = cached_hub_file(hub_id, "config.json")
    assert file is not None, "the card has found it"
    return file
