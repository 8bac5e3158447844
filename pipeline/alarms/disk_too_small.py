"""A disk that cannot take what a run will write. There is no threshold: whatever does not fit stops the run half way."""

from collections.abc import Iterator

from pipeline.alarms.alarm import Alarm


def disk_too_small(wanted: int, free: int, workspace: str) -> Iterator[Alarm]:
    """An alarm where more bytes are to be written than are free.

    Args:
        wanted: bytes that the run still writes, about.
        free: bytes that are free where it writes them.
        workspace: what people call that place.
    """
    if wanted > free:
        told = (
            f"about {_told(wanted)} are still to be written, and {_told(free)} are free in {workspace}: the run will stop when "
            "the disk is full"
        )
        remedy = (
            "a larger disk: --workspace /elsewhere, or s3://…; or less at once: fewer files, methods or seeds in RECIPE; "
            "mmpt-pipeline store gc deletes what no run needs"
        )
        yield Alarm("disk-too-small", "", (), told, remedy)


def _told(count: int) -> str:
    if count >= 1e12:
        return f"{count / 1e12:,.1f} TB"
    return f"{count / 1e9:,.1f} GB" if count >= 1e9 else f"{count / 1e6:,.1f} MB"
