"""What a GPU does with the pipeline: rates beside their ceilings, memory against the count, exactness. Under seven minutes.

    make gpu-check                                    on a CUDA machine; writes benchmarks/gpu.json
    python benchmarks/gpu_check.py --small            on any machine: the code is tried, its figures mean nothing

A check whose package is absent is skipped and named. So is one that fails: the others go on, and the exit code is 1.
"""

import argparse
import json
import os
import platform
import sys
import time
import traceback
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from gpu.sizes import FULL, SMALL, Sizes

CHECKS = {
    "ceilings": ("gpu.ceilings", "measure"),
    "taam_cpt_epoch": ("gpu.taam_epoch", "measure"),
    "resumption": ("gpu.taam_epoch", "resume"),
    "prompt_step": ("gpu.prompt_step", "measure"),
    "rounding": ("gpu.rounding", "measure"),
    "text_features": ("gpu.text_features", "measure"),
    "images_from_device": ("gpu.image_features", "from_device"),
    "images_from_store": ("gpu.image_features", "from_store"),
    "images_from_files": ("gpu.image_features", "from_files"),
}
PACKAGES = ("torch", "open_clip_torch", "torchvision", "transformers", "numpy", "pillow", "vllm", "laion-clap", "av")


def main() -> None:
    """Run the checks, print them, write them; exit code 1 if one failed, 2 without the machine."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help=f"which checks (default: all): {', '.join(CHECKS)}")
    parser.add_argument("--small", action="store_true", help="small sizes on the CPU")
    parser.add_argument("--out", type=Path, help="where the JSON is written")
    options = parser.parse_args()
    if unknown := sorted(set(options.names) - set(CHECKS)):
        parser.error(f"there is no check {', '.join(unknown)}; there are {', '.join(CHECKS)}")
    sizes = SMALL if options.small else FULL
    found = {"machine": _machine(sizes), "checks": {}}
    for name in options.names or CHECKS:
        found["checks"][name] = _run(name, sizes)
        print(f"{name}: {json.dumps(_rounded(found['checks'][name]))}", flush=True)
        if options.out:  # after every check: a machine may be taken away
            options.out.write_text(json.dumps(_rounded(found), indent=1) + "\n")
    states = {name: check["state"] for name, check in found["checks"].items()}
    print(f"{found['machine']['card']}: " + ", ".join(f"{name} {state}" for name, state in states.items()))
    sys.exit(1 if "failed" in states.values() else 0)


def _run(name: str, sizes: Sizes) -> dict:
    module, function = CHECKS[name]
    start = time.perf_counter()
    try:
        check: Callable[[Sizes], dict] = getattr(import_module(module), function)
        return {"state": "done", **check(sizes), "seconds": time.perf_counter() - start}
    except ImportError as error:
        return {"state": "skipped", "why": f"{error.name or error} is not installed here"}
    except Exception as error:  # the other checks go on; nothing that failed ends green
        traceback.print_exc()
        return {"state": "failed", "why": f"{type(error).__name__}: {error}", "seconds": time.perf_counter() - start}


def _machine(sizes: Sizes) -> dict:
    try:
        import torch
    except ImportError:
        sys.exit("gpu-check: torch is not installed here. Try: make setup")
    if sizes.device == "cuda" and not torch.cuda.is_available():
        print("gpu-check: torch sees no CUDA device here. To try the code on the CPU: --small", file=sys.stderr)
        sys.exit(2)
    card = torch.cuda.get_device_name() if sizes.device == "cuda" else "CPU, small sizes: these figures mean nothing"
    versions, absent = {}, []
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            absent.append(package)
    return {
        "card": card,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "versions": versions,
        "absent": absent,
    }


def _rounded(value: object) -> object:
    """Four digits: the rest is noise."""
    if isinstance(value, dict):
        return {name: _rounded(each) for name, each in value.items()}
    return float(f"{value:.4g}") if isinstance(value, float) else value


if __name__ == "__main__":
    main()
