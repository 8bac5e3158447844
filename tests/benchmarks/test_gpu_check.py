"""The check of a CUDA machine runs whole on the CPU at small sizes, so that it is sound on the day that a GPU is lent."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "benchmarks/gpu_check.py"


def test_every_check_runs_at_small_sizes(tmp_path):
    out = tmp_path / "gpu.json"
    done = subprocess.run([sys.executable, SCRIPT, "--small", "--out", out], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    checks = json.loads(out.read_text())["checks"]
    assert {name: check["state"] for name, check in checks.items()} == dict.fromkeys(checks, "done")
    assert checks["resumption"]["bit_for_bit"] is True
    assert checks["resumption"]["epochs_before_the_stop"] == 2
    for dtype, bound in (("bfloat16", 0.05), ("float16", 0.01)):
        for tower in ("image", "text"):
            assert 0 < checks["rounding"]["ViT-S-32-alt"][f"{tower} {dtype}"] < bound


def test_a_check_that_fails_is_red_and_the_others_go_on(tmp_path):
    broken = (
        "import sys, gpu.ceilings, gpu_check\n"
        "def fail(sizes): raise ValueError('planted')\n"
        "gpu.ceilings.measure = fail\n"
        "sys.argv = ['gpu_check.py', 'ceilings', 'resumption', '--small', '--out', sys.argv[1]]\n"
        "gpu_check.main()\n"
    )
    out = tmp_path / "gpu.json"
    done = subprocess.run([sys.executable, "-c", broken, out], cwd=SCRIPT.parent, capture_output=True, text=True)
    assert done.returncode == 1
    checks = json.loads(out.read_text())["checks"]
    assert checks["ceilings"]["state"] == "failed" and "planted" in checks["ceilings"]["why"]
    assert checks["resumption"]["state"] == "done"


def test_the_figures_kept_are_of_a_real_card():
    found = json.loads((ROOT / "benchmarks/gpu.json").read_text())
    assert "NVIDIA" in found["machine"]["card"]
    assert all(check["state"] in ("done", "skipped") for check in found["checks"].values())
