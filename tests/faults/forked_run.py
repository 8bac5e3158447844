"""`mmpt-pipeline run` in a forked child: importing torch would be most of the time of two hundred starts.

The parent imports everything once and runs nothing itself, so a child finds no threads and no locks of others.
"""

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

Hook = Callable[[str, tuple], None]
_CHANGES = {"os.rename", "os.remove", "os.mkdir"}


def import_everything() -> None:
    """What a run imports; also so that a file edited while this runs changes no run."""
    import av  # noqa: F401
    import matplotlib.figure  # noqa: F401
    import sklearn.manifold  # noqa: F401
    import soundfile  # noqa: F401
    import torch

    import pipeline.cli.app  # noqa: F401
    import pipeline.encoders.clap  # noqa: F401
    import pipeline.encoders.clip  # noqa: F401
    import pipeline.encoders.stepped.load  # noqa: F401
    import pipeline.encoders.stepped.swin_weights  # noqa: F401
    import pipeline.encoders.viclip.load  # noqa: F401
    import pipeline.methods.taam_cpt.training  # noqa: F401
    import pipeline.miniature.world  # noqa: F401
    import pipeline.report.av_events.page  # noqa: F401
    import pipeline.report.av_masks.page  # noqa: F401
    import pipeline.report.av_questions.page  # noqa: F401
    import pipeline.report.few_shot.page  # noqa: F401
    import pipeline.report.page  # noqa: F401
    import pipeline.stages.whole  # noqa: F401
    import pipeline.tasks.av_events.judge  # noqa: F401
    import pipeline.tasks.av_masks.judge  # noqa: F401
    import pipeline.tasks.av_masks.learn  # noqa: F401
    import pipeline.tasks.av_questions.judge  # noqa: F401
    import pipeline.tasks.few_shot.judge  # noqa: F401
    import pipeline.tasks.few_shot.learn  # noqa: F401
    import pipeline.tasks.few_shot.looks  # noqa: F401
    import pipeline.tasks.sentences.learn  # noqa: F401
    import stores.hdf5  # noqa: F401
    import stores.parquet  # noqa: F401

    torch.set_num_threads(1)


def start_run(recipe: Path, log: Path, hook: Hook | None = None, at_end: Callable[[], object] = lambda: None) -> int:
    """Fork a child that leads a group of its own and runs a recipe; returns its process id.

    Args:
        recipe: what it runs.
        log: takes its output.
        hook: an audit hook of the child.
        at_end: called in the child when the run is over.
    """
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    try:
        return start_program(["run", str(recipe)], output, lambda: hook and sys.addaudithook(hook), at_end)
    finally:
        os.close(output)


def start_program(
    arguments: Sequence[str],
    output: int,
    prepare: Callable[[], object] = lambda: None,
    at_end: Callable[[], object] = lambda: None,
) -> int:
    """Fork a child that leads a group of its own and does a command; returns its process id.

    Args:
        arguments: of `mmpt-pipeline`.
        output: descriptor that takes what it prints.
        prepare: called in the child before.
        at_end: called in the child when the command is over.
    """
    child = os.fork()
    if child:
        os.setpgid(child, child)  # here and there: whoever comes first, the group is there before a kill
        return child
    code = 70
    try:
        os.setpgid(0, 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        prepare()
        code = _run_program(arguments)
        at_end()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def wait(child: int, timeout_s: float) -> int | None:
    """The child's status, or None if it still runs after the time."""
    deadline = time.monotonic() + timeout_s
    while True:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return status
        if time.monotonic() >= deadline:
            return None
        time.sleep(min(0.005, max(deadline - time.monotonic(), 0)))


def survivors(group: int, timeout_s: float) -> list[str]:
    """Command lines of the processes of a group that have not ended by themselves after the time."""
    deadline = time.monotonic() + timeout_s
    while (members := _members(group)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return members


def count_changes(seen: list[int], workspace: Path) -> Hook:
    """An audit hook that counts changes of files of a workspace in `seen[0]`."""
    inside = str(workspace)

    def hook(event: str, arguments: tuple) -> None:
        seen[0] += _is_change(event, arguments, inside)

    return hook


def die_before_change(number: int, whole_group: bool, workspace: Path) -> Hook:
    """An audit hook that kills its process, or the group that it leads, before the change of this number (from 1)."""
    left, inside = [number], str(workspace)

    def hook(event: str, arguments: tuple) -> None:
        if _is_change(event, arguments, inside):
            left[0] -= 1
            if left[0] == 0:
                kill(os.getpid(), whole_group)

    return hook


def kill(process: int, whole_group: bool) -> None:
    """SIGKILL a process, or the group that it leads."""
    (os.killpg if whole_group else os.kill)(process, signal.SIGKILL)


def _run_program(arguments: Sequence[str]) -> int:
    from pipeline.cli.app import main

    sys.argv = ["mmpt-pipeline", *arguments]
    try:
        main()
        return 0
    except SystemExit as exit_:
        return int(exit_.code or 0)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def _is_change(event: str, arguments: tuple, workspace: str) -> bool:
    if event == "open":
        path, _, flags = arguments
        return isinstance(path, str) and path.startswith(workspace) and bool(flags & (os.O_WRONLY | os.O_RDWR))
    return event in _CHANGES and str(arguments[0]).startswith(workspace)


def _members(group: int) -> list[str]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, _, its_group = (folder / "stat").read_text().rpartition(")")[2].split()[:3]
            if int(its_group) == group and state != "Z":
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip())
        except (OSError, ValueError):
            continue
    return found
