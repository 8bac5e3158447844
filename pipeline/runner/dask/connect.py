"""Finding a scheduler, or starting one with workers on this machine, on loopback only."""

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from distributed import Client, LocalCluster

from pipeline.runner.errors import RunnerError

_SECONDS_TO_CONNECT = 10
_SECONDS_TO_CLOSE = 2
_LOOPBACK = "127.0.0.1:0"


def local_count(where: str) -> int | None:
    """N of `local:N`; None for an address.

    Raises:
        RunnerError: it is neither.
    """
    kind, _, count = where.partition(":")
    if kind == "local" and count.isdigit() and int(count) > 0:
        return int(count)
    if "://" not in where:
        raise RunnerError(
            f"--dask {where!r} is no scheduler's address. Type tcp://HOST:PORT, as `dask scheduler` prints it, or local:N for N "
            "worker processes of this machine."
        )
    return None


@contextmanager
def connect(where: str, local: int | None) -> Iterator[Client]:
    """Connect to the scheduler at an address, or to one of `local` workers that is started for the block.

    Raises:
        RunnerError: nobody answers there.
    """
    with ExitStack() as opened:
        try:
            address: Any = where
            if local is not None:
                address = opened.enter_context(
                    LocalCluster(
                        n_workers=local,
                        threads_per_worker=1,
                        host="127.0.0.1",
                        dashboard_address=_LOOPBACK,
                        worker_dashboard_address=_LOOPBACK,  # without one, a worker's page listens on every interface
                        silence_logs=logging.CRITICAL,
                    )
                )
            client = _Client(address, timeout=_SECONDS_TO_CONNECT, set_as_default=False)
        except (OSError, ValueError) as error:
            raise RunnerError(
                f"no Dask scheduler answers at {where} ({str(error).splitlines()[0]}). Start one with: dask scheduler"
            ) from error
        opened.callback(client.close, timeout=_SECONDS_TO_CLOSE)
        yield client


class _Client(Client):
    """A client that is closed where it cannot connect.

    Dask leaves one that was given an unknown kind of address half open, and closes it when it is collected as garbage. That takes
    a lock which the same thread may hold already, since it may be opening another client just then: it would wait for ever.
    """

    def start(self, **kwargs: Any) -> None:
        """Connect, as part of being made."""
        try:
            super().start(**kwargs)
        except BaseException:
            with suppress(TimeoutError):
                self.close(timeout=_SECONDS_TO_CLOSE)
            raise


def silence_logs() -> None:
    """What Dask logs when a worker or the scheduler goes is hundreds of lines; what matters of it is told by our errors.

    For good: some of it comes from threads that are still ending when the cluster has been left.
    """
    for name in ("asyncio", "tornado", *logging.root.manager.loggerDict):
        if name.startswith(("distributed", "tornado", "asyncio")):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
