"""What one file may cost: memory of the process that decodes it, and pixels of one frame.

A header of forty bytes can ask for gigabytes. Declared sizes are checked before anything is decoded; what no header
declares is stopped by the kernel, which refuses the worker more memory, so that an allocation fails instead of the machine.
"""

import os
import re
from pathlib import Path

from pipeline.media.errors import MediaError

MOST_PIXELS = 7680 * 4320
"""Largest frame of a video that is decoded: 8K. FFmpeg keeps some twenty of them while it decodes."""
MEMORY_BYTES = 3 << 30
"""What a decoding process may take beyond what it holds when it starts; the largest picture that PIL opens takes 1 GB."""


def require_frame_size(width: int, height: int) -> None:
    """Check the declared size of a video's frames.

    Raises:
        MediaError: they are too large.
    """
    if width * height > MOST_PIXELS:
        raise MediaError(f"too large: frames of {width} x {height} pixels, at most {MOST_PIXELS:,} pixels")


def limit_memory(most_bytes: int) -> None:
    """Let this process take at most so many bytes more; more is a MemoryError. Enforced where there is /proc (Linux)."""
    status = Path("/proc/self/status")
    if not status.exists():
        return
    import resource  # not on Windows

    # Data pages, not address space: an allocator reserves addresses by the gigabyte, per thread, and never touches them.
    found = re.search(r"^VmData:\s+(\d+) kB$", status.read_text(), re.MULTILINE)
    used = int(found[1]) * 1024 if found else 0
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = used + most_bytes
    resource.setrlimit(resource.RLIMIT_DATA, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))


def silence_errors() -> None:
    """Send what C libraries write to standard error (libmpg123: a line for every broken frame) nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
