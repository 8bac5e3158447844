"""Standard output that nobody reads, that is full or closed; folders with odd names; limits of memory: as a process."""

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.media.sockets import LongTemporaryFolder, require_short_temporary_folder
from stores import ArtifactSpec, Store, text_key

ROOT = Path(__file__).resolve().parents[2]
FULL = Path("/dev/full")
Run = Callable[..., tuple[int, str, str]]


def run(command: str, cwd: Path, **more: object) -> subprocess.CompletedProcess[str]:
    """The program within a line of bash, as `mm`; the exit code is the program's, not that of what it is piped into."""
    script = f'mm() {{ "{sys.executable}" -m pipeline.cli.app "$@"; }}; {command}'
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        ["bash", "-c", script], cwd=cwd, env=environment, capture_output=True, text=True, timeout=120, **more
    )  # type: ignore[call-overload,no-any-return]


@pytest.mark.parametrize("command", ["recipes ls --json", "recipes show miniature", "--help", "datasets ls"])
def test_a_reader_that_has_seen_enough_is_no_error(command: str, tmp_path: Path) -> None:
    found = run(f"(sleep 0.1; mm {command}; echo $? >&2) | true", tmp_path)
    assert (found.stderr, found.returncode) == ("0\n", 0)


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("command", ["recipes ls", "recipes ls --json", "--help"])
def test_a_result_that_cannot_be_written_is_told(command: str, tmp_path: Path) -> None:
    found = run(f"mm {command} > /dev/full", tmp_path)
    assert found.returncode == 2
    assert found.stderr.startswith("error: standard output could not be written: No space left on device.")
    assert "Traceback" not in found.stderr and "Exception ignored" not in found.stderr


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full here")
def test_news_that_nobody_can_read_stop_nothing(tmp_path: Path) -> None:
    wanted = run("mm recipes ls --json", tmp_path)
    for lost in ("2> /dev/full", "2>&-"):
        found = run(f"mm recipes ls --json {lost}", tmp_path)
        assert (found.returncode, found.stdout) == (0, wanted.stdout)
    assert run("mm plan no-such-recipe 2> /dev/full", tmp_path).returncode == 2


def test_a_closed_standard_output_is_no_file_of_ours(tmp_path: Path) -> None:
    """A file that is opened first gets the lowest number that is free: its bytes must not be what is printed."""
    found = run(
        "mm recipes new --images . --labels miniature-image --encoder miniature-clip --out r.yaml >&- <&-", tmp_path
    )
    assert (found.returncode, found.stderr) == (0, "")
    assert "Wrote" not in (tmp_path / "r.yaml").read_text() and (tmp_path / "r.yaml").read_text()


def test_a_workspace_s_name_steers_no_terminal(tmp_path: Path, call: Run) -> None:
    place = tmp_path / "w\x1b[2J\x1b]0;title\x07\u202ex"
    with Store(place).artifact(ArtifactSpec(kind="texts", fields={}, backend="blob")).writer() as writer:
        writer.publish([text_key("a")], [b"a"])
    for command in (["store", "ls"], ["store", "verify"], ["store", "gc"], ["status", "miniature"], ["plan", "miniature"],
                    ["store", "show", "f" * 12], ["retry", "miniature"]):  # fmt: skip
        _, out, err = call(*command, "-w", place)
        assert not {"\x1b", "\x07", "\u202e"} & set(out + err), command


def test_a_library_that_finds_no_room_in_memory(tmp_path: Path) -> None:
    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (1_500_000_000, resource.RLIM_INFINITY))

    code = "import sys; sys.argv[1:] = ['plan', 'miniature']\nimport pipeline.stages.plan as plan\n"
    code += "def load(*_):\n    import torch\nplan.plan_run = load\nfrom pipeline.cli.app import main\nmain()"
    found = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)},
                           capture_output=True, text=True, preexec_fn=limited, timeout=120)  # fmt: skip
    assert found.returncode == 2 and found.stderr.count("\n") == 1, found.stderr
    assert found.stderr.startswith("error: a library could not be loaded, because there is no room for it in memory (")
    assert "This process may take 1.5 GB (`ulimit -v`)" in found.stderr


def test_a_temporary_folder_whose_name_is_too_long_for_a_socket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import multiprocessing
    import tempfile

    import pipeline.media.isolation as isolation

    for length, fits in ((75, True), (76, False)):
        folder = "/tmp/" + "x" * (length - 5)
        monkeypatch.setattr(tempfile, "tempdir", folder)
        if fits:
            require_short_temporary_folder()
            assert len(f"{folder}/pymp-12345678/listener-12345678") == 107
        else:
            with pytest.raises(LongTemporaryFolder, match=f"{folder}, has a name of 76 bytes.*export TMPDIR=/tmp"):
                require_short_temporary_folder()
            if "forkserver" in multiprocessing.get_all_start_methods():
                with pytest.raises(LongTemporaryFolder):
                    isolation._context()
