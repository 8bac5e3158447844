"""Whether the bounds of the miniature's motions hold on worlds that nobody has looked at: frames know no order, flow does.

    python benchmarks/open_video_bounds.py --seeds 7101 7102 7103

Every seed draws another world; `mov/miniature` runs on it with MOV and with score fusion, whose frames and flow answer each by
itself. A motion and its reverse are a pair. Bounds, by the design of the world:

- frames, learned without positions, are right in half of the clips within a pair, to three standard errors;
- with flow nine of ten base clips are right;
- on novel classes the mix is not below frozen CLIP by more than one paired standard error over the worlds.

It ends with 1 where one does not hold.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from pipeline.stages.whole import figures
from pipeline.tasks.load import parse_recipe, recipe_text
from pipeline.tasks.open_video.bound import BoundOpenVideo
from pipeline.tasks.open_video.result import Told, all_told
from pipeline.telemetry.progress import Progress

METHODS = ("mov", "score-fusion")


def main() -> int:
    """Print a line of JSON a world, and one of all; shares of clips."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[7101, 7102, 7103])
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    found = [world(seed, options.device) for seed in options.seeds]
    gain = np.array([each["mov_novel"] - each["frozen_novel"] for each in found])
    error = float(gain.std(ddof=1) / np.sqrt(len(gain))) if len(gain) > 1 else 0.0
    held = {
        "frames_are_half": all(abs(each["frames_within_pairs"] - 0.5) <= 3 * each["standard_error"] for each in found),
        "flow_tells": all(each["mov_base"] >= 0.9 and each["flow_base"] >= 0.9 for each in found),
        "novel_not_below": bool(gain.mean() >= -error),
    }
    told = {"novel_gain": round(float(gain.mean()), 4), "novel_gain_error": round(error, 4), **held}
    print(json.dumps(told), flush=True)
    return 0 if all(held.values()) else 1


def world(seed: int, device: str) -> dict[str, Any]:
    """Run the recipe on one world, and say what frames and flow know of it."""
    start = time.perf_counter()
    content = yaml.safe_load(recipe_text("mov/miniature"))
    content["videos"]["seed"], content["seeds"] = seed, [1]
    content["methods"] = {name: content["methods"][name] for name in METHODS}
    with tempfile.TemporaryDirectory() as folder:
        recipe = parse_recipe(yaml.safe_dump({**content, "workspace": folder}), where="bounds", base=Path(folder))
        bound = BoundOpenVideo(recipe, device, Progress.silent())
        figures(bound)
        told = all_told(bound)
    fusion, mov = told["score-fusion"]["base"][0], told["mov"]["base"][0]
    clips = len(fusion.clips.rows)
    found = {
        "frames_within_pairs": within_pairs(fusion, "video"), "flow_within_pairs": within_pairs(fusion, "other"),
        "standard_error": 0.5 / np.sqrt(clips), "mov_base": mov.right().mean(), "flow_base": mov.right("other").mean(),
        "mov_novel": told["mov"]["novel"][0].right().mean(), "frozen_novel": told["frozen-clip"]["novel"][0].right().mean(),
        "seconds": time.perf_counter() - start,
    }  # fmt: skip
    line = {"seed": seed, "clips": clips, **{name: round(float(value), 4) for name, value in found.items()}}
    print(json.dumps(line), flush=True)
    return line


def within_pairs(told: Told, name: str) -> float:
    """Share of clips whose class is more probable than its reverse; classes that follow each other are a pair."""
    labels = np.array(told.clips.labels)
    rows = np.arange(len(labels))
    shares = told.said[name]
    return float((shares[rows, labels] > shares[rows, labels ^ 1]).mean())


if __name__ == "__main__":
    sys.exit(main())
