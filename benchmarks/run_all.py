"""Runs every benchmark, one after the other, and prints one table; exit code 1 when a claim does not hold."""

import argparse
import json
import subprocess
import sys
from pathlib import Path

from side_by_side import Claim, table

NAMES = (
    "epoch_from_cache",
    "ranking_loss",
    "prompted_text",
    "prompt_step",
    "copl_step",
    "copl_questions",
    "copl_questions_together",
    "late_prompts",
    "few_shot_cached",
    "mov_sound_step",
    "mov_flow_step",
    "text_trimming",
    "text_loop",
    "image_loop",
    "training_floor",
    "store_gather",
    "first_reading",
    "plan_at_scale",
    "plan_labels",
    "status_labels",
    "store_ls_artifacts",
    "status_artifacts",
    "gc_artifacts",
    "cli_start",
    "two_workers",
    "runner_overhead",
)
# generate_overhead needs vLLM; new_classes, miniature_accuracy, question_bounds and published_line run the pipeline: by hand.


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=f"which ones (default: all): {', '.join(NAMES)}")
    parser.add_argument("--threads", type=int, help="threads of torch (default: all)")
    parser.add_argument("--json", action="store_true", help="print JSON, one object a benchmark")
    options = parser.parse_args()
    extra = [] if options.threads is None else ["--threads", str(options.threads)]
    found = [_run(name, extra) for name in options.names or NAMES]
    if options.json:
        print(json.dumps(found, indent=1))
    else:
        print(table(("benchmark", "figure", "claimed", "holds"), [_row(result) for result in found]))
        for machine in dict.fromkeys(result["machine"].rpartition(", load")[0] for result in found):
            print(machine)
    sys.exit(0 if all(result["holds"] for result in found) else 1)


def _run(name: str, extra: list[str]) -> dict:
    print(f"{name} …", file=sys.stderr, flush=True)
    script = Path(__file__).with_name(f"{name}.py")
    done = subprocess.run([sys.executable, script, "--json", *extra], stdout=subprocess.PIPE, text=True)
    if done.returncode not in (0, 1) or not done.stdout:
        sys.exit(f"{name} ended with exit code {done.returncode}; run it by itself: python {script}")
    return {"name": name, **json.loads(done.stdout)}


def _row(result: dict) -> tuple[str, str, str, str]:
    claim = Claim(**{name: result[name] for name in ("text", "bound", "at_least", "unit")})
    sign = "≥" if claim.at_least else "≤"
    figure, bound = f"{result['figure']:,.3g}{claim.unit}", f"{sign} {claim.bound:g}{claim.unit}"
    return result["name"], figure, bound, "yes" if result["holds"] else "NO"


if __name__ == "__main__":
    main()
