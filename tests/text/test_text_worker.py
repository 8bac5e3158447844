"""The process beside ours that answers: it ends when we do, however that happens, and all that it started with it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.text.engines import Answer, QueueingEngine, Request
from pipeline.text.engines.ahead import answer_batches
from pipeline.text.engines.vllm_process import VllmEngine
from pipeline.text.engines.worker import Worker, end_all
from pipeline.text.errors import EngineError
from stores.journal import Journal

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def start(how: str = "answer") -> Worker:
    command = [sys.executable, str(HERE / "answering_program.py"), how]
    return Worker(command, os.environ | {"PYTHONPATH": str(ROOT)}, {"greeting": "hello"})


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def gone(*pids: int) -> bool:
    deadline = time.monotonic() + 20
    while any(map(alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not any(map(alive, pids))


def child_of(answer: Answer) -> int:
    return int(answer.text.split()[-1])


def test_requests_are_answered_and_closing_ends_all_processes() -> None:
    worker = start()
    worker.wait_until_ready(60)
    engine = VllmEngine([worker])
    assert isinstance(engine, QueueingEngine)
    answers = engine.generate([Request("a", 1), Request("b", 2)])
    assert [answer.text.rsplit(" ", 1)[0] for answer in answers] == ["hello a 1", "hello b 2"]
    assert engine.generate([]) == []
    child = child_of(answers[0])
    assert alive(child)
    engine.close()
    engine.close()
    assert gone(child, worker._process.pid)
    with pytest.raises(EngineError, match=r"vLLM's process ended \(exit code 0\)"):
        engine.generate([Request("a", 1)])


def test_a_dropped_engine_ends_its_processes() -> None:
    worker = start()
    engine = VllmEngine([worker])
    child = child_of(engine.generate([Request("a", 1)])[0])
    del engine
    assert gone(child, worker._process.pid)


def test_requests_are_shared_between_workers() -> None:
    engine = VllmEngine([start(), start()])
    answers = engine.generate([Request("a", number) for number in range(20)])
    assert [answer.text.split()[2] for answer in answers] == [str(number) for number in range(20)]
    assert len({child_of(answer) for answer in answers}) == 2
    engine.close()
    assert gone(*(child_of(answer) for answer in answers))


def test_a_worker_that_dies_is_told_with_its_last_words() -> None:
    engine = VllmEngine([start()])
    child = child_of(engine.generate([Request("a", 1)])[0])
    (waiting,) = engine.submit([Request("wait", 1)])
    with pytest.raises(EngineError) as caught:
        engine.generate([Request("die", 1)])
    told = (
        "vLLM's process ended (signal 9); its last words: these are words | the last words. What was published is safe: run "
        "the same command again. If it ran out of memory, lower generate.vllm.gpu_memory_utilization, max_num_seqs or "
        "max_model_len."
    )
    assert str(caught.value) == told
    with pytest.raises(EngineError):
        waiting.result(5)
    with pytest.raises(EngineError):
        engine.generate([Request("a", 1)])
    assert gone(child)
    engine.close()


def test_a_worker_that_dies_in_the_middle_of_an_answer_is_told() -> None:
    engine = VllmEngine([start()])
    (answer,) = engine.submit([Request("cut", 1)])
    with pytest.raises(EngineError, match=r"vLLM's process ended \(signal 9\)"):
        answer.result(20)
    engine.close()


def test_a_fault_at_the_start_is_told() -> None:
    worker = start("fail")
    with pytest.raises(EngineError, match="^ValueError: no such model.$"):
        worker.wait_until_ready(60)
    end_all([worker])
    slow = start("slow")
    with pytest.raises(EngineError, match=r"^it was not ready after 0.2 s \(generate.vllm.start_timeout_s\).$"):
        slow.wait_until_ready(0.2)
    end_all([slow])
    assert gone(worker._process.pid, slow._process.pid)


PARENT = """
import sys, time
sys.path[:0] = [{here!r}, {root!r}]
from pipeline.text.engines import Request
from test_text_worker import VllmEngine, start
engine = VllmEngine([start()])
print(engine.generate([Request("a", 1)])[0].text, engine._workers[0]._process.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_killed_parent_leaves_nothing_behind(how: signal.Signals) -> None:
    script = PARENT.format(here=str(HERE), root=str(ROOT))
    parent = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert parent.stdout is not None
    child, worker = map(int, parent.stdout.readline().split()[-2:])
    assert alive(child) and alive(worker)
    parent.send_signal(how)
    parent.wait(20)
    parent.stdout.close()
    assert gone(child, worker)


def test_two_batches_at_most_are_handed_over(tmp_path: Path) -> None:
    engine = VllmEngine([start()])
    handed: list[int] = []
    heard: list[int] = []

    def batches():
        for number in range(4):
            handed.append(number)
            yield [Request("a", 10 * number), Request("b", 10 * number + 1)]

    for number, answers in enumerate(answer_batches(engine, batches(), Journal(tmp_path), heard.append)):
        assert [int(answer.text.split()[2]) for answer in answers] == [10 * number, 10 * number + 1]
        assert handed[-1] == min(number + 1, 3)
        assert sum(heard) == 2 * (number + 1)
    engine.close()
