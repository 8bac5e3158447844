"""Takes the right to write away before every stage, then gives it back: what is told, and that the run ends in the same bytes.

    python tests/faults/lost_permission.py

Once for the whole workspace, once for the folder alone in which the stage publishes. Root is bound by the bits of a file's mode
like anybody else once it has given up two capabilities, which the commands do here.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from anybody import as_anybody  # noqa: E402
from trial import STAGES, Failure, Trial, must_refuse, trial  # noqa: E402

_PUBLISHES = dict(zip(STAGES, ("texts", "features", "checkpoints", "evaluations", "runs/small"), strict=True))


def folders(top: Path) -> list[Path]:
    return [top, *(path for path in top.rglob("*") if path.is_dir())]


def refuse(run: Trial, stage: str, top: Path) -> None:
    """Do a stage while nothing can be written into any folder below `top`."""
    for folder in folders(top):
        folder.chmod(0o555)
    found = run.do(stage, as_anybody)
    for folder in folders(top):
        folder.chmod(0o755)
    must_refuse(stage, found, ["could not be written: Permission denied, for user ", f"Let that user write into {top}"])
    run.check_readable()
    if locks := list((run.workspace / ".locks").glob("*.lock")):
        raise Failure(f"{stage} left {locks} behind")


def main() -> None:
    with trial() as run:
        run.begin()
        run.workspace.mkdir()
        for stage in STAGES:
            refuse(run, stage, run.workspace)
            there = run.workspace / _PUBLISHES[stage]
            there.mkdir(parents=True, exist_ok=True)
            refuse(run, stage, there)
            code, text = run.do(stage, as_anybody)
            if code:
                raise Failure(f"{stage} ended with {code} when it was allowed to write:\n{text}")
        run.do("run", as_anybody)
        run.compare()
        for folder in folders(run.workspace):
            folder.chmod(0o555)
        looks = {command: run.do(command, as_anybody)[0] for command in ("plan", "status")}
        for folder in folders(run.workspace):
            folder.chmod(0o755)
        if any(looks.values()):
            raise Failure(f"looking needs no right to write, but {looks}")
        print(f"OK: refused twice in each of {len(STAGES)} stages")


if __name__ == "__main__":
    main()
