"""Status, metrics and retry on a workspace in which a recipe has run."""

import json
import math
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

import pipeline.caching.media as media_cache
import pipeline.tasks.sentences.bound as context_module
from pipeline.alarms import Alarm
from pipeline.operations.hindrances import Held
from pipeline.operations.metrics import metrics
from pipeline.operations.status import Failure, Kind, Status, recipe_status, workspace_status
from pipeline.stages.generate import generate
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.telemetry.history import new_entry
from pipeline.text.select import Sentence
from stores import Artifact, Store
from stores.manifest import Manifest

Open = Callable[..., BoundSentences]
ROOT = Path(__file__).resolve().parents[2]


def manifests(workspace: Path) -> list[Manifest]:
    return [artifact.manifest for artifact in Store(workspace).artifacts()]


def test_what_is_stored_is_what_the_files_say(open_context: Open, finished: Path) -> None:
    for status in (recipe_status(open_context()), workspace_status(finished)):
        for kind in ("texts", "features", "checkpoints", "evaluations"):
            (found,) = [each for each in status.stored if each.kind == kind]
            files = [f for f in (finished / kind).glob("*/*/*") if f.is_file()]
            same = [m for m in manifests(finished) if m.spec.kind == kind]
            assert found.bytes == sum(f.stat().st_size for f in files)
            assert (found.artifacts, found.rows) == (len(same), sum(m.rows for m in same))
        (failure,) = [f for f in status.failed if f.kind == "features"]
        assert (failure.what, failure.reason, failure.count) == ("features/media/image", "truncated", 1)
        assert failure.example.endswith("image/cat/cut.png")
        assert status.disk_free and status.disk_total and status.disk_free < status.disk_total
        assert (status.locks, status.leftovers) == ([], [])
        assert [run.state for run in status.runs] == ["done"]


def test_a_recipe_s_status_is_of_its_own_artifacts(open_context: Open, finished: Path) -> None:
    changed = recipe_status(open_context(labels={"image": ["cat", "dog"]}))
    assert {"train", "evaluate"} <= {step.stage for step in changed.missing if step.missing}
    assert [step for step in recipe_status(open_context()).missing if step.missing] == []
    whole = {each.kind: each.artifacts for each in workspace_status(finished).stored}
    own = {each.kind: each.artifacts for each in recipe_status(open_context(name="other", train={"epochs": 2})).stored}
    assert (whole["checkpoints"], own.get("checkpoints", 0)) == (1, 0)
    assert own["features"] == whole["features"]


def test_sentences_are_read_once_until_there_are_more(
    open_context: Open, finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[tuple[str, ...]] = []

    def counted(artifact: Artifact, labels: Sequence[str], quota: int) -> list[Sentence]:
        read.append(tuple(labels))
        return select(artifact, labels, quota)

    select = context_module.select_texts
    monkeypatch.setattr(context_module, "select_texts", counted)
    context = open_context()
    recipe_status(context)
    assert sorted(read) == [("bark", "rain"), ("cat", "dog", "sun")]
    grown = open_context({"image": ["cat", "dog", "sun", "hen"]})
    before = grown.sentences("image")
    assert "hen" not in {sentence.anchor for sentence in before}
    generate(grown)
    after = grown.sentences("image")
    assert len([sentence for sentence in after if sentence.anchor == "hen"]) == 6
    assert [sentence for sentence in after if sentence.anchor != "hen"] == before


HOLD = """
import sys; from pathlib import Path; from stores.lock import held
with held(Path(sys.argv[1]), "x"):
    print("held", flush=True); sys.stdin.read()
"""


def test_locks_and_journals(finished: Path) -> None:
    artifact = Store(finished).artifacts("texts")[0]
    fingerprint = artifact.spec.fingerprint
    (artifact.path / "journal.jsonl").write_text('["a", 1]\n["b", 2]\n["cut')
    (found,) = workspace_status(finished).leftovers
    assert (found.artifact, found.rows, found.in_use) == (f"texts/{fingerprint[:12]}", 2, False)
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(finished / ".locks" / f"{fingerprint}.lock")],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    status = workspace_status(finished)
    assert [(each.artifact, each.pid) for each in status.locks] == [(fingerprint[:12], process.pid)]
    assert [each.in_use for each in status.leftovers] == [True]
    process.communicate(timeout=30)
    assert workspace_status(finished).locks == []


def test_an_empty_workspace(tmp_path: Path) -> None:
    status = workspace_status(tmp_path / "nothing" / "here")
    assert (status.stored, status.failed, status.locks, status.runs) == ([], [], [], [])
    assert status.disk_free and not (tmp_path / "nothing").exists()


def test_the_command(call: Callable[..., tuple[int, str]], open_context: Open, finished: Path, tmp_path: Path) -> None:
    open_context()
    recipe = tmp_path / "recipe.yaml"
    code, out = call("status", recipe, "-w", finished)
    flat = " ".join(out.split())
    assert code == 0 and "Stored of 'small' in" in flat and "truncated" in out and re.search(r"generate \d+ s", flat)
    assert f"retry {recipe} --failed -w {finished}" in flat
    found = json.loads(call("status", recipe, "-w", finished, "--json")[1])
    assert {"stored", "missing", "failed", "locks", "leftovers", "disk_free", "runs"} <= set(found)
    assert (found["recipe"], found["runs"][0]["state"]) == ("small", "done")
    assert json.loads(call("status", "-w", finished, "--json")[1])["recipe"] is None
    assert call("status", recipe, "-w", finished, "--metrics")[1].startswith("# HELP mmpt_artifacts ")


def test_metrics_are_read_by_prometheus(open_context: Open, finished: Path) -> None:
    status = recipe_status(open_context())
    families = {family.name: family for family in text_string_to_metric_families(metrics(status))}
    assert all(family.type == "gauge" and family.documentation for family in families.values())
    of = {"workspace": str(finished), "recipe": "small"}
    rows = {sample.labels["kind"]: sample.value for sample in families["mmpt_rows"].samples}
    assert rows == {each.kind: each.rows for each in status.stored}
    rejected = {(s.labels["what"], s.labels["reason"]): s.value for s in families["mmpt_rejected_rows"].samples}
    assert rejected["features/media/image", "truncated"] == 1 and sum(rejected.values()) == sum(
        f.count for f in status.failed
    )
    (state,) = families["mmpt_last_run_state"].samples
    assert (state.labels, state.value) == ({**of, "command": "run", "state": "done"}, 1)
    (seconds,) = families["mmpt_last_run_seconds"].samples
    stages = {s.labels["stage"]: s.value for s in families["mmpt_last_run_stage_seconds"].samples}
    assert set(stages) == {"generate", "cache", "train", "evaluate", "report"}
    assert math.isclose(sum(stages.values()), seconds.value, abs_tol=0.5)
    assert families["mmpt_locks_held"].samples[0].value == 0
    alarms = [Alarm("no-sentence", m, ("a",), "none", "write one") for m in ("image", "audio")]
    warned = metrics(replace(status, warnings=[("small", alarm) for alarm in alarms]))
    (family,) = [family for family in text_string_to_metric_families(warned) if family.name == "mmpt_warnings"]
    assert [(s.labels, s.value) for s in family.samples] == [({**of, "code": "no-sentence"}, 2)]


def test_hostile_names_stay_in_their_label() -> None:
    reason = 'a"} 1\nmmpt_rows{kind="x\\'
    failure = Failure("media/image", "0" * 12, "features", reason, 2, "x")
    empty = Status(
        "w\\n", None, [Kind("texts", 1, 2**60, 0, 1)], [], [failure], [Held("a", None, None)], [], None, None
    )
    families = {family.name: family for family in text_string_to_metric_families(metrics(empty))}
    (sample,) = families["mmpt_rejected_rows"].samples
    assert (sample.labels["reason"], sample.labels["workspace"], sample.value) == (reason, "w\\n", 2)
    assert families["mmpt_rows"].samples[0].value == 2.0**60
    assert "mmpt_disk_free_bytes" not in families
    broken = replace(new_entry("run", "r"), started="", outcome=None)
    assert "mmpt_last_run_state" not in metrics(replace(empty, runs=[broken]))


def test_retry_lists_then_tries_then_tells(
    call: Callable[..., tuple[int, str]], open_context: Open, finished: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    context = open_context(cache={"workers": 0})
    arguments = ("retry", tmp_path / "recipe.yaml", "-w", finished)
    row = {"what": "media/image", "reason": "truncated", "tried": 1}
    assert json.loads(call(*arguments, "--json")[1]) == [row | {"failing": 1, "mended": 0}]
    attempts = lambda: context.media_features("image").rejected()[0].attempts  # noqa: E731
    before = attempts()
    code, out = call(*arguments, "--failed", "--json", "--device", "cpu")
    assert (code, json.loads(out)) == (1, [row | {"failing": 1, "mended": 0}])
    assert attempts() == before + 1

    def mends(paths: list[str], *rest: object, **options: object):  # type: ignore[no-untyped-def]
        return decode([path.replace("cut.png", "0.png") for path in paths], *rest, **options)

    decode = media_cache.decode_many
    monkeypatch.setattr(media_cache, "decode_many", mends)
    code, out = call(*arguments, "--failed", "--json", "--device", "cpu")
    assert (code, json.loads(out)) == (0, [row | {"failing": 0, "mended": 1}])
    assert context.media_features("image").rejected() == []
    assert call(*arguments, "--failed") == (0, "nothing has failed that could be tried again\n")
    assert recipe_status(context).runs[0].counts == {"tried": 0, "mended": 0}
    assert recipe_status(context).runs[1].counts == {"tried": 1, "mended": 1}
