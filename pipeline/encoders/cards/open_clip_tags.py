"""What open_clip 3.3 knows of the weights that it names: the activation and the preprocessing of every tag.

open_clip's own table can be read only by importing open_clip, which imports torch; a test holds this one equal to it.
Tags stand under the plain name of a model. A name that ends in `-quickgelu` is the same network with the other
activation, and has the tags that were trained with it.
"""

import re
from typing import Any

_GELU = {
    "ViT-B-32": (
        "laion2b_e16 laion2b_s34b_b79k datacomp_xl_s13b_b90k datacomp_m_s128m_b4k commonpool_m_clip_s128m_b4k "
        "commonpool_m_laion_s128m_b4k commonpool_m_image_s128m_b4k commonpool_m_text_s128m_b4k "
        "commonpool_m_basic_s128m_b4k commonpool_m_s128m_b4k datacomp_s_s13m_b4k commonpool_s_clip_s13m_b4k "
        "commonpool_s_laion_s13m_b4k commonpool_s_image_s13m_b4k commonpool_s_text_s13m_b4k "
        "commonpool_s_basic_s13m_b4k commonpool_s_s13m_b4k"
    ),
    "ViT-B-32-256": "datacomp_s34b_b86k",
    "ViT-B-16": (
        "laion400m_e31 laion400m_e32 laion2b_s34b_b88k datacomp_xl_s13b_b90k datacomp_l_s1b_b8k "
        "commonpool_l_clip_s1b_b8k commonpool_l_laion_s1b_b8k commonpool_l_image_s1b_b8k "
        "commonpool_l_text_s1b_b8k commonpool_l_basic_s1b_b8k commonpool_l_s1b_b8k"
    ),
    "ViT-B-16-plus-240": "laion400m_e31 laion400m_e32",
    "ViT-L-14": (
        "laion400m_e31 laion400m_e32 laion2b_s32b_b82k datacomp_xl_s13b_b90k commonpool_xl_clip_s13b_b90k "
        "commonpool_xl_laion_s13b_b90k commonpool_xl_s13b_b90k dfn2b_s39b"
    ),
    "ViT-H-14": "laion2b_s32b_b79k metaclip_altogether",
    "ViT-g-14": "laion2b_s12b_b42k laion2b_s34b_b88k",
    "ViT-bigG-14": "laion2b_s39b_b160k",
    "ViT-H-14-CLIPA-336": "laion2b datacomp1b",
    "xlm-roberta-base-ViT-B-32": "laion5b_s13b_b90k",
    "xlm-roberta-large-ViT-H-14": "frozen_laion5b_s13b_b90k",
    "convnext_base": "laion400m_s13b_b51k",
    "convnext_base_w": "laion2b_s13b_b82k laion2b_s13b_b82k_augreg laion_aesthetic_s13b_b82k",
    "convnext_base_w_320": "laion_aesthetic_s13b_b82k laion_aesthetic_s13b_b82k_augreg",
    "convnext_large_d": "laion2b_s26b_b102k_augreg",
    "convnext_large_d_320": "laion2b_s29b_b131k_ft laion2b_s29b_b131k_ft_soup",
    "convnext_xxlarge": "laion2b_s34b_b82k_augreg laion2b_s34b_b82k_augreg_rewind laion2b_s34b_b82k_augreg_soup",
    "coca_ViT-B-32": "laion2b_s13b_b90k mscoco_finetuned_laion2b_s13b_b90k",
    "coca_ViT-L-14": "laion2b_s13b_b90k mscoco_finetuned_laion2b_s13b_b90k",
    "EVA01-g-14": "laion400m_s11b_b41k",
    "EVA01-g-14-plus": "merged2b_s11b_b114k",
    "EVA02-B-16": "merged2b_s8b_b131k",
    "EVA02-L-14": "merged2b_s4b_b131k",
    "EVA02-L-14-336": "merged2b_s6b_b61k",
    "EVA02-E-14": "laion2b_s4b_b115k",
    "EVA02-E-14-plus": "laion2b_s9b_b144k",
    "MobileCLIP-B": "datacompdr datacompdr_lt",
    "nllb-clip-base-siglip": "v1 mrl",
    "nllb-clip-large-siglip": "v1 mrl",
}
_ONE = {
    "webli": (
        "ViT-B-16-SigLIP ViT-B-16-SigLIP-256 ViT-B-16-SigLIP-i18n-256 ViT-B-16-SigLIP-384 ViT-B-16-SigLIP-512 "
        "ViT-L-16-SigLIP-256 ViT-L-16-SigLIP-384 ViT-SO400M-14-SigLIP ViT-SO400M-16-SigLIP-i18n-256 "
        "ViT-SO400M-14-SigLIP-378 ViT-SO400M-14-SigLIP-384 ViT-B-32-SigLIP2-256 ViT-B-16-SigLIP2 "
        "ViT-B-16-SigLIP2-256 ViT-B-16-SigLIP2-384 ViT-B-16-SigLIP2-512 ViT-L-16-SigLIP2-256 ViT-L-16-SigLIP2-384 "
        "ViT-L-16-SigLIP2-512 ViT-SO400M-14-SigLIP2 ViT-SO400M-14-SigLIP2-378 ViT-SO400M-16-SigLIP2-256 "
        "ViT-SO400M-16-SigLIP2-384 ViT-SO400M-16-SigLIP2-512 ViT-gopt-16-SigLIP2-256 ViT-gopt-16-SigLIP2-384"
    ),
    "datacomp1b": (
        "ViT-L-14-CLIPA ViT-L-14-CLIPA-336 ViT-H-14-CLIPA ViT-bigG-14-CLIPA ViT-bigG-14-CLIPA-336 ViTamin-S "
        "ViTamin-S-LTT ViTamin-B ViTamin-B-LTT ViTamin-L ViTamin-L-256 ViTamin-L-336 ViTamin-L-384 ViTamin-L2 "
        "ViTamin-L2-256 ViTamin-L2-336 ViTamin-L2-384 ViTamin-XL-256 ViTamin-XL-336 ViTamin-XL-384"
    ),
    "v1": "nllb-clip-base nllb-clip-large",
    "datacompdr": "MobileCLIP-S1 MobileCLIP-S2",
    "dfndr2b": "MobileCLIP2-B MobileCLIP2-S0 MobileCLIP2-S2 MobileCLIP2-S3 MobileCLIP2-S4 MobileCLIP2-L-14",
    "meta": "PE-Core-T-16-384 PE-Core-S-16-384 PE-Core-B-16 PE-Core-L-14-336 PE-Core-bigG-14-448",
    "metaclip2_worldwide": "ViT-H-14-worldwide-378 ViT-bigG-14-worldwide ViT-bigG-14-worldwide-378",
}
"""Models that were trained once, by their tag."""
_QUICK_GELU = {
    "ViT-B-32": "openai laion400m_e31 laion400m_e32 metaclip_400m metaclip_fullcc",
    "ViT-B-16": "openai dfn2b metaclip_400m metaclip_fullcc",
    "ViT-L-14": "openai metaclip_400m metaclip_fullcc dfn2b",
    "ViT-L-14-336": "openai",
    "ViT-H-14": "metaclip_fullcc dfn5b",
    "ViT-H-14-378": "dfn5b",
    "ViT-bigG-14": "metaclip_fullcc",
    "ViT-H-14-worldwide": "metaclip2_worldwide",
    "RN50": "openai yfcc15m cc12m",
    "RN101": "openai yfcc15m",
    "RN50x4": "openai",
    "RN50x16": "openai",
    "RN50x64": "openai",
    "roberta-ViT-B-32": "laion2b_s12b_b32k",
}

GELU_TAGS = {model: tags.split() for model, tags in _GELU.items()}
GELU_TAGS |= {model: [tag] for tag, models in _ONE.items() for model in models.split()}
QUICK_GELU_TAGS = {model: tags.split() for model, tags in _QUICK_GELU.items()}

EXCEPTIONS: dict[tuple[str, str], dict[str, Any]] = {
    ("ViT-L-14", "laion2b_s32b_b82k"): {"mean": (0.5, 0.5, 0.5), "std": (0.5, 0.5, 0.5)},
    ("ViT-H-14", "dfn5b"): {"resize": "squash"},
    ("ViT-H-14-378", "dfn5b"): {"resize": "squash"},
}
"""Where preprocessing is neither OpenAI's (its mean and deviation, shorter side resized by bicubic filtering, centre cropped)
nor that of the model's kind."""

_HALF = {"mean": (0.5, 0.5, 0.5), "std": (0.5, 0.5, 0.5)}
_IMAGENET = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}
_AS_IT_IS = {"mean": (0.0, 0.0, 0.0), "std": (1.0, 1.0, 1.0)}
_KINDS: tuple[tuple[str, dict[str, Any]], ...] = (
    (r"-SigLIP|-siglip", {**_HALF, "resize": "squash"}),
    (r"-CLIPA", {**_IMAGENET, "resize": "squash", "interpolation": "bilinear"}),
    (r"PE-Core", {**_HALF, "resize": "squash", "interpolation": "bilinear"}),
    (r"MobileCLIP2-S[34]", {"interpolation": "bilinear"}),
    (r"MobileCLIP2-L", {}),
    (r"MobileCLIP", {**_AS_IT_IS, "interpolation": "bilinear"}),
    (r"-worldwide-378", {"resize": "squash"}),
)


def usual_preprocessing(model: str) -> dict[str, Any]:
    """What `ClipFacts` are of all tags of a model but the exceptions; empty where that is OpenAI's."""
    return next((facts for pattern, facts in _KINDS if re.search(pattern, model)), {})


_LICENCES = {
    "openai": "MIT",
    "laion2b_s34b_b79k": "MIT",
    "webli": "Apache-2.0",
    "meta": "Apache-2.0",
    **dict.fromkeys(("metaclip_400m", "metaclip_fullcc", "metaclip_altogether", "metaclip2_worldwide"), "CC-BY-NC-4.0"),
    **dict.fromkeys(
        ("dfn2b", "dfn2b_s39b", "dfn5b", "dfndr2b", "datacompdr", "datacompdr_lt"), "LicenseRef-Apple-AMLR"
    ),
}


def licence_of(tag: str) -> str:
    """The licence of a tag's weights, where it was looked up; else empty."""
    return _LICENCES.get(tag, "")
