"""Floating-point operations of CLIP's towers, by formula; a multiplication and an addition are two.

Dims: t tokens, c width, l layers, p side of a patch, d output.
"""


def image_flops(model: str) -> float:
    """One image through the image tower of an open_clip model."""
    import open_clip

    config = open_clip.get_model_config(model)
    vision = config["vision_cfg"]
    patches = (vision["image_size"] // vision["patch_size"]) ** 2
    embed = 2 * patches * 3 * vision["patch_size"] ** 2 * vision["width"]
    blocks = tower_flops(patches + 1, vision["width"], vision["layers"])
    return embed + blocks + 2 * vision["width"] * config["embed_dim"]


def text_flops(model: str, tokens: float) -> float:
    """One text of so many tokens through the text tower of an open_clip model."""
    import open_clip

    config = open_clip.get_model_config(model)
    text = config["text_cfg"]
    return tower_flops(tokens, text["width"], text["layers"]) + 2 * text["width"] * config["embed_dim"]


def tower_flops(tokens: float, width: int, layers: int) -> float:
    """Blocks of a transformer: 24 t c^2 in its linear layers, 4 t^2 c in attention."""
    return layers * (24 * tokens * width**2 + 4 * tokens**2 * width)
