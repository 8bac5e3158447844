"""`status` and `retry` on a workspace on S3: history, locks and their holders, journals, rejected files."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipeline.cli.app import app
from pipeline.operations.status import workspace_status
from pipeline.stages.cache import cache
from pipeline.stages.generate import generate
from stores.address import location

LABELS = {"image": ["cat", "dog"]}
WORK = """
import sys
from stores import Store
artifact = Store(sys.argv[1]).find("texts/")
with artifact.writer() as writer:
    journal = writer.journal()
    journal.add("a", 1)
    journal.add("b", 2)
    journal.close()
    print("held", flush=True)
    sys.stdin.read()
"""


def called(*arguments: object) -> tuple[int, Any]:
    result = CliRunner().invoke(app, [*map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, json.loads(result.stdout)


@pytest.mark.slow  # 15 s: every request goes through a server
def test_history_rejected_files_and_retry(open_context: Callable[..., Any], s3: str, tmp_path: Path) -> None:
    context = open_context(LABELS, workspace=location(s3), cache={"workers": 0})
    cache(context)
    for arguments in (("status", tmp_path / "recipe.yaml", "-w", s3), ("status", "-w", s3)):
        code, found = called(*arguments, "--json")
        assert (code, found["workspace"], found["disk_free"]) == (0, s3, None)
        assert [(run["command"], run["state"]) for run in found["runs"]] == [("cache", "done")]
        (failure,) = found["failed"]
        assert (failure["what"], failure["reason"]) == ("features/media/image", "truncated")
        assert (found["locks"], found["leftovers"]) == ([], [])
    assert f"retry RECIPE --failed -w {s3}" in " ".join(CliRunner().invoke(app, ["status", "-w", s3]).stdout.split())
    tried = [{"what": "media/image", "reason": "truncated", "tried": 1, "failing": 1, "mended": 0}]
    arguments = ("retry", tmp_path / "recipe.yaml", "-w", s3, "--device", "cpu", "--json")
    assert called(*arguments) == (0, tried)
    assert called(*arguments, "--failed") == (1, tried)
    assert context.media_features("image").rejected()[0].attempts == 2
    states = [(run["command"], run["state"]) for run in called("status", "-w", s3, "--json")[1]["runs"]]
    assert states == [("retry", "done"), ("cache", "done")]


def test_locks_and_journals(
    open_context: Callable[..., Any], s3: str, start: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MMPT_LEASE_S", "3")

    context = open_context(LABELS, workspace=location(s3))
    generate(context)
    (artifact,) = context.store.artifacts("texts")
    name = artifact.spec.fingerprint[:12]
    writer = start(WORK, s3)
    assert writer.stdout.readline() == "held\n"
    status = workspace_status(s3)
    assert [(held.artifact, held.host, held.pid) for held in status.locks] == [(name, os.uname().nodename, writer.pid)]
    left = [(each.artifact, each.rows, each.in_use) for each in status.leftovers]
    assert left == [(f"texts/{name}", 2, True)]
    writer.send_signal(signal.SIGKILL)
    writer.wait(30)
    status = workspace_status(s3)
    assert status.locks == []
    assert [(each.artifact, each.rows, each.in_use) for each in status.leftovers] == [(f"texts/{name}", 2, False)]
