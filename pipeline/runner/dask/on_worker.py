"""What a worker of a cluster does."""

import asyncio
import socket
from collections.abc import Collection

from distributed import Worker, get_worker

from pipeline.runner.base import R, Unit
from pipeline.runner.worker_state import Answer, take_on


def take_on_in_dask(unit: Unit[R], threads: int | None) -> Answer[R]:
    """Do a unit in a worker; it stops at the next row when its client has dropped it."""
    worker = get_worker()
    key = worker.get_current_task()

    def stopped() -> bool:
        task = worker.state.tasks.get(key)
        return task is None or task.state == "cancelled"

    def tell(line: str) -> None:
        worker.log_event(topic(unit), line)

    if unit.talks:
        tell(f"{unit.name} runs on {socket.gethostname()}, in worker {worker.address}")
    return take_on(unit, threads, tell, stopped)


async def no_longer_at(keys: Collection[str], dask_worker: Worker) -> None:
    """What a worker does to tell that it has let go of units."""
    while any(key in dask_worker.state.tasks for key in keys):
        await asyncio.sleep(0.05)


def topic(unit: Unit) -> str:
    """Under which a worker tells what a unit has to say."""
    return f"mmpt-pipeline: {unit.name}"
