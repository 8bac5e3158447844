"""What pyproject.toml says of the package, beside the lock and the files that go with it."""

import re
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "pyproject.toml").read_text("utf-8")
PROJECT = tomllib.loads(TEXT)["project"]
EXTRAS = PROJECT["optional-dependencies"]
LOCKED = {
    canonicalize_name(name): version
    for name, version in re.findall(r"^([\w.-]+)==(\S+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
}
SHIPPED = [
    str(path.relative_to(ROOT))
    for package in ("pipeline", "flows", "stores")
    for path in sorted((ROOT / package).rglob("*"))
    if path.is_file() and path.suffix not in {".py", ".pyc"} and path.name != "py.typed"
]


@pytest.mark.parametrize(
    "given", [*PROJECT["dependencies"], *EXTRAS["dev"], *EXTRAS["flow"], *EXTRAS["real"], *EXTRAS["s3"]]
)
def test_the_lock_lies_in_every_range(given: str) -> None:
    asked = Requirement(given)
    assert asked.specifier.contains(LOCKED[canonicalize_name(asked.name)]), given


@pytest.mark.parametrize("given", PROJECT["dependencies"])
def test_others_may_bring_their_own_versions(given: str) -> None:
    """A lower bound that the code needs; an upper one only where a break is known, which the line says."""
    operators = {part.operator for part in Requirement(given).specifier}
    assert ">=" in operators and operators <= {">=", "<"}
    line = next(line for line in TEXT.splitlines() if f'"{given}"' in line)
    assert "<" not in operators or re.search(r"#.{20}", line), f"{given}: what breaks above?"


def test_extras_are_those_that_the_docs_name() -> None:
    named = re.findall(r"^\| `(\w+)` \|", (ROOT / "docs/installing.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(named) == sorted(EXTRAS) == ["dev", "flow", "onnx", "real", "s3", "vllm"]


def test_pythons_are_the_same_everywhere() -> None:
    allowed = [
        f"3.{minor}" for minor in range(8, 20) if SpecifierSet(PROJECT["requires-python"]).contains(f"3.{minor}")
    ]
    prefix = "Programming Language :: Python :: 3."
    assert allowed == ["3.11", "3.12", "3.13"]
    assert [f"3.{c[len(prefix) :]}" for c in PROJECT["classifiers"] if re.match(rf"{prefix}\d", c)] == allowed
    assert "(3, 11) <= v < (3, 14)" in (ROOT / "Makefile").read_text()


def test_licence_and_citation_say_the_same() -> None:
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert cited["license"] == PROJECT["license"] == "Apache-2.0"
    assert cited["version"] == PROJECT["version"]
    licence = (ROOT / "LICENSE").read_text("utf-8")
    assert licence.split()[:5] == ["Apache", "License", "Version", "2.0,", "January"]
    assert "END OF TERMS AND CONDITIONS" in licence and len(licence.split()) == 1581
    assert all((ROOT / name).is_file() for name in PROJECT["license-files"])
    assert re.search(r"^## Unreleased$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_licence_of_everything_that_ships_is_said(name: str) -> None:
    text = (ROOT / "LICENSES.md").read_text("utf-8")
    patterns = re.findall(r"`([\w./*-]+)`", text.replace("**/*", "*"))
    sets = "pipeline/labels/sets/"
    assert any(fnmatch(name, pattern) or name == sets + pattern for pattern in patterns), (
        f"{name} is not in LICENSES.md"
    )


def test_nothing_is_named_that_does_not_ship() -> None:
    text = (ROOT / "LICENSES.md").read_text("utf-8")
    files = {name.rsplit("/", 1)[-1] for name in SHIPPED}
    assert set(re.findall(r"`([\w-]+\.txt)`", text)) <= files
    assert not any(url for url in PROJECT.get("urls", {}).values())
