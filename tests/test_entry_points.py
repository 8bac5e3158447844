"""What other packages add: one that is broken is told by its name, and the others go on."""

import logging
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.entry_points import with_added
from pipeline.methods import registry as methods
from pipeline.tasks import registry as tasks

GROUP = "mmpt_test.things"
MODULE = """
from tests_of_things import Thing
FINE = Thing("fine")
TAKEN = Thing("ours")
OTHER = "no thing"
"""


@dataclass(frozen=True)
class Thing:
    name: str


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Write packages as pip would: package -> entry points of a group."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def installed(group: str, **packages: dict[str, str]) -> None:
        for package, points in packages.items():
            folder: Path = tmp_path / f"{package}-1.dist-info"
            folder.mkdir()
            (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1\n")
            lines = "".join(f"{name} = {value}\n" for name, value in points.items())
            (folder / "entry_points.txt").write_text(f"[{group}]\n{lines}")

    return installed


def test_what_is_broken_is_left_out_and_told(install, tmp_path, monkeypatch, caplog):
    import sys

    monkeypatch.setitem(sys.modules, "tests_of_things", sys.modules[__name__])
    (tmp_path / "things_of_others.py").write_text(MODULE)
    monkeypatch.delitem(sys.modules, "things_of_others", raising=False)
    install(
        GROUP,
        gone={"a": "no_such_module:X"},
        wrong={"b": "things_of_others:OTHER"},
        greedy={"c": "things_of_others:TAKEN"},
        whole={"d": "things_of_others:FINE"},
    )
    ours = Thing("ours")
    with caplog.at_level(logging.WARNING, "pipeline"):
        assert with_added([ours], GROUP, Thing) == {"ours": ours, "fine": Thing("fine")}
        assert with_added([ours], GROUP, Thing)["ours"] is ours
    told = [record.getMessage() for record in caplog.records][:3]
    assert [line.split(" adds ")[0] for line in told] == ["the package gone", "the package wrong", "the package greedy"]
    assert "no_such_module:X to mmpt_test.things, which cannot be used (ModuleNotFoundError: No module" in told[0]
    assert "it is a str, and has to be a Thing" in told[1] and "the name 'ours' is taken" in told[2]
    assert all(
        line.endswith(f"pip uninstall {package}")
        for line, package in zip(told, ("gone", "wrong", "greedy"), strict=True)
    )


@pytest.mark.parametrize(("registry", "ask"), [(methods, "methods"), (tasks, "tasks")])
def test_recipes_go_on_beside_a_broken_package(install, registry, ask, caplog):
    ask_for = getattr(registry, ask)
    before = list(ask_for())
    install(registry.GROUP, broken={"mine": "no_such_module:X"})
    ask_for.cache_clear()
    try:
        with caplog.at_level(logging.WARNING, "pipeline"):
            assert list(ask_for()) == before
    finally:
        ask_for.cache_clear()
    assert "the package broken adds no_such_module:X" in caplog.text
