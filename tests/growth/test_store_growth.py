"""What is done for a workspace grows as its artifacts do: every manifest is read once, and calls are counted."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from counting import calls, growth

import stores.manifest
from pipeline.cli.app import main
from stores import ArtifactSpec, Rejection, Store, text_key
from stores.manifest import part_path

KINDS = ("features", "results", "checkpoints")
LINES = 12


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Path]:
    tmp_path = tmp_path_factory.mktemp("workspaces")

    def fill(count: int) -> Path:
        place = tmp_path / str(count)
        for number in range(0 if place.exists() else count):
            spec = ArtifactSpec(kind=KINDS[number % 3], fields={"number": number}, backend="blob")
            with Store(place).artifact(spec).writer() as writer:
                refused = (
                    [Rejection(text_key(f"no {number}"), "cut", detail={"path": "a.png"})] if number % 9 == 0 else []
                )
                writer.publish([text_key(str(number))], [b"1"], rejected=refused)
        return place

    return fill


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    def called(*arguments: object) -> str:
        monkeypatch.setattr(sys, "argv", ["mmpt-pipeline", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            main()
        assert not left.value.code
        return capsys.readouterr().out

    return called


COMMANDS = {"store ls": ["store", "ls"], "store ls --json": ["store", "ls", "--json"], "status": ["status", "--json"],
            "gc": ["store", "gc"]}  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_every_manifest_is_read_once(
    name: str, filled: Callable[[int], Path], call: Callable[..., str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    place, read, parse = filled(12), [], stores.manifest._read

    def counting(folder: Path, *rest: object) -> object:
        read.append(folder)
        return parse(folder, *rest)

    monkeypatch.setattr("stores.manifest._read", counting)
    call(*COMMANDS[name], "-w", place)
    assert len(read) == len(set(read)) == 12


@pytest.mark.parametrize("name", COMMANDS)
def test_calls_grow_as_the_artifacts_do(
    name: str, filled: Callable[[int], Path], call: Callable[..., str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert growth(lambda count: calls(lambda: call(*COMMANDS[name], "-w", filled(count))), 18) < 2.3


def test_a_manifest_that_was_replaced_since_is_read_again(filled: Callable[[int], Path]) -> None:
    store = Store(filled(1))  # nobody else's
    (seen,) = store.artifacts()
    assert seen.manifest.rows == 1
    with store.artifact(seen.spec).writer() as writer:
        writer.publish([text_key("more")], [b"2"])
    assert seen.manifest.rows == 2 and seen.blob(text_key("more")) == b"2"
    (found,) = store.artifacts()
    assert [part_path(found.path, "shards", part).read_bytes() for part in found.manifest.shards] == [b"1", b"2"]


def test_a_long_list_has_one_line_for_each_artifact(
    filled: Callable[[int], Path], call: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Laying 5,000 rows out as a table took half of the time; and a line can be searched."""
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.setattr("pipeline.printable.LONG", LINES - 1)
    place = filled(LINES)
    lines = call("store", "ls", "-w", place).splitlines()
    assert lines[0].split() == ["kind", "fingerprint", "rows", "rejected", "size", "fields"]
    assert lines[-1] == f"{LINES} artifacts in {place}"
    told = {tuple(line.split()) for line in lines[2:-2]}
    assert told == {
        (a.spec.kind, a.spec.fingerprint[:12], "1", str(len(a.rejected())), *size_words(a.manifest.size),
         f"number={a.spec.fields['number']}")
        for a in Store(place).artifacts()
    }  # fmt: skip
    assert len({line.index("number=") for line in lines[2:-2]}) == 1


def size_words(size: int) -> list[str]:
    return [str(size), "B"] if size < 1000 else [f"{size / 1000:.1f}", "kB"]
