"""Looking at a workspace needs no right to write into it."""

import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from pipeline.records import run_folder, update_run
from pipeline.tasks.sentences.bound import BoundSentences
from stores import Store
from stores.disk import writing
from stores.errors import DiskError
from stores.gc import Removal
from stores.sealed import unsealed

ROOT = Path(__file__).resolve().parents[2]
_AS_ANYBODY = f"""
import sys
sys.path.insert(0, {str(ROOT / "tests" / "faults")!r})
from anybody import as_anybody
as_anybody()
from pipeline.cli.app import main
main()
"""


@pytest.mark.parametrize("command", ["status", "plan", "report", "retry"])
def test_a_workspace_that_nobody_may_write_to(
    command: str, open_context: Callable[..., BoundSentences], finished: Path, tmp_path: Path
) -> None:
    place = finished
    shutil.rmtree(place / "cache", ignore_errors=True)  # what was remembered, so that there is something to remember
    recipe = tmp_path / "recipe.yaml"
    content = open_context().recipe.model_dump(mode="json", exclude_unset=True)
    recipe.write_text(yaml.safe_dump(json.loads(json.dumps(content, default=str))))
    if command == "report":  # one that shows this very recipe
        assert _run(command, recipe, place)[0] == 0
    folders = [place, *(path for path in place.rglob("*") if path.is_dir())]
    before = {path: path.read_bytes() for path in place.rglob("*") if path.is_file()}
    for folder in folders:
        folder.chmod(0o555)
    try:
        code, out, err = _run(command, recipe, place)
    finally:
        for folder in folders:
            folder.chmod(0o755)
    assert code == 0, err
    assert {path: path.read_bytes() for path in place.rglob("*") if path.is_file()} == before
    if command == "report":
        assert Path(out.strip()) == run_folder(place, open_context().recipe.name) / "report.html"


def _run(command: str, recipe: Path, place: Path) -> tuple[int, str, str]:
    found = subprocess.run(
        [sys.executable, "-c", _AS_ANYBODY, command, recipe, "-w", place], cwd=recipe.parent, capture_output=True, text=True,
        timeout=120, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    return found.returncode, found.stdout, found.stderr


def test_a_record_that_changes_in_nothing_is_not_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "runs" / "x"
    update_run(folder, lambda record: record.facts.update(a="1"))
    monkeypatch.setattr("pipeline.records.held", None)  # which would be called
    update_run(folder, lambda record: record.facts.update(a="1"))
    with pytest.raises(TypeError):
        update_run(folder, lambda record: record.facts.update(a="2"))


def test_a_record_of_an_older_version_gets_its_checksum_where_that_may_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "runs" / "x"
    update_run(folder, lambda record: record.facts.update(a="1"))
    sound = (folder / "run.json").read_bytes()
    old = json.dumps(unsealed(sound)).encode()
    (folder / "run.json").write_bytes(old)

    def refused(*args: object, **options: object) -> None:
        with writing(folder):
            raise PermissionError(errno.EACCES, "no")

    with monkeypatch.context() as patch:
        patch.setattr("pipeline.records.held", refused)
        update_run(folder, lambda record: None)
        assert (folder / "run.json").read_bytes() == old
        with pytest.raises(DiskError):
            update_run(folder, lambda record: record.facts.update(a="2"))
    update_run(folder, lambda record: None)
    assert (folder / "run.json").read_bytes() == sound


def test_locks_of_killed_processes_go(tmp_path: Path) -> None:
    from stores.lock import held

    names = (f".locks/{'a' * 32}.lock", "cache/file-keys.lock", "runs/x/.lock", "runs/x/.report.lock")
    left = [tmp_path / name for name in names]
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('{"host": "gone", "pid": 1}')
    other = tmp_path / "runs" / "x" / "mine.lock.txt"
    other.write_text("mine")
    with held(tmp_path / ".locks" / f"{'b' * 32}.lock", "what is at work"):
        assert Store(tmp_path).gc([]) == [Removal(path, "left by a killed process", 26) for path in left]
        assert all(path.exists() for path in left)
        assert len(Store(tmp_path).gc([], delete=True)) == 4
        assert (tmp_path / ".locks" / f"{'b' * 32}.lock").exists() and other.exists()
    assert not any(path.exists() for path in left)
    assert Store(tmp_path).gc([]) == []
