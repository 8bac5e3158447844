"""State dicts of CLIP as others name their tensors, under the names that open_clip has for them.

Dims: c channels of a block, d width of the space.
"""

import re
from collections.abc import Mapping

import torch
from torch import Tensor

_SIGN = "text_model.encoder.layers.0.self_attn.q_proj.weight"
"""Transformers' CLIP has it, and nothing of open_clip."""
_WHOLE = {
    "text_model.embeddings.token_embedding.weight": "token_embedding.weight",
    "text_model.embeddings.position_embedding.weight": "positional_embedding",
    "vision_model.embeddings.class_embedding": "visual.class_embedding",
    "vision_model.embeddings.patch_embedding.weight": "visual.conv1.weight",
    "vision_model.embeddings.position_embedding.weight": "visual.positional_embedding",
}
_TURNED = {"text_projection.weight": "text_projection", "visual_projection.weight": "visual.proj"}
_PARTS = (
    (r"^text_model\.final_layer_norm\.", "ln_final."),
    (r"^vision_model\.pre_layrnorm\.", "visual.ln_pre."),
    (r"^vision_model\.post_layernorm\.", "visual.ln_post."),
    (r"^text_model\.encoder\.layers\.", "transformer.resblocks."),
    (r"^vision_model\.encoder\.layers\.", "visual.transformer.resblocks."),
    (r"\.layer_norm([12])\.", r".ln_\1."),
    (r"\.mlp\.fc1\.", ".mlp.c_fc."),
    (r"\.mlp\.fc2\.", ".mlp.c_proj."),
    (r"\.self_attn\.out_proj\.", ".attn.out_proj."),
)
_QUERY = re.compile(r"(.*)\.self_attn\.q_proj\.(weight|bias)")


def to_open_clip(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename the tensors of transformers' `CLIPModel`; a state dict of open_clip is left as it is.

    Queries, keys and values (c, c) lie in one tensor (3c, c) there, and projections are turned.
    """
    if _SIGN not in state:
        return dict(state)
    found: dict[str, Tensor] = {}
    for name, x in state.items():
        if name.endswith(("position_ids", ".k_proj.weight", ".k_proj.bias", ".v_proj.weight", ".v_proj.bias")):
            continue
        if query := _QUERY.fullmatch(name):
            own, kind = query.groups()
            parts = [state.get(f"{own}.self_attn.{part}_proj.{kind}") for part in "kv"]
            if all(part is not None for part in parts):
                found[f"{_renamed(own + '.')}attn.in_proj_{kind}"] = torch.cat(
                    [x, *[p for p in parts if p is not None]]
                )
                continue
        if name in _TURNED:
            found[_TURNED[name]] = x.T.contiguous()
        else:
            found[_WHOLE.get(name) or _renamed(name)] = x
    return found


def _renamed(name: str) -> str:
    for pattern, new in _PARTS:
        name = re.sub(pattern, new, name)
    return name
