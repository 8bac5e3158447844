"""A small tower of random weights, and a recipe of few clips that has run once."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "clips")]

import pytest  # noqa: E402
import torch  # noqa: E402
from event_runs import content_of, opened  # noqa: E402
from failing_clips import failing  # noqa: E402, F401
from finished_clips import call, finished, outcome, ran  # noqa: E402, F401
from safetensors.torch import save_file  # noqa: E402

from pipeline.encoders.cards import MINIATURE_WEIGHTS  # noqa: E402
from pipeline.encoders.stepped.known import MINIATURE_SWIN  # noqa: E402
from pipeline.encoders.stepped.swin_weights import build_swin  # noqa: E402
from pipeline.stages.whole import Outcome, run_recipe  # noqa: E402
from pipeline.tasks.av_events.bound import BoundAvEvents  # noqa: E402


@pytest.fixture(scope="session")
def tower(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a Swin-V2 of the miniature's sizes that has learned nothing."""
    folder = tmp_path_factory.mktemp("tower")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        model = build_swin(MINIATURE_SWIN)
        for name, value in model.named_parameters():
            if name.endswith(("norm1.weight", "norm2.weight")):  # timm's start at zero: a fresh block does nothing
                torch.nn.init.uniform_(value, 0.5, 1.0)
        save_file(dict(model.state_dict()), folder / "model.safetensors")
    shutil.copy(MINIATURE_WEIGHTS / "swin" / "config.json", folder)
    return f"swin-v2:{folder}"


Open = Callable[..., BoundAvEvents]


@pytest.fixture
def open_events(tmp_path: Path, tower: str) -> Open:
    """Bind the recipe, changed as asked, to this test's workspace."""
    return lambda **changes: opened(tmp_path, content_of(tower, **changes))


@pytest.fixture(scope="session")
def _first(tmp_path_factory: pytest.TempPathFactory, tower: str) -> tuple[Path, Outcome]:
    folder = tmp_path_factory.mktemp("first")
    return folder, run_recipe(opened(folder, content_of(tower)))
