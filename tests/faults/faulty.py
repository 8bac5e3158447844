"""What scripts of failing calls share: the numbers that the preloaded library goes by, see kth_fault.c, and what fails."""

import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass
from mmap import mmap
from struct import pack, unpack

ERRNOS = (errno.EIO, errno.ENOSPC, errno.EMFILE, errno.ESTALE, errno.EINTR, errno.EXDEV, errno.ENOTSUP, 0)
"""What the calls end with in turn; 0 stands for half of what was asked for."""
SIZE = 256
_FORMAT = f"4q32s{SIZE - 64}s"


class Failure(Exception):
    """Something did not end as it must."""


@dataclass(frozen=True)
class Fault:
    """What fails.

    Attributes:
        call: its number, from 1; 0 for none.
        number: the system's number of the error; 0 for half a read or write.
        for_good: whether all later calls fail, too.
    """

    call: int = 0
    number: int = 0
    for_good: bool = False

    def __str__(self) -> str:
        """In words."""
        kind = errno.errorcode.get(self.number, "cut short")
        return f"call {self.call}, {kind}{', for good' * self.for_good}"


NONE = Fault()


class Control:
    """The numbers, in a file that all processes share; its name stands in MMPT_KTH_CONTROL."""

    def __init__(self) -> None:
        with open(os.environ["MMPT_KTH_CONTROL"], "r+b") as file:
            self._numbers = mmap(file.fileno(), SIZE)

    def set(self, fault: Fault) -> None:
        """Count from nought on; this call fails."""
        self._numbers[:SIZE] = pack(_FORMAT, 0, fault.call, fault.number, fault.for_good, b"", b"")

    @property
    def calls(self) -> int:
        """How many calls there were."""
        return int(unpack(_FORMAT, self._numbers[:SIZE])[0])

    @property
    def failed(self) -> str:
        """The name and the path of the call that failed last; empty if none did."""
        name, path = unpack(_FORMAT, self._numbers[:SIZE])[4:]
        return f"{name.rstrip(bytes(1)).decode()} {path.split(bytes(1))[0].decode(errors='replace')}".strip()


def faults(calls: int, step: int) -> Iterator[Fault]:
    """Every step-th of so many calls, failing once and for good, with one error after the other."""
    for place, call in enumerate(range(1 + step // 2, calls + 1, step)):
        for for_good in (False, True):
            number = ERRNOS[(place + for_good) % len(ERRNOS)]
            # Python tries an interrupted call again for ever, as it should, and a short one too.
            if not (for_good and number in (errno.EINTR, 0)):
                yield Fault(call, number, for_good)
