"""`texts batch` as people type it: write, submit, collect, and what each says next."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "text"))
from served_batches import Batches, output_line, served_batches  # noqa: E402

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def server() -> Iterator[Batches]:
    with served_batches() as running:
        yield running


@pytest.fixture
def recipe(server: Batches, tmp_path: Path) -> Path:
    generate = {"engine": "openai", "model": "words", "sentences_per_class": 5, "server": {"url": server.url}}
    modalities = {
        "image": {"labels": ["cat", "dog"], "encoder": "miniature-clip"},
        "audio": {"labels": ["bark", "rain"], "encoder": "miniature-clap"},
    }
    content = {"name": "batches", "workspace": str(tmp_path / "w"), "modalities": modalities, "generate": generate}
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    return tmp_path / "recipe.yaml"


def test_write_submit_and_collect_until_nothing_is_left(
    call: Run, recipe: Path, server: Batches, tmp_path: Path
) -> None:
    rounds = 0
    while True:
        code, out, _ = call("texts", "batch", "write", recipe, "--to", tmp_path / "b")
        assert code == 0 and rounds < 10
        if "Nothing to ask" in out:
            break
        rounds += 1
        assert f"Next: mmpt-pipeline texts batch submit {recipe}" in out
        code, out, _ = call("texts", "batch", "submit", recipe)
        assert code == 0 and "Submitted " in out and f"Later: mmpt-pipeline texts batch collect {recipe}" in out
        code, told, _ = call("texts", "batch", "collect", recipe)
        assert code == 0 and "completed" in told and "Taken in: " in told
    assert rounds and f"Nothing more is to be asked. Go on: mmpt-pipeline run {recipe}" in told
    code, out, _ = call("generate-texts", recipe, "--json")
    assert code == 0 and [each["queries"] for each in json.loads(out).values()] == [0, 0]
    assert server.online == 0
    code, out, _ = call("texts", "batch", "submit", recipe)
    assert code == 0 and "Nothing to submit" in out
    assert call("texts", "batch", "cancel", recipe)[1] == "Nothing is out.\n"


def test_a_second_write_and_half_an_output(call: Run, recipe: Path, tmp_path: Path) -> None:
    code, out, _ = call("texts", "batch", "write", recipe, "--to", tmp_path / "b", "--json")
    written = json.loads(out)["files"]
    assert code == 0 and [each["queries"] for each in written] == [2, 2]
    code, out, err = call("texts", "batch", "write", recipe, "--to", tmp_path / "b")
    assert (code, out) == (2, "")
    told = " ".join(err.split())
    assert "error: texts batch: out already are 4 queries in" in told
    assert f"or take the files back: mmpt-pipeline texts batch cancel {recipe}" in told
    lines = [output_line(line) for each in written for line in Path(each["file"]).read_text().splitlines()]
    (tmp_path / "out.jsonl").write_text("\n".join([*lines[:3], '{"custom_id": "else"}']))
    code, out, _ = call("texts", "batch", "collect", recipe, "--from", tmp_path / "out.jsonl")
    assert code == 0 and "Taken in: 3 answers" in out
    assert "Passed over: lines that are none of this recipe's: 1" in out and "out.jsonl:4: else" in out
    assert f"Still out: {Path(written[1]['file']).name}, 1 query without an answer" in out
    code, out, err = call("generate-texts", recipe)
    assert code == 2 and "nothing is asked twice" in " ".join(err.split())
    code, out, _ = call("texts", "batch", "cancel", recipe)
    assert code == 0 and "Taken back: audio-" in out
    code, out, _ = call("texts", "batch", "write", recipe, "--to", tmp_path / "b", "--json")
    audio = [each for each in json.loads(out)["files"] if Path(each["file"]).name.startswith("audio-")]
    assert code == 0 and [each["queries"] for each in audio] == [1]


def test_failures_are_told_with_what_to_do(call: Run, recipe: Path, server: Batches, tmp_path: Path) -> None:
    call("texts", "batch", "write", recipe, "--to", tmp_path / "b")
    call("texts", "batch", "submit", recipe)
    server.status = "expired"
    server.spoil = lambda lines: (lines[:1], [])
    code, out, _ = call("texts", "batch", "collect", recipe)
    told = " ".join(out.split())
    assert code == 0 and "Failed: 2 queries (no line about it in a batch that is expired)" in told
    assert (
        f"It asks what failed again. What fails every time can be given up: mmpt-pipeline texts batch collect {recipe}"
        in told
    )
    code, out, _ = call("texts", "batch", "collect", recipe, "--give-up", "--json")
    assert code == 0 and json.loads(out)["given_up"] == 2


def test_recipes_without_a_server_are_refused(call: Run, tmp_path: Path) -> None:
    for name, told in (
        ("miniature", "Set generate.engine: openai"),
        ("few-shot/miniature", "has no sentences to write"),
    ):
        code, _, err = call("texts", "batch", "write", name, "-w", tmp_path / "w", "--to", tmp_path / "b")
        assert code == 2 and told in " ".join(err.split())
    assert not (tmp_path / "b").exists()
