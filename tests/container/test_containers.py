"""What compose.yaml starts, started: a flow and a Dask run go through it, into the object store. Run by `make test-service`.

About a minute and a half on two free cores. Images and Docker itself are not tried here, see docs/container.md.
"""

import json
import signal
from collections.abc import Iterator

import numpy as np
import pytest
import yaml
from compose_run import Compose
from PIL import Image

pytestmark = [pytest.mark.service, pytest.mark.timeout(3600)]
WORKSPACE = "s3://mmpt/workspace"


@pytest.fixture(scope="module")
def compose(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compose]:
    found = Compose(tmp_path_factory.mktemp("home"))
    rng = np.random.default_rng(0)
    for label in ("cat", "dog"):
        (found.home / "media" / label).mkdir()
        for i in range(2):
            Image.fromarray(rng.integers(0, 256, (40, 50, 3), np.uint8)).save(found.home / "media" / label / f"{i}.png")
    recipe = {
        "name": "small",
        "workspace": WORKSPACE,
        "modalities": {
            "image": {"labels": ["cat", "dog"], "encoder": "miniature-clip", "data": {"layout": "folder", "root": "../media"}}
        },
        "generate": {"engine": "deterministic", "sentences_per_class": 4},
        "cache": {"workers": 1},
    }  # fmt: skip
    (found.home / "recipes/recipe.yaml").write_text(yaml.safe_dump(recipe))
    try:
        yield found
    finally:
        found.down()


def stored(compose: Compose) -> set[str]:
    """The kinds of artifacts in the object store."""
    return {
        each["kind"]
        for each in json.loads(compose.run("cli", "mmpt-pipeline", "store", "ls", "-w", WORKSPACE, "--json"))
    }


def test_a_flow_goes_through_server_and_worker_into_the_object_store(compose: Compose) -> None:
    compose.up("worker-no-gpu")
    deployment = ["prefect", "deployment", "run", "generate-texts/generate-texts"]
    told = compose.run("worker-no-gpu", *deployment, "-p", "recipe=recipes/recipe.yaml", "--watch")
    assert "Completed" in told
    assert stored(compose) == {"texts"}


def test_a_dask_worker_makes_features_in_the_object_store(compose: Compose) -> None:
    compose.up("dask-worker")
    scheduler = "tcp://scheduler:8786"
    compose.run("cli", "mmpt-pipeline", "cache-features", "recipes/recipe.yaml", "--device", "cpu", "--dask", scheduler)
    assert stored(compose) == {"texts", "features"}
    assert "Receive client connection" in (compose.home / "scheduler.log").read_text()


def test_checks_tell_when_something_is_gone(compose: Compose) -> None:
    """A scheduler that ends takes its workers with it, which Docker starts again; the server is missed by its own check."""
    compose.stop("scheduler")
    assert not compose.healthy("scheduler")
    compose.stop("worker-no-gpu", signal.SIGINT)
    compose.stop("server")
    assert not compose.healthy("server") and not compose.healthy("worker-no-gpu")
