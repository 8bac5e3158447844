"""Many processes, each with a pipe and a thread of its own.

They share neither a lock nor a queue, so none can keep another waiting: not when it is killed in the middle of handing something
over, and not when everything stands still for an hour because a laptop was closed. Whose task is lost with a process is known for
certain, and the next task finds a new process.
"""

import atexit
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

from pipeline.processes.process import Process, ProcessEnded

T = TypeVar("T")
Task = tuple["Future[Any]", Callable[..., Any], tuple[Any, ...]]


class ProcessPool:
    """So many processes, started when there is something to do, replaced when they end.

    Args:
        count: how many.
        context: how they are started, of `multiprocessing.get_context`.
        prepare: is called once in each with `arguments`, before its first task.
    """

    def __init__(self, count: int, context: Any, prepare: Callable[..., None] | None = None, *arguments: Any):
        self._count, self._context, self._prepare = count, context, (prepare, arguments)
        self._tasks: SimpleQueue[Task | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._processes: set[Process] = set()
        self._changing = threading.Lock()
        self._stopped = False
        atexit.register(self._end)  # a program that forgets to stop it shall not hang

    def schedule(self, function: Callable[..., T], *arguments: Any) -> "Future[T]":
        """Have a process call a function; both it and what it gives must pickle.

        The future raises what the function raises, or `ProcessEnded`.
        """
        future: Future[T] = Future()
        self._tasks.put((future, function, arguments))
        if len(self._threads) < self._count:
            self._threads.append(threading.Thread(target=self._serve, name="process-pool", daemon=True))
            self._threads[-1].start()
        return future

    def stop(self) -> None:
        """End the processes, whatever they are doing; they are gone when this returns. What was not begun is cancelled."""
        self._end()
        for _ in self._threads:
            self._tasks.put(None)
        for thread in self._threads:
            thread.join()
        atexit.unregister(self._end)

    def _end(self) -> None:
        with self._changing:
            self._stopped = True
            for process in self._processes:
                process.kill()

    def _serve(self) -> None:
        process: Process | None = None
        while (task := self._tasks.get()) is not None:
            future = task[0]
            if self._stopped:
                future.cancel()
            elif future.set_running_or_notify_cancel():
                process = self._do(task, process)
        if process is not None:
            self._bury(process)

    def _do(self, task: Task, process: Process | None) -> Process | None:
        """Do one task; which process is there for the next one."""
        future, function, arguments = task
        try:
            if process is None or not process.take(function, arguments):
                process = self._replace(process)
                process.take(function, arguments)
            returned, value = process.answer()
        except ProcessEnded as ended:
            future.set_exception(ended)
            if process is not None:
                self._bury(process)
            return None
        except Exception as error:  # none could be started, or what passes through the pipe does not pickle
            future.set_exception(error)
        else:
            answer = future.set_result if returned else future.set_exception
            answer(value)
        return process

    def _replace(self, process: Process | None) -> Process:
        if process is not None:
            self._bury(process)
        return self._start()

    def _start(self) -> Process:
        with self._changing:
            if self._stopped:
                raise RuntimeError("the pool was stopped")
            process = Process(self._context, *self._prepare)
            self._processes.add(process)
            return process

    def _bury(self, process: Process) -> None:
        with self._changing:
            self._processes.discard(process)
        process.end()
