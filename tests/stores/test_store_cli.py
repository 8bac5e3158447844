"""`mmpt-pipeline store`: what people see of a workspace, and what programs read of it."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from click.testing import Result
from typer.testing import CliRunner

from pipeline.cli.store import app
from pipeline.operations.verify import verify_workspace
from pipeline.records import update_run
from stores import Artifact, ArtifactSpec, Rejection, Store
from stores.errors import ArtifactNotFound, WorkspaceError

KEYS = [f"{number:032x}" for number in range(5)]


@pytest.fixture
def texts(store: Store) -> Artifact:
    """Three texts and two rejections, and a run made from them."""
    artifact = store.artifact(ArtifactSpec(kind="texts", fields={"engine": "[vllm]", "seed": 3}, backend="parquet"))
    with artifact.writer() as writer:
        rejected = [Rejection(key, "no label [found]") for key in KEYS[3:]]
        writer.publish(KEYS[:3], pa.table({"text": ["a", "b", "c"]}), rejected)
    parents = (artifact.spec.fingerprint, "f" * 32)
    run = store.artifact(ArtifactSpec(kind="runs", fields={}, parents=parents, backend="blob"))
    with run.writer() as writer:
        writer.publish(KEYS[:1], [b"report"])
    return artifact


def call(store: Store, *arguments: str) -> Result:
    """Run a command on a workspace in a wide terminal."""
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, [*arguments, "-w", str(store.workspace)])


def as_json(store: Store, *arguments: str) -> Any:
    """Run a command and read its JSON."""
    return json.loads(call(store, *arguments, "--json").stdout)


def lines(result: Result) -> list[list[str]]:
    """Split what was printed into lines of words."""
    return [line.split() for line in result.stdout.splitlines() if line.strip(" ─")]


def test_ls_lists_every_artifact(store: Store, texts: Artifact) -> None:
    result = call(store, "ls")
    assert result.exit_code == 0
    run = store.artifacts("runs")[0].spec.fingerprint[:12]
    rows = [line for line in lines(result) if line[0] in ("runs", "texts")]
    assert [line[:4] for line in rows] == [
        ["runs", run, "1", "0"],
        ["texts", texts.spec.fingerprint[:12], "3", "2"],
    ]
    assert rows[1][-2:] == ["engine=[vllm]", "seed=3"]
    assert lines(result)[-1][:3] == ["2", "artifacts", "in"]


def test_ls_as_json_and_of_one_kind(store: Store, texts: Artifact) -> None:
    (row,) = as_json(store, "ls", "--kind", "texts")
    assert row == {
        "kind": "texts",
        "fields": {"engine": "[vllm]", "seed": 3},
        "parents": [],
        "backend": "parquet",
        "fingerprint": texts.spec.fingerprint,
        "rows": 3,
        "rejected": 2,
        "size": texts.manifest.size,
    }
    assert len(as_json(store, "ls")) == 2


def test_ls_of_an_empty_workspace(store: Store) -> None:
    assert call(store, "ls").stdout.split() == ["0", "artifacts", "in", str(store.workspace)]
    assert as_json(store, "ls") == []
    assert not store.workspace.exists()


def test_show_tells_all_about_one_artifact(store: Store, texts: Artifact) -> None:
    result = call(store, "show", texts.spec.fingerprint[:8])
    assert result.exit_code == 0
    words = lines(result)
    assert ["rows", "3", "in", "1", "shards"] in words
    assert ["layout", "text:", "string"] in words
    assert ["reasons", "2", "×", "no", "label", "[found]"] in words
    shown = as_json(store, "show", texts.spec.fingerprint[:8])
    assert shown["layout"] == {"text": "string"}
    assert shown["reasons"] == {"no label [found]": 2}
    assert shown["path"] == str(texts.path)


def test_show_names_the_parents_and_those_that_are_gone(store: Store, texts: Artifact) -> None:
    words = lines(call(store, "show", "runs/"))
    assert ["parents", texts.spec.name] in words
    assert ["f" * 32, "(not", "here)"] in words


def test_verify_finds_and_repairs(store: Store, texts: Artifact) -> None:
    sound = call(store, "verify")
    assert (sound.exit_code, sound.stdout.strip()) == (0, "2 artifacts checked, all sound")
    (shard,) = (texts.path / "shards").iterdir()
    shard.write_bytes(b"x")
    bad = call(store, "verify", texts.spec.fingerprint)
    assert bad.exit_code == 1
    assert [texts.spec.name, f"shards/{shard.name}", "has", "1", "bytes"] in [line[:5] for line in lines(bad)]
    assert "add --repair to drop what is bad" in bad.stdout
    mended = call(store, "verify", "--repair", "--json")
    report = json.loads(mended.stdout)
    assert (mended.exit_code, report["repaired"], len(report["checked"])) == (0, 1, 2)
    assert report["problems"][0]["rows"] == 3
    assert call(store, "verify").exit_code == 0
    assert texts.missing(KEYS) == KEYS[:3]


def test_what_is_not_there_is_not_sound(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match=r"there is no workspace .*/mistyped, so nothing was checked"):
        verify_workspace(Store(tmp_path / "mistyped"))


def test_verify_cannot_repair_a_manifest(store: Store, texts: Artifact) -> None:
    (texts.path / "manifest.json").write_text("{}")
    (store.artifacts("runs")[0].path / ".tmp-manifest.json").write_text("{")
    result = call(store, "verify", "--repair")
    assert result.exit_code == 1
    assert "2 problems, 1 repaired; a manifest cannot be repaired" in result.stdout
    assert as_json(store, "verify")["problems"][0]["kind"] == "manifest"


def test_gc_without_a_run_keeps_everything(store: Store, texts: Artifact) -> None:
    assert call(store, "gc", "--yes").stdout.strip() == "nothing to delete"
    assert len(store.artifacts()) == 2


def test_gc_deletes_only_when_told(store: Store, texts: Artifact) -> None:
    made_from_texts = store.artifacts("runs")[0].spec.fingerprint
    update_run(store.workspace / "runs" / "mine", lambda record: record.artifacts.update(evaluation=made_from_texts))
    update_run(store.workspace / "runs" / "gone", lambda record: record.artifacts.update(checkpoint="e" * 32))
    assert call(store, "gc", "--yes").stdout.strip() == "nothing to delete"
    unneeded = store.artifact(ArtifactSpec(kind="texts", fields={"seed": 4}, backend="blob"))
    with unneeded.writer() as writer:
        writer.publish(KEYS[:1], [b"x" * 5000])
    planned = call(store, "gc")
    assert planned.exit_code == 0 and unneeded.exists
    size = 5000 + (unneeded.path / "manifest.json").stat().st_size
    assert f"{size / 1000:.1f} kB to delete; add --yes to do it" in planned.stdout
    assert as_json(store, "gc")["deleted"] is False
    done = as_json(store, "gc", "--yes")
    assert done["deleted"] is True
    assert [(row["path"], row["reason"]) for row in done["removals"]] == [(str(unneeded.path), "no run needs it")]
    assert not unneeded.path.exists() and texts.exists
    assert (store.workspace / "runs" / "mine" / "run.json").exists()


def test_show_lists_what_was_rejected(store: Store, texts: Artifact) -> None:
    with texts.writer() as writer:
        writer.publish([], None, [Rejection("9" * 32, "cut off", detail={"path": "a[1].png"})])
    shown = as_json(store, "show", texts.spec.fingerprint, "--rejected")
    assert shown[:2] == [{"key": key, "reason": "no label [found]"} for key in KEYS[3:]]
    assert shown[2] == {"key": "9" * 32, "reason": "cut off", "path": "a[1].png"}
    result = call(store, "show", texts.spec.fingerprint, "--rejected")
    assert ["999999999999", "cut", "off", "path:", "a[1].png"] in lines(result)
    assert f"3 rows of {texts.spec.name} were rejected" in result.stdout


def test_the_workspace_comes_from_the_environment(store: Store, texts: Artifact) -> None:
    runner = CliRunner(env={"MMPT_WORKSPACE": str(store.workspace)})
    assert len(json.loads(runner.invoke(app, ["ls", "--json"]).stdout)) == 2


def test_errors_are_the_store_s(store: Store, tmp_path: Path) -> None:
    assert isinstance(call(store, "show", "abc").exception, ArtifactNotFound)
    assert isinstance(CliRunner().invoke(app, ["ls", "-w", "nosuch://bucket"]).exception, WorkspaceError)


@pytest.mark.parametrize("command", ["ls", "show", "verify", "gc"])
def test_every_command_shows_an_example_and_offers_json(command: str) -> None:
    text = CliRunner(env={"COLUMNS": "200", "TERM": "dumb"}).invoke(app, [command, "--help"]).stdout
    assert f"Example: mmpt-pipeline store {command}" in " ".join(text.split())
    assert "--json" in text and "MMPT_WORKSPACE" in text
