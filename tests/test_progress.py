"""Progress in a pipe: plain lines, the end is told once."""

import io

from rich.console import Console

from pipeline.telemetry.progress import Progress


def told(counts: list[int], total: int) -> list[str]:
    out = io.StringIO()
    with Progress(Console(file=out, width=120)).task("encode", total=total, unit="row") as task:
        for count in counts:
            task.advance(count)
            task.line()
    return [line.split("  ")[0] for line in out.getvalue().splitlines()]


def test_the_last_line_is_not_told_twice() -> None:
    assert told([3, 2], 5) == ["encode: 3/5 row", "encode: 5/5 row"]


def test_nothing_to_do_is_told_once() -> None:
    assert told([], 0) == ["encode: 0/0 row"]


def test_slow_work_tells_seconds_a_unit() -> None:
    from pipeline.telemetry.progress import ProgressTask

    class Slow(ProgressTask):
        rate = 0.25  # type: ignore[assignment]

    assert Slow("sentences", 10, "query", None, None).pace == "4.0 s/query"
    assert ProgressTask("sentences", 10, "query", None, None).pace == "0 query/s"  # nothing is done yet
