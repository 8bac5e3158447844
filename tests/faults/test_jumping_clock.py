"""A wall clock that jumps by a day, forth and back: the same bytes, no file refused, no lock taken from its holder."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from small_run import differences, outcome, write_recipe

from stores import ArtifactSpec, Store

ROOT = Path(__file__).resolve().parents[2]
RUN = [sys.executable, "-c", "from pipeline.cli.app import main; main()", "run"]


@pytest.fixture(scope="module")
def jumping(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which every program's wall clock jumps."""
    compiler = shutil.which("cc")
    if sys.platform != "linux" or compiler is None:
        pytest.skip("the clock of a program is changed by a small library, which needs Linux and a C compiler")
    library = tmp_path_factory.mktemp("clock") / "jumping_clock.so"
    source = Path(__file__).with_name("jumping_clock.c")
    subprocess.run([compiler, "-O", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    env = os.environ | {"LD_PRELOAD": str(library)}
    told = subprocess.run(
        [sys.executable, "-c", "import time; print(len({round(time.time() / 86400) for _ in range(60)}))"],
        env=env, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert told.stdout == "3\n", "the clock does not jump"
    return env


@pytest.mark.faults  # half a minute: two runs
def test_a_run_ends_in_the_same_bytes(tmp_path: Path, jumping: dict[str, str]) -> None:
    recipe, workspace = write_recipe(tmp_path), tmp_path / "workspace"
    found = []
    for environment in (dict(os.environ), jumping):
        shutil.rmtree(workspace, ignore_errors=True)
        done = subprocess.run([*RUN, str(recipe)], cwd=ROOT, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        found.append(outcome(workspace))
    assert differences(found[1], found[0]) == []


_HOLD = """
import sys, time
from stores import ArtifactSpec, Store
with Store(sys.argv[1]).artifact(ArtifactSpec(kind="things", fields={}, backend="blob")).writer() as writer:
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
    writer.publish(["0" * 32], [b"of the first"])
    print("published", time.monotonic(), flush=True)
"""
_WAIT = """
import sys, time
from stores import ArtifactSpec, Store
artifact = Store(sys.argv[1]).artifact(ArtifactSpec(kind="things", fields={}, backend="blob"))
with artifact.writer(poll_s=0.05):
    print(time.monotonic(), artifact.keys(), flush=True)
"""


@pytest.mark.parametrize("where", ["folder", "s3"])
def test_a_lock_stays_with_its_holder(
    tmp_path: Path, jumping: dict[str, str], where: str, request: pytest.FixtureRequest, start_in: Callable
) -> None:
    workspace = request.getfixturevalue("s3") if where == "s3" else str(tmp_path / "workspace")
    env = jumping | {name: value for name, value in os.environ.items() if name.startswith(("AWS_", "MMPT_"))}
    env |= {"MMPT_LEASE_S": "2"}
    holder = start_in(env, _HOLD, workspace, 6)  # three leases long
    assert holder.stdout.readline() == "held\n"
    waiter = start_in(env, _WAIT, workspace)
    published, moment = holder.stdout.readline().split()
    taken, keys = waiter.stdout.readline().split(maxsplit=1)
    assert published == "published" and float(taken) > float(moment) and keys == f"['{'0' * 32}']\n"
    assert holder.wait(30) == waiter.wait(30) == 0
    artifact = Store(workspace).artifact(ArtifactSpec(kind="things", fields={}, backend="blob"))
    assert artifact.blob("0" * 32) == b"of the first" and artifact.verify() == []


def test_a_decoder_is_given_its_time(tmp_path: Path, jumping: dict[str, str]) -> None:
    """A file takes a third of a second of the two that it may, and the clock is a day ahead every few readings."""
    script = (
        "from slow_decoder import decode\nfrom pipeline.media.isolation import decode_many\n"
        "files, how = [str(i) for i in range(12)], {'workers': 2, 'timeout_s': 2, 'decode': decode}\n"
        "print({found.reason for found in decode_many(files, 0.3, **how)})\n"
        "print([found.reason for found in decode_many(files[:1], 60, **how)])\n"
    )
    (tmp_path / "slow_decoder.py").write_text(
        "import time\nimport numpy as np\n\ndef decode(path, seconds):\n    time.sleep(seconds)\n    return np.zeros(1)\n"
    )
    began = time.monotonic()
    env = jumping | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.stdout == "{''}\n['timeout: not decoded within 2 s']\n", done.stdout + done.stderr
    assert time.monotonic() - began < 60
