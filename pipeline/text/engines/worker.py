"""A program beside this process that answers requests through pipes, and ends when this process does, however it ends."""

import json
import os
import subprocess
import tempfile
import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as WaitedTooLong
from itertools import count
from typing import Any

from pipeline.text.engines.base import Answer, Request
from pipeline.text.errors import EngineError

__all__ = ["Worker", "end_all"]

_TIME_TO_END_S = 15.0
_LINES_SHOWN = 4


class Worker:
    """One such program, in a session of its own."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], settings: Mapping[str, Any]):
        """Start the program.

        Args:
            command: It gets two more arguments: the descriptors to write results to, and of the pipe of life.
            environment: Of the program.
            settings: The first line that it reads.
        """
        results, results_end = os.pipe()
        life_end, self._life = os.pipe()
        self._log = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            [*command, str(results_end), str(life_end)],
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=self._log,
            env=dict(environment),
            pass_fds=(results_end, life_end),
            start_new_session=True,
        )
        for descriptor in (results_end, life_end):
            os.close(descriptor)
        self._lock = threading.Lock()
        self._waiting: dict[int, Future[Answer]] = {}
        self._numbers = count()
        self._ready: Future[None] = Future()
        self._dead: EngineError | None = None
        self._reader = threading.Thread(target=self._read, args=(results,), name="worker-reader", daemon=True)
        self._reader.start()
        self._send(settings)

    @property
    def pending(self) -> int:
        """Requests without an answer yet."""
        return len(self._waiting)

    def wait_until_ready(self, timeout_s: float) -> None:
        """Wait for the program to be ready for requests.

        Raises:
            EngineError: It reported a fault, ended, or took longer.
        """
        try:
            self._ready.result(timeout_s)
        except WaitedTooLong:
            raise EngineError(f"it was not ready after {timeout_s:g} s (generate.vllm.start_timeout_s).") from None

    def ask(self, request: Request) -> Future[Answer]:
        """Send a request."""
        answer: Future[Answer] = Future()
        with self._lock:
            if self._dead is not None:
                answer.set_exception(self._dead)
                return answer
            number = next(self._numbers)
            self._waiting[number] = answer
        self._send({"id": number, "prompt": request.prompt, "seed": request.seed})
        return answer

    def ask_to_end(self) -> None:
        """Close its input; it then ends by itself."""
        try:
            if self._process.stdin is not None:
                self._process.stdin.close()
        except BrokenPipeError:
            pass

    def end(self) -> None:
        """Wait for the program a little, then kill it and everything it started."""
        try:
            self._process.wait(_TIME_TO_END_S if self._ready.done() and self._dead is None else 0.1)
        except subprocess.TimeoutExpired:
            pass
        os.close(self._life)
        self._process.wait()
        self._reader.join()
        self._log.close()

    def _send(self, message: Mapping[str, Any]) -> None:
        stdin = self._process.stdin
        assert stdin is not None
        try:
            stdin.write(json.dumps(message).encode() + b"\n")
            stdin.flush()
        except (BrokenPipeError, ValueError):
            pass  # it has ended; the reader knows why and tells every request

    def _read(self, results: int) -> None:
        told = ""
        with os.fdopen(results, encoding="utf-8") as lines:
            for line in lines:
                if not line.endswith("\n"):
                    break  # it was killed in the middle of an answer
                message = json.loads(line)
                if "error" in message:
                    told = " ".join(message["error"].split()).rstrip(".") + "."
                elif "ready" in message:
                    self._ready.set_result(None)
                else:
                    answer = self._waiting.pop(message.pop("id"))
                    if answer.set_running_or_notify_cancel():
                        answer.set_result(Answer(**message))
        self._bury(told)

    def _bury(self, told: str) -> None:
        code = self._process.wait()
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        death = EngineError(
            told
            if told and not self._ready.done()
            else f"vLLM's process ended ({told or how}){self._last_words()} What "
            "was published is safe: run the same command again. If it ran out of memory, lower "
            "generate.vllm.gpu_memory_utilization, max_num_seqs or max_model_len."
        )
        with self._lock:
            self._dead = death
            waiting = list(self._waiting.values())
        for future in waiting:
            if future.set_running_or_notify_cancel():
                future.set_exception(death)
        if not self._ready.done():
            self._ready.set_exception(death)

    def _last_words(self) -> str:
        self._log.seek(0)
        lines = [line.strip() for line in self._log.read().decode(errors="replace").splitlines() if line.strip()]
        return f"; its last words: {' | '.join(lines[-_LINES_SHOWN:])}." if lines else "."


def end_all(workers: Iterable[Worker]) -> None:
    """End programs side by side."""
    workers = list(workers)
    for worker in workers:
        worker.ask_to_end()
    for worker in workers:
        worker.end()
