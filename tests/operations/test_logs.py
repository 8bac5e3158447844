"""Logs: one JSON object a line where asked for, warnings only where not, and never a secret."""

import json
import logging
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.cli.app import main
from pipeline.stages.cache import cache
from pipeline.stages.whole import run_recipe
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.telemetry.logs import LogFormatError, bound, start_logs
from pipeline.telemetry.progress import Progress
from pipeline.telemetry.secrets import keep_secret, redact

Open = Callable[..., BoundSentences]
LOG = logging.getLogger("pipeline.test")


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict]:
    out, err = capsys.readouterr()
    assert out == ""
    return [json.loads(line) for line in err.splitlines()]


def test_json_holds_everything_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    start_logs("json")
    with bound(run="r1", recipe="x"), bound(stage="cache"):
        LOG.info(
            "two\nlines “”", extra={"fields": {"rows": 3, "seconds": 0.5, "reasons": {"a b": 2}, "path": Path("/x")}}
        )
    LOG.info("after")
    LOG.debug("too fine")
    first, second = lines(capsys)
    assert list(first)[:4] == ["time", "level", "logger", "event"]
    time = first.pop("time")
    assert len(time) == len("2026-11-21T15:57:20.123Z") and time.endswith("Z")
    assert first == {
        "level": "info", "logger": "pipeline.test", "event": "two\nlines “”", "run": "r1", "recipe": "x",
        "stage": "cache", "rows": 3, "seconds": 0.5, "reasons": {"a b": 2}, "path": "/x",
    }  # fmt: skip
    assert second["event"] == "after" and "run" not in second


def test_fields_cannot_pretend_to_be_the_event(capsys: pytest.CaptureFixture[str]) -> None:
    start_logs("json")
    LOG.info("told", extra={"fields": {"event": "forged", "level": "critical"}})
    (line,) = lines(capsys)
    assert (line["event"], line["level"]) == ("told", "info")


def test_without_a_wish_only_warnings_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    start_logs()
    LOG.info("an event")
    LOG.warning("look", extra={"fields": {"rows": 3}})
    err = capsys.readouterr().err
    assert err.endswith(" warning: look  rows=3\n") and err.count("\n") == 1 and err[2] == ":"


def test_human_lines_tell_events_and_steer_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    start_logs("human")
    LOG.info("shard published", extra={"fields": {"rows": 3, "path": "a\x1b[2J\x9b", "reasons": {"cut off": 2}}})
    err = capsys.readouterr().err
    assert err[8:] == " shard published  rows=3  path=a�[2J�  reasons='cut off:2'\n"


def test_the_environment_asks_and_the_option_wins(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MMPT_LOG_FORMAT", "json")
    start_logs()
    LOG.info("one")
    assert lines(capsys)[0]["event"] == "one"
    start_logs("human")
    LOG.info("two")
    assert capsys.readouterr().err[8:] == " two\n"
    monkeypatch.setenv("MMPT_LOG_FORMAT", "xml")
    with pytest.raises(LogFormatError, match="MMPT_LOG_FORMAT 'xml' is unknown; allowed are human and json"):
        start_logs()


def test_warnings_and_exceptions_of_libraries_are_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    start_logs("json")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    try:
        raise ValueError("inner")
    except ValueError:
        logging.getLogger("some.library").exception("failed")
    old, failed = lines(capsys)
    assert old["level"] == "warning" and "DeprecationWarning: old" in old["event"]
    assert failed["traceback"].splitlines()[-1] == "ValueError: inner"


def test_libraries_that_log_at_length_are_not_heard(capsys: pytest.CaptureFixture[str]) -> None:
    start_logs("json")
    talkative = logging.getLogger("some.library")
    talkative.setLevel(logging.DEBUG)
    try:
        talkative.info("at length")
        talkative.warning("look")
    finally:
        talkative.setLevel(logging.NOTSET)
    assert [line["event"] for line in lines(capsys)] == ["look"]


def test_a_whole_run_in_events(open_context: Open, capsys: pytest.CaptureFixture[str]) -> None:
    start_logs("json")
    context = open_context()
    run_recipe(BoundSentences(context.recipe, "cpu", Progress.on_stderr()))
    events = lines(capsys)
    assert {event["recipe"] for event in events} == {"small"} and len({event["run"] for event in events}) == 1
    stages = [(e["event"], e["stage"]) for e in events if e["event"].startswith("stage ")]
    names = ("generate", "cache", "train", "evaluate", "report")
    assert stages == [(f"stage {what}", name) for name in names for what in ("started", "finished")]
    found = {e["stage"]: e for e in events if e["event"] == "stage finished"}
    assert (found["cache"]["rejected"], found["train"]["epochs"], found["evaluate"]["files"]) == (1, 3, 13)
    published = [e for e in events if e["event"] == "shard published"]
    assert sum(e["rows"] for e in published if e["stage"] == "cache") == found["cache"]["encoded"]
    assert {"truncated": 1} in [e["reasons"] for e in published if e["stage"] == "cache"]
    assert sum(e["rows"] for e in published if e["stage"] == "generate") == found["generate"]["accepted"]
    assert any(e["event"] == "progress" and e["done"] == e["total"] for e in events)
    assert [e["event"] for e in events][:1] + [e["event"] for e in events][-1:] == ["run started", "run ended"]
    assert (events[-1]["outcome"], events[-1]["command"]) == ("done", "run")


def test_a_failed_stage_says_why(open_context: Open, capsys: pytest.CaptureFixture[str]) -> None:
    start_logs("json")
    with pytest.raises(Exception, match="were rejected"):
        cache(open_context(cache={"workers": 0, "max_rejected": 0.0}))
    *_, failed, ended = lines(capsys)
    assert (failed["event"], ended["event"], ended["outcome"]) == ("stage failed", "run ended", "failed")
    assert "cut.png: truncated" in failed["error"] and ended["error"] == failed["error"]


def test_errors_of_the_program_are_events_where_logs_are_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "argv", ["mmpt-pipeline", "--log-format", "json", "plan", "nothing-here"])
    with pytest.raises(SystemExit) as left:
        main()
    (line,) = lines(capsys)
    assert left.value.code == 2
    assert (line["level"], line["event"]) == ("error", "stopped") and "nothing-here" in line["error"]


SECRET = "s3cr3t-Value+42/x"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"key {SECRET} refused", "key *** refused"),
        ("https://user:pass@host/v1", "https://***@host/v1"),
        ("s3://AKIA:pw@bucket/a b@c", "s3://***@bucket/a b@c"),
        ("GET /x?X-Amz-Signature=abc123&n=2", "GET /x?X-Amz-Signature=***&n=2"),
        ("?api_key=abc&token=d e", "?api_key=***&token=*** e"),
        ("Authorization: Bearer abcdefgh.ijk", "Authorization: Bearer ***"),
        ("a photo of a key, token 5; a@b.c at http://h/p", "a photo of a key, token 5; a@b.c at http://h/p"),
    ],
)
def test_what_is_taken_out(monkeypatch: pytest.MonkeyPatch, text: str, left: str) -> None:
    monkeypatch.setenv("MY_API_KEY", SECRET)
    assert redact(text) == left


def test_short_values_and_places_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_TOKEN", "cat")
    monkeypatch.setenv("TLS_KEY_FILE", "/etc/tls/key.pem")
    assert redact("a cat at /etc/tls/key.pem") == "a cat at /etc/tls/key.pem"


def test_a_key_that_the_program_used_is_known_under_any_name() -> None:
    keep_secret("unspeaking-name-0815")
    assert redact("with unspeaking-name-0815.") == "with ***."


def test_hostile_texts_are_searched_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_API_KEY", SECRET)
    for text in ("a" * 10**6, "https://" * 20_000, "?a" * 50_000, "://" + "@" * 100_000, "Bearer " * 20_000):
        assert len(redact(text)) < 10**6  # a slow pattern would meet the limit of time


@pytest.mark.parametrize("form", ["human", "json"])
def test_no_secret_in_any_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], form: str) -> None:
    monkeypatch.setenv("SERVICE_PASSWORD", SECRET)
    start_logs(form)
    with bound(url=f"https://me:{SECRET}@host"):
        try:
            raise RuntimeError(f"refused {SECRET}")
        except RuntimeError:
            LOG.exception(f"failed with {SECRET}", extra={"fields": {SECRET: [SECRET, {"k": SECRET}]}})
    err = capsys.readouterr().err
    assert SECRET not in err and err.count("***") >= 5
