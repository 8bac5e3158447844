"""Two processes that run one recipe at the same time share the work and end in the bytes of one run alone."""

import shutil
import subprocess
import sys
from pathlib import Path

from small_run import differences, outcome, write_recipe

ROOT = Path(__file__).resolve().parents[2]
RUN = [sys.executable, "-c", "from pipeline.cli.app import main; main()", "run"]


def test_two_runs_started_together_end_in_the_same_bytes(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path)
    alone = subprocess.run([*RUN, str(recipe)], cwd=ROOT, capture_output=True, text=True)
    assert alone.returncode == 0, alone.stderr
    expected = outcome(tmp_path / "workspace")
    shutil.rmtree(tmp_path / "workspace")
    pair = [
        subprocess.Popen([*RUN, str(recipe)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    told = [process.communicate()[1] for process in pair]
    assert [process.returncode for process in pair] == [0, 0], "\n".join(told)
    assert differences(outcome(tmp_path / "workspace"), expected) == []
    assert not list((tmp_path / "workspace" / ".locks").glob("*.lock")), "a lock was left behind"
