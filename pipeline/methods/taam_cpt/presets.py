"""What TaAM-CPT's presets set.

`recommended` is what we believe to be right, `paper` the paper's letter, `code` the authors' released behaviour without its
crashes. A value that neither states is the same in all three.
"""

from typing import Any

_PAPER = {
    "init": "normal",  # N(0, 0.02^2), "the initialized prompt pool of each modality is identical"
    "normalise_prompts": False,  # Eq. 3 normalises only the text feature
    "logit_scale": 1.0,
    "inter_rows": "matching",  # Eq. 7: v2a keeps the audio rows, v2w the image rows
    "inter_reduction": "mean",
    "inter_factor": 1.0,
    "schedule": "cosine",
    "agreement": False,
}
_CODE = {
    "weak": "video",  # fixed flags: images and audio guide video, and no sentence is held out to find that
    "init": "ones",
    "normalise_prompts": True,
    "logit_scale": 4.0,
    "inter_rows": "all-strong",  # the mask removes only the weak modality's own rows
    "inter_reduction": "sum",
    "inter_factor": 0.5,
    "schedule": "oscillating",  # CosineAnnealingLR(T_max=epochs) stepped every iteration
    "agreement": False,
}
_RECOMMENDED = {
    **_CODE, "weak": "auto", "init": "normal", "inter_rows": "matching", "schedule": "cosine", "agreement": True,
}  # fmt: skip
PRESETS: dict[str, dict[str, Any]] = {"recommended": _RECOMMENDED, "paper": _PAPER, "code": _CODE}
