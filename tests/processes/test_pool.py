import multiprocessing
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import CancelledError
from pathlib import Path

import process_tasks
import psutil
import pytest

from pipeline.processes import ProcessEnded, ProcessPool


@pytest.fixture(params=["spawn", "forkserver"])
def context(request):
    return multiprocessing.get_context(request.param)


@pytest.fixture
def pool(context):
    found = ProcessPool(2, context, process_tasks.prepare, "prepared")
    yield found
    found.stop()


@pytest.fixture
def workers():
    """Tells which processes of this test's pools live."""

    def found():
        return {child.pid for child in psutil.Process().children(recursive=True) if _works(child)}

    others = found()
    return lambda: found() - others


def test_each_process_is_prepared_once_and_does_many_tasks(pool):
    futures = [pool.schedule(process_tasks.prepared_as, number) for number in range(40)]
    found = [future.result() for future in futures]
    assert [each[:2] for each in found] == [["prepared", number] for number in range(40)]
    assert 1 <= len({each[2] for each in found}) <= 2 and os.getpid() not in {each[2] for each in found}


def test_of_a_process_that_ends_only_its_own_task_is_lost(pool):
    tasks = [process_tasks.end if number % 5 == 0 else process_tasks.prepared_as for number in range(20)]
    futures = [pool.schedule(task, number) for number, task in enumerate(tasks)]
    for number, future in enumerate(futures):
        if number % 5:
            assert future.result()[:2] == ["prepared", number]
        else:
            with pytest.raises(ProcessEnded) as ended:
                future.result()
            assert ended.value.exitcode == 3


def test_errors_are_those_of_the_function_and_tell_where_it_failed(pool):
    error = pool.schedule(process_tasks.fail, 7).exception()
    assert type(error) is ValueError and str(error) == "of 7" and "process_tasks.py" in error.__notes__[0]
    with pytest.raises(TypeError, match="second"):
        pool.schedule(process_tasks.fail_badly, 7).result()
    with pytest.raises(Exception, match="[Pp]ickle"):
        pool.schedule(process_tasks.give_what_does_not_pickle, 7).result()
    with pytest.raises(Exception, match="[Pp]ickle"):
        pool.schedule(lambda: 7).result()
    with pytest.raises(ValueError, match="not to be read"):
        pool.schedule(process_tasks.prepared_as, process_tasks.Unreadable()).result()
    assert pool.schedule(process_tasks.prepared_as, 8).result()[1] == 8


@pytest.mark.skipif(
    "forkserver" not in multiprocessing.get_all_start_methods(), reason="decoders are forked on Unix only"
)
def test_an_end_is_noticed_where_a_child_still_holds_the_pipe(tmp_path):
    """A decoder's library may fork."""
    pool = ProcessPool(1, multiprocessing.get_context("forkserver"))
    with pytest.raises(ProcessEnded) as ended:
        pool.schedule(process_tasks.end_leaving_a_child, str(tmp_path / "pid")).result(timeout=30)
    left = psutil.Process(int((tmp_path / "pid").read_text()))
    assert ended.value.exitcode == 4 and left.is_running()
    left.kill()
    pool.stop()


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_who_is_killed_at_work_is_told_by_the_signal_and_who_idles_is_replaced(pool, sent, tmp_path):
    first = pool.schedule(process_tasks.sleep, 0).result()
    os.kill(first, sent)
    _wait(lambda: not _lives(first))
    second = pool.schedule(process_tasks.sleep, 0).result()
    at_work, pids = _two_at_work(pool, tmp_path)
    for pid in pids:
        os.kill(pid, sent)
    assert second != first and [future.exception().exitcode for future in at_work] == [-sent, -sent]
    assert pool.schedule(process_tasks.sleep, 0).result() not in (first, second, *pids)


def test_stopping_ends_what_is_at_work_and_cancels_what_waits(pool, workers, tmp_path):
    at_work, _ = _two_at_work(pool, tmp_path)
    waiting = [pool.schedule(process_tasks.sleep, 60) for _ in range(6)]
    pool.stop()
    assert not workers() and all(isinstance(future.exception(0), ProcessEnded) for future in at_work)
    for future in waiting:
        with pytest.raises(CancelledError):
            future.result(0)
    assert not [thread for thread in pool._threads if thread.is_alive()]


def test_stopping_at_any_moment_leaves_nothing_behind(context, workers):
    """Also while processes are being started."""
    for moment in range(12):
        pool = ProcessPool(3, context)
        for _ in range(9):
            pool.schedule(process_tasks.sleep, 0.05)
        time.sleep(moment * 0.01)
        pool.stop()
        assert not workers()


def test_a_program_that_forgets_its_pool_ends(tmp_path):
    script = tmp_path / "main.py"
    script.write_text(
        f"import sys; sys.path[:0] = [{str(Path(__file__).parent)!r}, {str(Path(__file__).parents[2])!r}]\n"
        "import multiprocessing, process_tasks\n"
        "from pipeline.processes import ProcessPool\n"
        "if __name__ == '__main__':\n"
        "    pool = ProcessPool(1, multiprocessing.get_context('spawn'))\n"
        "    print(pool.schedule(process_tasks.sleep, 0).result() > 0)\n"
        "    pool.schedule(process_tasks.sleep, 600)\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "True\n", "")


def _two_at_work(pool, folder):
    files = [folder / "0", folder / "1"]
    futures = [pool.schedule(process_tasks.say_and_sleep, str(file)) for file in files]
    return futures, [_wait(lambda file=file: file.exists() and int(file.read_text() or 0)) for file in files]


def _wait(condition):
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")


def _lives(pid):
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def _works(child):
    try:
        if child.status() == psutil.STATUS_ZOMBIE:
            return False
        line = " ".join(child.cmdline())
        return "spawn_main" in line or ("forkserver" in line and child.ppid() != os.getpid())
    except psutil.NoSuchProcess:
        return False
