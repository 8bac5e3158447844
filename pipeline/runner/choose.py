"""From what was typed to a runner; Dask is imported only where it was asked for."""

from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.runner.base import Runner
from pipeline.runner.errors import RunnerError


@contextmanager
def open_runner(processes: int | None, dask: str | None) -> Iterator[Runner | None]:
    """The runner that was asked for; None for this process.

    Args:
        processes: how many processes of this machine.
        dask: `tcp://HOST:PORT`, or `local:N`.

    Raises:
        RunnerError: both were asked for, or there is nobody to do the work.
    """
    if processes is not None and dask is not None:
        raise RunnerError(
            f"--processes {processes} and --dask {dask} were both given. Take one: --processes N for this machine alone, "
            "--dask tcp://HOST:PORT for a cluster"
        )
    if processes is not None:
        from pipeline.runner.processes import LocalProcesses

        with LocalProcesses(processes) as local:
            yield local
    elif dask is not None:
        from pipeline.runner.dask.cluster import DaskCluster

        with DaskCluster(dask) as cluster:
            yield cluster
    else:
        yield None
