import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from pipeline.media import ImageSpec
from pipeline.media.isolation import decode_many, decode_media

KINDS = ["a", "segfault", "b", "endless", "c", "bug", "bad", "exit", "memory", "hog", "d"]
REASONS = {
    "segfault": "decoder crashed: SIGSEGV",
    "endless": "timeout: not decoded within 1 s",
    "bug": "decoder failed: ValueError: a bug of the decoder",
    "bad": "truncated",
    "exit": "decoder crashed: exit code 3",
    "memory": "too large: out of memory",
    "hog": "too large: out of memory",
}


def write_files(folder, kinds):
    paths = []
    for index, kind in enumerate(kinds):
        paths.append(str(folder / f"{index}-{kind}"))
        Path(paths[-1]).write_bytes(b"x" * (index + 1))
    return paths


@pytest.mark.parametrize("workers", [1, 2])
def test_every_kind_of_fault_becomes_a_reason_and_the_rest_go_on(tmp_path, bad_decoders, workers):
    paths = write_files(tmp_path, KINDS)
    out = list(decode_many(paths, None, workers=workers, timeout_s=1, decode=bad_decoders.decode))
    assert [decoded.path for decoded in out] == paths
    assert [decoded.reason for decoded in out] == [REASONS.get(kind, "") for kind in KINDS]
    sizes = [None if decoded.array is None else int(decoded.array[0]) for decoded in out]
    assert sizes == [None if kind in REASONS else index + 1 for index, kind in enumerate(KINDS)]


def test_without_workers_exceptions_are_reasons_too(tmp_path, bad_decoders):
    kinds = ["a", "bug", "bad", "memory", "b"]
    out = decode_many(write_files(tmp_path, kinds), None, workers=0, decode=bad_decoders.decode)
    assert [decoded.reason for decoded in out] == [REASONS.get(kind, "") for kind in kinds]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is limited on Linux only")
def test_the_memory_limit_is_the_one_asked_for(tmp_path, bad_decoders):
    (path,) = write_files(tmp_path, ["array"])
    for mib, reason in ((60, ""), (20, "too large: out of memory")):
        (decoded,) = decode_many([path], None, memory_bytes=mib << 20, decode=bad_decoders.forty_mebibytes)
        assert decoded.reason == reason


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is limited on Linux only")
def test_what_cannot_be_packed_is_too_large(tmp_path, bad_decoders):
    (path,) = write_files(tmp_path, ["array"])
    for mib, reason in ((160, ""), (60, "too large: out of memory")):
        (decoded,) = decode_many([path], None, memory_bytes=mib << 20, decode=bad_decoders.unpackable)
        assert decoded.reason == reason


def test_what_libraries_write_to_standard_error_is_not_shown(tmp_path, bad_decoders, capfd):
    (decoded,) = decode_many(write_files(tmp_path, ["a"]), None, decode=bad_decoders.complain)
    assert decoded.reason == "" and capfd.readouterr().err == ""


def test_workers_do_not_import_torch(tmp_path, bad_decoders):
    (decoded,) = decode_many(write_files(tmp_path, ["a"]), None, decode=bad_decoders.loaded_modules)
    assert decoded.array.tolist() == [False] * 4


def test_decoding_runs_ahead_only_so_far(tmp_path, bad_decoders):
    asked = []

    class Paths(list):
        def __iter__(self):
            for path in super().__iter__():
                asked.append(path)
                yield path

    paths = Paths(write_files(tmp_path, ["a"] * 20))
    stream = decode_many(paths, None, workers=1, ahead=4, decode=bad_decoders.decode)
    for taken in range(1, 8):
        next(stream)
        assert len(asked) == taken + 3
    stream.close()


def test_giving_up_does_not_wait_for_a_file_that_never_ends(tmp_path, bad_decoders):
    paths = write_files(tmp_path, ["a", "endless", "endless"])
    stream = decode_many(paths, None, ahead=3, timeout_s=300, decode=bad_decoders.decode)
    next(stream)
    start = time.monotonic()
    stream.close()
    assert time.monotonic() - start < 30


def test_the_same_arrays_in_and_out_of_process(shared):
    paths = sorted(str(path) for path in shared.glob("imagenet-samples/*"))[:6]
    inside, outside = (list(decode_many(paths, ImageSpec(64), workers=workers)) for workers in (0, 2))
    for path, a, b in zip(paths, inside, outside, strict=True):
        np.testing.assert_array_equal(a.array, b.array)
        np.testing.assert_array_equal(a.array, decode_media(path, ImageSpec(64)))


def test_workers_die_with_a_killed_parent(tmp_path):
    """Also in the middle of a file that never ends, when nobody is left to stop them."""
    pid_file = tmp_path / "pid"
    pid_file.write_text("")
    line = f"list(decode_many([{str(pid_file)!r}], None, decode=bad_decoders.pid_then_sleep))"
    with start(tmp_path, line) as parent:
        worker = _wait(lambda: int(pid_file.read_text() or 0))
        parent.send_signal(signal.SIGKILL)
    try:
        _wait(lambda: not _runs(worker))
    finally:
        if _runs(worker):
            os.kill(worker, signal.SIGKILL)


def test_a_parent_that_was_stopped_blames_no_file(tmp_path):
    """Decoders wait to hand over what they have, as long as it takes."""
    files = "map(str, range(99)), 0, workers=3, ahead=16, decode=bad_decoders.large"
    with start(tmp_path, f"print([(found.reason, int(found.array[0])) for found in decode_many({files})])") as parent:
        _wait(lambda: len(psutil.Process(parent.pid).children(recursive=True)) >= 4)  # three, and who starts them
        parent.send_signal(signal.SIGSTOP)
        time.sleep(1.0)
        parent.send_signal(signal.SIGCONT)
        assert parent.communicate(timeout=60)[0] == f"{[('', number) for number in range(99)]}\n"


def test_a_file_is_not_blamed_for_the_time_in_which_everything_stood_still(tmp_path):
    """Ctrl-Z stops the decoders, too, in the middle of their files; the timer runs on."""
    files = "['x'] * 6, 0, workers=2, timeout_s=1.5, decode=bad_decoders.half_a_second"
    with start(tmp_path, f"print([found.reason for found in decode_many({files})])", group=True) as parent:
        _wait(lambda: len(psutil.Process(parent.pid).children(recursive=True)) >= 3)
        for _ in range(2):
            time.sleep(0.3)
            os.killpg(parent.pid, signal.SIGSTOP)
            time.sleep(2.0)
            os.killpg(parent.pid, signal.SIGCONT)
        assert parent.communicate(timeout=60)[0] == f"{[''] * 6}\n"


def start(folder, line, group=False):
    """A process that does a line of Python with `decode_many` and `bad_decoders`."""
    script = folder / "main.py"
    script.write_text(
        "import sys\n"
        f"sys.path[:0] = [{str(Path(__file__).parent)!r}, {str(Path(__file__).parents[2])!r}]\n"
        "import bad_decoders\n"
        "from pipeline.media.isolation import decode_many\n"
        "if __name__ == '__main__':\n"
        f"    {line}\n"
    )
    return subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True, start_new_session=group)


def _runs(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z" and os.path.exists(f"/proc/{pid}")


def _wait(condition, seconds=30.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.05)
    raise AssertionError("it did not happen in time")
