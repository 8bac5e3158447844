"""Law 9: imports run downwards only, floor by floor, and heavy packages are imported where the design says and nowhere else.

Every rule is a function of sources. It holds for ours, and a copy of them with one forbidden import breaks it.
"""

import ast
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PATHS = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for package in ("stores", "pipeline", "flows")
    for path in sorted((ROOT / package).rglob("*.py"))
}
Sources = Mapping[str, str]
"""Module -> its text."""
OURS: Sources = {name: path.read_text("utf-8") for name, path in PATHS.items()}
FLOORS: tuple[tuple[str, ...], ...] = (
    ("stores",),
    ("pipeline.alarms", "pipeline.licences", "pipeline.printable", "pipeline.processes", "pipeline.strict"),
    (
        "pipeline.announce",
        "pipeline.devices",
        "pipeline.entry_points",
        "pipeline.labels",
        "pipeline.reading",
        "pipeline.recipe",
        "pipeline.records",
    ),
    ("pipeline.media", "pipeline.telemetry"),
    ("pipeline.encoders", "pipeline.text", "pipeline.training"),
    ("pipeline.methods", "pipeline.miniature", "pipeline.runner"),
    ("pipeline.datasets",),
    ("pipeline.evaluation", "pipeline.predictions", "pipeline.runs", "pipeline.sources"),
    ("pipeline.caching", "pipeline.classify", "pipeline.report"),
    ("pipeline.tasks",),
    ("pipeline.stages",),
    ("pipeline.operations", "pipeline.studies"),
    ("pipeline.api", "pipeline.exports"),
    ("pipeline.cli",),
    ("flows",),
)
"""From the ground up: what stands on a floor imports what lies below, and itself."""
FLOOR = {package: number for number, floor in enumerate(FLOORS) for package in floor}
HEAVY = ("torch", "transformers", "prefect", "vllm", "open_clip", "torchvision", "sklearn", "matplotlib", "dask")
LIGHT = (
    "stores", "pipeline.recipe", "pipeline.labels", "pipeline.datasets", "pipeline.media", "pipeline.encoders.cards",
    "pipeline.caching.specs", "pipeline.text.config", "pipeline.text.template", "pipeline.text.parse",
    "pipeline.text.filters", "pipeline.text.queries", "pipeline.text.generate", "pipeline.text.select", "pipeline.text.spec",
    "pipeline.processes", "pipeline.reading", "pipeline.methods.taam_cpt.config", "pipeline.methods.taam_cpt.prompts",
    "pipeline.methods.mov.config", "pipeline.methods.mov.counts", "pipeline.methods.mov.memory", "pipeline.methods.mov.methods",
    "pipeline.methods.mov.batches",
    "pipeline.training.checkpoint", "pipeline.evaluation", "pipeline.records",
    "pipeline.telemetry.progress", "pipeline.classify", "pipeline.stages.plan", "pipeline.tasks.sentences.lineage",
    "pipeline.methods.copl.counts", "pipeline.methods.copl.masks.config", "pipeline.methods.copl.masks.memory",
    "pipeline.methods.copl.masks.pyramid",
    "pipeline.methods.copl.questions.counts", "pipeline.methods.copl.questions.memory",
    "pipeline.methods.copl.questions.steps",
    "pipeline.api", "pipeline.exports.export",
    "pipeline.devices", "pipeline.encoders.stepped.known", "pipeline.encoders.stepped.of_card",
    "pipeline.stages.generate", "pipeline.stages.cache", "pipeline.stages.train", "pipeline.stages.evaluate",
    "pipeline.stages.report", "pipeline.stages.predict", "pipeline.stages.whole", "pipeline.stages.work",
    "pipeline.runner.base", "pipeline.runner.choose", "pipeline.runner.processes", "pipeline.runner.shards",
    "pipeline.runner.window", "pipeline.runner.worker_state", "pipeline.telemetry.recorded",
)  # fmt: skip


@cache
def imports(text: str, top_level_only: bool = False) -> tuple[tuple[str, str], ...]:
    """(module, name in it or "") of what a text imports, anywhere in it, annotations' imports included."""
    tree = ast.parse(text)
    found: list[tuple[str, str]] = []
    for node in tree.body if top_level_only else ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            found += [(node.module or "", alias.name) for alias in node.names]
    return tuple(found)


def importers(sources: Sources, package: str) -> set[str]:
    return {m for m, text in sources.items() if any(name.split(".")[0] == package for name, _ in imports(text))}


def arrows(sources: Sources, module: str) -> set[str]:
    """The modules of ours that a module imports; of a package that hands a name on, the package."""
    found = set()
    for name, part in imports(sources[module]):
        if f"{name}.{part}" in sources:
            found.add(f"{name}.{part}")
        elif name in sources:
            found.add(name)
    return found - {module}


def place(module: str) -> str:
    """The package, or the module beside them, that has a floor."""
    first, _, rest = module.partition(".")
    return first if first != "pipeline" or not rest else f"{first}.{rest.split('.')[0]}"


def upwards(sources: Sources) -> set[str]:
    """Imports of something on the same floor or above."""
    pairs = ((m, other) for m in sources if m != "pipeline" for other in arrows(sources, m))
    return {
        f"{m} -> {other}" for m, other in pairs if place(m) != place(other) and FLOOR[place(m)] <= FLOOR[place(other)]
    }


def circles(sources: Sources) -> set[str]:
    """Modules that import each other in a ring: left when all that imports nothing left is taken away, and what nothing left
    imports."""
    left = {module: arrows(sources, module) for module in sources}
    while True:
        needed = {other for others in left.values() for other in others}
        gone = {m for m, others in left.items() if not others & set(left) or m not in needed}
        if not gone:
            return set(left)
        left = {m: others - gone for m, others in left.items() if m not in gone}


def outside_flows(sources: Sources) -> set[str]:
    return {m for m in importers(sources, "prefect") if not m.startswith("flows")}


def vllm_elsewhere(sources: Sources) -> set[str]:
    return importers(sources, "vllm") - {"pipeline.text.engines.vllm"}


def dask_elsewhere(sources: Sources) -> set[str]:
    dask = importers(sources, "dask") | importers(sources, "distributed")
    return {m for m in dask if not m.startswith("pipeline.runner.dask.")}


def torch_where_none_is(sources: Sources) -> set[str]:
    return {m for m in importers(sources, "torch") if m.startswith(("stores", "flows", "pipeline.cli"))}


# A study is of one task, and so is what it reads of a run: `pipeline.studies.few_shot` knows few-shot runs only.
TASKS = {
    f"pipeline.tasks.{name}"
    for name in ("sentences", "few_shot", "av_events", "av_masks", "av_questions", "open_video")
}
SHARED = {"pipeline.tasks.av"}
"""What tasks of one kind share; it knows none of them."""
ALLOWED = {
    ("pipeline.tasks.registry", "pipeline.tasks.sentences.task"),
    ("pipeline.tasks.registry", "pipeline.tasks.few_shot.task"),
    ("pipeline.tasks.registry", "pipeline.tasks.av_events.task"),
    ("pipeline.tasks.registry", "pipeline.tasks.av_masks.task"),
    ("pipeline.tasks.registry", "pipeline.tasks.av_questions.task"),
    ("pipeline.tasks.registry", "pipeline.tasks.open_video.task"),
    # It writes a recipe of one task: folders without labelled splits suit the first only, clips with something the others.
    ("pipeline.cli.recipes", "pipeline.tasks.sentences.new"),
    ("pipeline.cli.recipes", "pipeline.tasks.av_events.new"),
    ("pipeline.cli.recipes", "pipeline.tasks.av_masks.new"),
    ("pipeline.cli.recipes", "pipeline.tasks.av_questions.new"),
    ("pipeline.cli.recipes", "pipeline.tasks.open_video.new"),
}


def one_task_elsewhere(sources: Sources) -> set[str]:
    """Imports of a single task's package by what is for all tasks, or of another task: a branch on the kind of a recipe."""
    pairs = {(m, other) for m in sources for other in arrows(sources, m)} - ALLOWED
    return {
        f"{m} -> {other}"
        for m, other in pairs
        for task in TASKS
        if f"{other}.".startswith(f"{task}.")
        and not f"{m}.".startswith((f"{task}.", f"{task.replace('tasks', 'studies')}."))
    }


def what_only_tests_import(sources: Sources) -> set[str]:
    return importers(sources, "tests") | importers(sources, "benchmarks")


def heavy_at_the_top(sources: Sources) -> set[str]:
    """What the command line and the store import as soon as they are imported themselves."""
    found = set()
    for package, more in (("pipeline.cli", {"typer"}), ("stores", {"numpy", "pyarrow", "h5py"})):
        allowed = {*sys.stdlib_module_names, "stores", "pipeline", *more}
        for module in (m for m in sources if m.startswith(package)):
            names = {name.split(".")[0] for name, _ in imports(sources[module], top_level_only=True)}
            found |= {f"{module} -> {name}" for name in names - allowed}
    return found


Rule = Callable[[Sources], set[str]]
FORBIDDEN: tuple[tuple[Rule, str, str], ...] = (
    (upwards, "stores.store", "from pipeline.strict import Strict"),
    (upwards, "pipeline.labels.label_set", "import pipeline.media.image"),
    (upwards, "pipeline.media.kinds", "def f():\n    from pipeline.datasets.folder import class_folders"),
    (upwards, "pipeline.telemetry.progress", "from pipeline.operations import status"),
    (upwards, "pipeline.cli.app", "import flows.stages"),
    (circles, "stores.errors", "def f():\n    from stores.damage import damaged"),
    (circles, "pipeline.encoders.tower", "from pipeline.encoders.prompted.image import PromptedImage"),
    (outside_flows, "pipeline.stages.train", "import prefect"),
    (vllm_elsewhere, "pipeline.text.engines.load", "from vllm import LLM"),
    (dask_elsewhere, "pipeline.runner.choose", "import distributed"),
    (torch_where_none_is, "stores.hdf5", "def f():\n    import torch"),
    (torch_where_none_is, "flows.stages", "from torch import nn"),
    (one_task_elsewhere, "pipeline.stages.refresh", "def f():\n    from pipeline.tasks.sentences.bound import BoundSentences"),
    (one_task_elsewhere, "pipeline.tasks.few_shot.task", "from pipeline.tasks.sentences.bound import BoundSentences"),
    (one_task_elsewhere, "pipeline.studies.load", "from pipeline.tasks.few_shot.recipe import FewShotRecipe"),
    (one_task_elsewhere, "flows.page", "import pipeline.tasks.few_shot.result"),
    (one_task_elsewhere, "pipeline.tasks.av.work", "from pipeline.tasks.av_events.bound import BoundAvEvents"),
    (what_only_tests_import, "stores.store", "import tests.conftest"),
    (heavy_at_the_top, "pipeline.cli.app", "import numpy"),
    (heavy_at_the_top, "stores.store", "import fsspec"),
)  # fmt: skip


def test_there_is_something_to_look_at() -> None:
    assert {"stores.store", "pipeline.stages.train", "pipeline.cli.app", "flows.stages"} <= set(OURS)
    assert {place(module) for module in OURS} - {"pipeline"} == set(FLOOR)
    inside = {".".join(m.split(".")[:3]) for m in OURS if m.startswith("pipeline.tasks.") and m.count(".") > 2}
    assert inside == TASKS | SHARED
    assert importers(OURS, "prefect") and importers(OURS, "distributed") and importers(OURS, "vllm")


@pytest.mark.parametrize("rule", dict.fromkeys(rule for rule, _, _ in FORBIDDEN), ids=lambda rule: rule.__name__)
def test_rules_of_imports_hold(rule: Rule) -> None:
    assert rule(OURS) == set()


@pytest.mark.parametrize(("rule", "module", "line"), FORBIDDEN)
def test_a_copy_with_one_forbidden_import_is_found(rule: Rule, module: str, line: str) -> None:
    assert rule({**OURS, module: f"{OURS[module]}\n{line}\n"}) != set()


def test_torch_free_modules_stay_so() -> None:
    """In one process that imports them all: none brings a heavy package with it."""
    script = (
        f"import importlib, sys\nfor name in {LIGHT!r}:\n    importlib.import_module(name)\n"
        f"    heavy = [h for h in {HEAVY!r} if h in sys.modules]\n    assert not heavy, (name, heavy)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def test_every_module_says_what_it_is_for() -> None:
    modules = {m: ast.parse(path.read_text()) for m, path in PATHS.items() if path.name != "__init__.py"}
    assert [m for m, tree in modules.items() if not ast.get_docstring(tree)] == []


def test_no_machine_s_path_or_registry_is_in_the_sources() -> None:
    files = [*PATHS.values(), *ROOT.glob("*.toml"), *ROOT.glob("*.md"), ROOT / "Makefile", *ROOT.glob("docs/**/*.md")]
    for path in files:
        text = path.read_text("utf-8")
        for word in ("/root/", "/home/", "file:///", "--index-url", "--extra-index-url"):
            assert word not in text, (path, word)
