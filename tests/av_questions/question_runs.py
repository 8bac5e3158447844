"""A recipe of few clips of the miniature world with questions, for tests of what becomes of it."""

from typing import Any

from bound_clips import binders

from pipeline.tasks.av_questions.bound import BoundAvQuestions

FEW: dict[str, Any] = {"epochs": 2, "batch": 12, "together": 4, "lr_head": 0.003}
HEAD: dict[str, Any] = {"width": 16}
PROMPTS = {"global_prompts": 2, "interaction_prompts": 2, "bank": 3, "bottleneck": 4, "lr_prompts": 0.01}
METHODS: dict[str, Any] = {
    "question only": {"rung": "none", "head": {**HEAD, "use": "question"}, **FEW},
    "audio alone": {"rung": "none", "head": {**HEAD, "use": "audio"}, **FEW},
    "head-only": {"rung": "none", "head": HEAD, "negatives": 10, **FEW},
    "parallel": {"variant": "parallel", "side_width": 8, "head": HEAD, "negatives": 4, **PROMPTS, **FEW},
    "late": {"variant": "late", "head": {**HEAD, "match": 0}, **PROMPTS, **FEW},
    "copl": {"head": HEAD, "negatives": 10, **PROMPTS, **FEW, "epochs": 1},
}


def content_of(**changes: Any) -> dict[str, Any]:
    """The recipe as a mapping."""
    return {
        "name": "few",
        "questions": {"layout": "miniature", "seed": 5, "train": 12, "val": 12, "test": 12},
        "encoders": {"visual": "miniature-swin"},
        "methods": METHODS,
        "seeds": [0],
        "cache": {"workers": 0},
        **changes,
    }


opened, bound_of = binders(BoundAvQuestions)
