"""What open_clip 3.3 knows of the weights that it names: the activation and the preprocessing of every tag.

open_clip's own table can be read only by importing open_clip, which imports torch; a test holds this one equal to it.
Tags stand under the plain name of a model. A name that ends in `-quickgelu` is the same network with the other
activation, and has the tags that were trained with it. Models whose text tower has another tokenizer are left out.
"""

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
}
_QUICK_GELU = {
    "ViT-B-32": "openai laion400m_e31 laion400m_e32 metaclip_400m metaclip_fullcc",
    "ViT-B-16": "openai dfn2b metaclip_400m metaclip_fullcc",
    "ViT-L-14": "openai metaclip_400m metaclip_fullcc dfn2b",
    "ViT-L-14-336": "openai",
    "ViT-H-14": "metaclip_fullcc dfn5b",
    "ViT-H-14-378": "dfn5b",
    "ViT-bigG-14": "metaclip_fullcc",
}

GELU_TAGS = {model: tags.split() for model, tags in _GELU.items()}
QUICK_GELU_TAGS = {model: tags.split() for model, tags in _QUICK_GELU.items()}

EXCEPTIONS: dict[tuple[str, str], dict[str, Any]] = {
    ("ViT-L-14", "laion2b_s32b_b82k"): {"mean": (0.5, 0.5, 0.5), "std": (0.5, 0.5, 0.5)},
    ("ViT-H-14", "dfn5b"): {"resize": "squash"},
    ("ViT-H-14-378", "dfn5b"): {"resize": "squash"},
}
"""Where preprocessing is not OpenAI's: mean and deviation, shorter side resized by bicubic filtering, centre cropped."""
