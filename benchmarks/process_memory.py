"""How far a process grows while it does something; for a process of its own, whose memory nothing before has stretched."""

import ctypes
from collections.abc import Callable
from pathlib import Path

M_MMAP_THRESHOLD = -3  # of mallopt(3)


def growth(way: Callable[[], object]) -> int:
    """Bytes by which this process grows at most while it runs a way once.

    Tensors get pages of their own, which go when they go. In glibc's heap they would leave holes, up to a third of the
    whole, and they would use again, unseen, what building the model has left free.
    """
    libc = ctypes.CDLL(None)
    libc.mallopt(M_MMAP_THRESHOLD, 1 << 17)
    libc.malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")  # the peak so far, from building the model, is forgotten
    before = _memory("VmRSS")
    way()
    return _memory("VmHWM") - before


def _memory(which: str) -> int:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(which))
    return 1024 * int(line.split()[1])
