"""Law 9: imports run flows -> pipeline -> stores, and heavy packages are imported where the design says and nowhere else."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for package in ("stores", "pipeline", "flows")
    for path in sorted((ROOT / package).rglob("*.py"))
}
HEAVY = ("torch", "transformers", "prefect", "vllm", "open_clip", "torchvision", "sklearn", "matplotlib", "dask")
LIGHT = (
    "stores", "pipeline.recipe", "pipeline.labels", "pipeline.datasets", "pipeline.media", "pipeline.encoders.cards",
    "pipeline.caching.specs", "pipeline.text.config", "pipeline.text.template", "pipeline.text.parse",
    "pipeline.text.filters", "pipeline.text.queries", "pipeline.text.generate", "pipeline.text.select", "pipeline.text.spec",
    "pipeline.processes", "pipeline.reading", "pipeline.methods.taam_cpt.config", "pipeline.methods.taam_cpt.prompts",
    "pipeline.training.checkpoint", "pipeline.evaluation", "pipeline.runs",
    "pipeline.progress", "pipeline.predict", "pipeline.stages.plan", "pipeline.stages.lineage", "pipeline.devices",
    "pipeline.stages.generate", "pipeline.stages.cache", "pipeline.stages.train", "pipeline.stages.evaluate",
    "pipeline.stages.report", "pipeline.stages.predict", "pipeline.stages.whole", "pipeline.stages.on_worker",
    "pipeline.runner.base", "pipeline.runner.choose", "pipeline.runner.processes", "pipeline.runner.shards",
    "pipeline.runner.window", "pipeline.runner.worker_state", "pipeline.operations.recorded",
)  # fmt: skip


def imports(path: Path, top_level_only: bool = False) -> Iterator[str]:
    """Whole names of the modules that a file imports, anywhere in it, annotations' imports included."""
    tree = ast.parse(path.read_text("utf-8"))
    nodes: list[ast.stmt] = list(tree.body)
    for node in nodes if top_level_only else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def importers(package: str) -> set[str]:
    return {m for m, path in MODULES.items() if any(name.split(".")[0] == package for name in imports(path))}


def test_there_is_something_to_look_at() -> None:
    assert {"stores.store", "pipeline.stages.train", "pipeline.cli.app", "flows.stages"} <= set(MODULES)


def test_imports_run_one_way() -> None:
    assert {m for m in importers("pipeline") if m.startswith("stores")} == set()
    assert {m for m in importers("flows") if not m.startswith("flows")} == set()
    assert {m for m in importers("tests") | importers("benchmarks")} == set()


def test_prefect_lives_in_flows() -> None:
    assert importers("prefect") and {m for m in importers("prefect") if not m.startswith("flows")} == set()


def test_vllm_and_dask_have_a_place_each() -> None:
    assert importers("vllm") == {"pipeline.text.engines.vllm"}
    dask = importers("dask") | importers("distributed")
    assert dask and {m for m in dask if not m.startswith("pipeline.runner.dask.")} == set()


def test_stores_and_prefect_s_side_know_no_torch() -> None:
    assert {m for m in importers("torch") if m.startswith(("stores", "flows", "pipeline.cli"))} == set()


@pytest.mark.parametrize("package", ["pipeline.cli", "stores"])
def test_the_command_line_imports_nothing_heavy_at_the_top(package: str) -> None:
    allowed = {*sys.stdlib_module_names, "typer", "stores", "pipeline"} | (
        {"numpy", "pyarrow", "h5py"} if package == "stores" else set()
    )
    for module, path in MODULES.items():
        if module.startswith(package):
            found = {name.split(".")[0] for name in imports(path, top_level_only=True)}
            assert found <= allowed, module


def test_torch_free_modules_stay_so() -> None:
    """In one process that imports them all: none brings a heavy package with it."""
    script = (
        f"import importlib, sys\nfor name in {LIGHT!r}:\n    importlib.import_module(name)\n"
        f"    heavy = [h for h in {HEAVY!r} if h in sys.modules]\n    assert not heavy, (name, heavy)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def test_every_module_says_what_it_is_for() -> None:
    modules = {m: ast.parse(path.read_text()) for m, path in MODULES.items() if path.name != "__init__.py"}
    assert [m for m, tree in modules.items() if not ast.get_docstring(tree)] == []


def test_no_machine_s_path_or_registry_is_in_the_sources() -> None:
    files = [*MODULES.values(), *ROOT.glob("*.toml"), *ROOT.glob("*.md"), ROOT / "Makefile", *ROOT.glob("docs/**/*.md")]
    for path in files:
        text = path.read_text("utf-8")
        for word in ("/root/", "/home/", "file:///", "--index-url", "--extra-index-url"):
            assert word not in text, (path, word)
