"""Stand-ins from the miniature world for recipes of clips: motions, a tower of four blocks, few clips and epochs.

The miniature's motions have no sound, so flow stands for it. Another data set is another drawing of the motions.
"""

from pathlib import Path
from typing import Any
from zlib import crc32

from pipeline.datasets.open_video.miniature import motion_names, motions_root, written_motions
from pipeline.recipe.video_data import MiniatureVideos

_FEW = {"epochs": 2, "batch_size": 8, "lr": 0.001}
_BLOCKS_A_BLOCK = 3  # of the twelve blocks of ViT-B/16 for each of the miniature's four
_DROPPED = ("micro_batch", "recompute", "other", *_FEW)


def stand_in(content: dict[str, Any], workspace: Path) -> dict[str, Any]:
    """The content of a recipe like this one on the miniature world."""
    layout = content["videos"]["layout"]
    found = {
        "videos": _motions(layout).model_dump(exclude_defaults=True),
        "encoder": "miniature-clip",
        "views": {"frames": 4, "stride": 4, "clips": 1, "crops": 1, "short_side": 48},
        "flow": {"bound": 5},
        "methods": {name: _method(name, options or {}) for name, options in content["methods"].items()},
        "seeds": [1],
        "hold_out": 0.25,
    }
    if content.get("judge_on"):
        found["judge_on"] = {name: _judged(data, workspace) for name, data in content["judge_on"].items()}
    return found


def write_judged(content: dict[str, Any], workspace: Path) -> None:
    """Draw the data sets that a stand-in is judged on, where they are not there yet."""
    for data in content.get("judge_on", {}).values():
        written_motions(_motions(data["data"]["layout"]), workspace)


def _motions(layout: str) -> MiniatureVideos:
    seed = crc32(layout.encode()) % 1000
    return MiniatureVideos(layout="miniature", seed=seed, train_per_class=4, test_per_class=2)


def _judged(data: dict[str, Any], workspace: Path) -> dict[str, Any]:
    root = motions_root(_motions(data["data"]["layout"]), workspace)
    halves = {"halves": 3} if data.get("halves") else {}
    judged = {"layout": "ucf101", "root": str(root), "split": "test01"}
    return {"data": judged, "labels": list(motion_names()), **halves}


def _method(name: str, options: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in options.items() if key not in _DROPPED}
    blocks = kept.get("train_layers")
    if isinstance(blocks, int):
        kept["train_layers"] = max(1, blocks // _BLOCKS_A_BLOCK)
    small = {"text_prompts": 2} if options.get("method", name) == "coop" else {}
    return {**kept, **_FEW, **small}
