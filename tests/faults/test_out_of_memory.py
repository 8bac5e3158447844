"""Too little memory: whoever wants most is killed; what that is called, that all else is published, that more memory mends it."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from clusters import cluster
from memory_group import memory_group
from PIL import Image
from toy_work import SPEC, ToyWork, publish

from pipeline.datasets.rows import MediaRow
from pipeline.media import ImageSpec
from pipeline.runner.dask.cluster import DaskCluster
from pipeline.runner.errors import UnitKilled
from pipeline.sources.cache import cache_source
from pipeline.telemetry.progress import Progress
from stores import Store, file_key, text_key

ROOT = Path(__file__).resolve().parents[2]
ROWS = range(24)
OTHERS = [text_key(str(row)) for row in ROWS if row not in range(8, 12)]


def check_told(text: str) -> None:
    assert text.startswith("cache toy, shard 3 (4 rows): every process that took this on was killed, "), text
    assert (
        "Most often such work needs more memory than a worker has. Its files are:\n  file-8.png\n  file-9.png\n" in text
    )
    assert (
        "Everything else of this step is published. Type the same command again with fewer workers or more memory"
        in text
    )


def run_in(group: Path, script: str, *arguments: object) -> "subprocess.CompletedProcess[str]":
    """Run a script that has joined a group, with all that it starts."""
    join = f"import os\nopen({str(group)!r}, 'w').write(str(os.getpid()))\n"
    env = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, [ROOT, ROOT / "tests/runner"]))}
    command = [sys.executable, "-c", join + script, *map(str, arguments)]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=250)


@pytest.mark.faults  # half a minute: eight workers are killed
def test_a_worker_of_a_cluster_with_a_limit(tmp_path: Path) -> None:
    with cluster(tmp_path, 2, "--memory-limit", "900MB") as dask, DaskCluster(dask.address) as runner:
        with pytest.raises(UnitKilled) as error:
            publish(tmp_path / "w", ToyWork(hungry=9), ROWS, runner)
    check_told(str(error.value))
    artifact = Store(tmp_path / "w").artifact(SPEC)
    assert artifact.keys() == OTHERS and artifact.verify() == []
    with cluster(tmp_path, 2, "--memory-limit", "0") as dask, DaskCluster(dask.address) as runner:
        publish(tmp_path / "w", ToyWork(hungry=9), ROWS, runner)
    assert artifact.keys() == [*OTHERS, *(text_key(str(row)) for row in range(8, 12))] and artifact.verify() == []


_PROCESSES = """
import sys
from pathlib import Path
from toy_work import ToyWork, publish
from pipeline.runner.errors import UnitKilled
from pipeline.runner.processes import LocalProcesses
if __name__ == "__main__":
    with LocalProcesses(2) as runner:
        try:
            publish(Path(sys.argv[1]), ToyWork(hungry=9), range(24), runner)
        except UnitKilled as error:
            print(error)
"""


@pytest.mark.faults
def test_a_process_of_this_machine(tmp_path: Path) -> None:
    with memory_group(1800 << 20) as group:
        done = run_in(group, _PROCESSES, tmp_path / "w")
    assert done.returncode == 0, done.stderr
    check_told(done.stdout)
    artifact = Store(tmp_path / "w").artifact(SPEC)
    assert artifact.keys() == OTHERS and artifact.verify() == []
    publish(tmp_path / "w", ToyWork(hungry=9), ROWS)
    assert artifact.keys() == [*OTHERS, *(text_key(str(row)) for row in range(8, 12))] and artifact.verify() == []


_DECODERS = """
import sys
from pathlib import Path
from pipeline.datasets.rows import MediaRow
from pipeline.media import ImageSpec
from pipeline.telemetry.progress import Progress
from pipeline.sources.cache import cache_source
from stores import Store, file_key
if __name__ == "__main__":
    rows = [MediaRow(file_key(path), str(path), ()) for path in sorted(Path(sys.argv[2]).glob("*.png"))]
    cache_source(Store(sys.argv[1]), ImageSpec(24), rows, progress=Progress.silent(), workers=1)
"""


def test_a_decoder(tmp_path: Path) -> None:
    for number in range(5):
        Image.fromarray(np.random.default_rng(number).integers(0, 256, (30, 40, 3), np.uint8)).save(
            tmp_path / f"{number}.png"
        )
    Image.new("RGB", (13_000, 13_000), "red").save(tmp_path / "2-large.png")  # 500 MB
    rows = [MediaRow(file_key(path), str(path), ()) for path in sorted(tmp_path.glob("*.png"))]
    with memory_group(500 << 20) as group:
        done = run_in(group, _DECODERS, tmp_path / "w", tmp_path)
    assert done.returncode == 0, done.stderr
    made = cache_source(Store(tmp_path / "whole"), ImageSpec(24), rows, progress=Progress.silent(), workers=1)
    assert (made.made, made.rejected) == (6, 0)
    (artifact,), (whole,) = (Store(tmp_path / name).artifacts() for name in ("w", "whole"))
    (refused,) = artifact.rejected()
    assert refused.reason == "decoder crashed" and refused.detail["path"].endswith("2-large.png")
    assert "SIGKILL (out of memory, most often)" in str(refused.detail) and len(artifact.keys()) == 5
    again = cache_source(
        Store(tmp_path / "w"), ImageSpec(24), rows, progress=Progress.silent(), workers=1, retry_rejected=True
    )
    assert (again.made, again.rejected) == (1, 0)
    keys = [row.key for row in rows]
    found, expected = artifact.arrays(keys), whole.arrays(keys)
    assert found.keys() == expected.keys() and all(np.array_equal(found[name], expected[name]) for name in found)
