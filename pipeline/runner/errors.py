"""What goes wrong with workers, rather than with the work."""

from collections.abc import Sequence

from stores.errors import MmptError

_SHOWN = 5


class RunnerError(MmptError):
    """There is nobody to do the work, or nobody who can."""


class WorkerLost(Exception):
    """The process that worked on a unit is gone; nobody knows whether the unit is to blame. Never reaches a user.

    Attributes:
        processes: how many took the unit on and are gone.
    """

    def __init__(self, processes: int = 1) -> None:
        super().__init__(processes)
        self.processes = processes


class Stopped(Exception):
    """The unit that is being worked on is wanted no longer. Never reaches a user."""


class UnitKilled(MmptError):
    """A unit ended every process that took it."""

    def __init__(self, name: str, files: Sequence[str] = (), times: int = 1) -> None:
        """Say which one, what it reads, and what to do."""
        shown = "".join(f"\n  {file}" for file in files[:_SHOWN])
        more = f"\n  and {len(files) - _SHOWN} more" if len(files) > _SHOWN else ""
        reads = f" Its files are:{shown}{more}\n" if files else " "
        super().__init__(
            f"{name}: every process that took this on was killed, {times} in all, the last one with nothing else in hand. "
            f"Most often such work needs more memory than a worker has.{reads}"
            "Everything else of this step is published. Type the same command again with fewer workers or more memory for each, "
            "or without --dask and --processes, where the reason shows."
        )
        self.name, self.files, self.times = name, tuple(files), times

    def __reduce__(self) -> tuple:
        """Travel between processes."""
        return UnitKilled, (self.name, self.files, self.times)
