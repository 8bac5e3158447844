"""The first thing a newcomer runs: the whole demo, then the demo again, which must find nothing to do."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.tasks.load import load_recipe
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.telemetry.progress import Progress

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from published_line import rivals  # noqa: E402

PROGRAM = Path(sys.executable).parent / "mmpt-pipeline"
KINDS = ("texts", "features", "checkpoints", "evaluations")


def demo(workspace: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PROGRAM, "demo", "-w", workspace, *options],
        capture_output=True, text=True, check=False, env={**os.environ, "NO_COLOR": "1"},
    )  # fmt: skip


def state(workspace: Path) -> dict[str, tuple[int, int]]:
    files = [path for kind in KINDS for path in (workspace / kind).rglob("*") if path.is_file()]
    files.append(next(workspace.glob("runs/*/report.html")))
    return {str(path): (path.stat().st_mtime_ns, path.stat().st_size) for path in files}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_demo_runs_and_then_finds_nothing_to_do(tmp_path: Path) -> None:
    first = demo(tmp_path)
    assert first.returncode == 0, first.stderr
    report = Path(first.stdout.split("Report:")[1].strip().replace("\n", ""))
    assert report.is_file()
    assert "Traceback" not in first.stderr
    assert first.stderr.endswith("Done, no warnings.\n"), "a healthy run has none"
    before = state(tmp_path)

    second = demo(tmp_path, "--json")
    assert second.returncode == 0, second.stderr
    for news in ("nothing to write", "nothing to encode", "nothing to learn"):
        assert news in second.stderr
    assert state(tmp_path) == before
    assert json.loads(second.stdout)["warnings"] == []

    for modality in json.loads(second.stdout)["result"]["modalities"]:
        metrics = {m["name"]: m["metrics"][modality["primary"]] for m in modality["methods"] if m["metrics"]}
        assert modality["rows"] == 192
        assert metrics["TaAM-CPT"] > 3 / 16, "three times what guessing gives"

    # The line that benchmarks/published_line.py draws for three seeds, on the run that is here anyway.
    context = BoundSentences(load_recipe("miniature", tmp_path), "cpu", Progress.silent())
    compared = rivals(context)
    assert {(each.modality, each.published) for each in compared} == {
        (modality, "names + sentences + TaAM-CPT") for modality in ("video", "image", "audio")
    }
    assert len(compared) == 3 * 8 and [each for each in compared if not each.holds] == []
