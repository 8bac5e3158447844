"""What holds for every test, and a small real recipe that has run once: pictures and sounds made here, the shipped
miniature encoders, sentences from word lists. And an S3 server on loopback.
"""

import os
import signal

# A shell that runs the tests in the background has them ignore Ctrl-C, and so would every program that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
for _name in (
    "MMPT_WORKSPACE",
    "MMPT_LOG_FORMAT",
    "NO_COLOR",
    "FORCE_COLOR",
):  # a developer's shell must not change a test
    os.environ.pop(_name, None)

import pickle  # noqa: E402
import shutil  # noqa: E402
import socket  # noqa: E402
import subprocess  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
import uuid  # noqa: E402
from collections.abc import Callable, Iterator, Sequence  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import numpy as np  # noqa: E402
import pytest  # noqa: E402
import soundfile  # noqa: E402
import yaml  # noqa: E402
from PIL import Image  # noqa: E402

from pipeline.runner.base import R, Unit  # noqa: E402
from pipeline.stages.whole import Outcome, run_recipe  # noqa: E402
from pipeline.tasks.load import load_recipe  # noqa: E402
from pipeline.tasks.sentences.bound import BoundSentences  # noqa: E402
from pipeline.telemetry.progress import Progress  # noqa: E402

KINDS = ("texts", "features", "checkpoints", "classifiers", "assignments", "evaluations")
LABELS = {"image": ["cat", "dog", "sun"], "audio": ["bark", "rain"]}
ENCODERS = {"image": "miniature-clip", "audio": "miniature-clap", "video": "miniature-viclip"}


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real images, sounds and videos that lies beside the repository."""
    folder = Path(__file__).resolve().parents[1] / "../shared/media"
    if not folder.is_dir():
        pytest.skip("the folder of real media, ../shared/media, is not here")
    return folder


@pytest.fixture(scope="session")
def cases() -> Path:
    """The folder of small files that once got a wrong answer; it lies beside the repository."""
    folder = Path(__file__).resolve().parents[1] / "../shared/cases"
    if not folder.is_dir():
        pytest.skip("the folder of small cases, ../shared/cases, is not here")
    return folder


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three pictures and two sounds a class; one more picture is cut off, and one points nowhere."""
    root, rng = tmp_path_factory.mktemp("media"), np.random.default_rng(0)
    for label in LABELS["image"]:
        (root / "image" / label).mkdir(parents=True)
        for i in range(3):
            pixels = rng.integers(0, 256, (40, 50, 3), np.uint8)
            Image.fromarray(pixels).save(root / "image" / label / f"{i}.png")
    whole = (root / "image/cat/0.png").read_bytes()
    (root / "image/cat/cut.png").write_bytes(whole[: len(whole) // 2])
    (root / "image/dog/gone.png").symlink_to("nowhere.png")
    for label in LABELS["audio"]:
        (root / "audio" / label).mkdir(parents=True)
        for i in range(2):
            soundfile.write(root / "audio" / label / f"{i}.wav", rng.normal(0, 0.1, 16000), 16000)
    return root


def content_of(media: Path, labels: dict[str, list[str]]) -> dict[str, Any]:
    """The recipe as a mapping."""
    modalities = {
        m: {"labels": names, "encoder": ENCODERS[m]}
        | ({"data": {"layout": "folder", "root": str(media / m)}} if (media / m).is_dir() else {})
        for m, names in labels.items()
    }
    return {
        "name": "small",
        "modalities": modalities,
        "generate": {"engine": "deterministic", "sentences_per_class": 6},
        "cache": {"workers": 1},
        # Its sentences are of word lists, and the encoders know few of the words: the filter would drop about half of them.
        "train": {
            "epochs": 3,
            "batch_size": 16,
            "agreement": False,
            "lr": {"video": 0.05, "image": 0.05, "audio": 0.05},
        },
    }


Open = Callable[..., BoundSentences]


@pytest.fixture
def open_context(media: Path, tmp_path: Path) -> Open:
    """Bind the recipe, changed as asked, to this test's workspace."""

    def opened(labels: dict[str, list[str]] = LABELS, workspace: Path | None = None, **changes: Any) -> BoundSentences:
        content = content_of(media, labels)
        for part, change in changes.items():
            old = content.get(part)
            content[part] = old | change if isinstance(old, dict) and isinstance(change, dict) else change
        path = tmp_path / "recipe.yaml"
        path.write_text(yaml.safe_dump(content))
        return BoundSentences(load_recipe(path, workspace or tmp_path / "workspace"), "cpu", Progress.silent())

    return opened


@pytest.fixture(scope="session")
def _first_run(media: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    folder = tmp_path_factory.mktemp("first")
    (folder / "recipe.yaml").write_text(yaml.safe_dump(content_of(media, LABELS)))
    recipe = load_recipe(folder / "recipe.yaml", folder / "workspace")
    return recipe.workspace, run_recipe(BoundSentences(recipe, "cpu", Progress.silent()))


@pytest.fixture
def finished(_first_run: tuple[Path, Outcome], tmp_path: Path) -> Path:
    """This test's own copy of a workspace in which the recipe has run."""
    return Path(shutil.copytree(_first_run[0], tmp_path / "workspace", copy_function=shutil.copy2))


@pytest.fixture
def outcome(_first_run: tuple[Path, Outcome]) -> Outcome:
    """What the first run ended with."""
    return _first_run[1]


@pytest.fixture
def tree() -> Callable[[Path], dict[str, bytes]]:
    """Every file of the artifacts."""
    return lambda workspace: {
        str(path.relative_to(workspace)): path.read_bytes()
        for kind in KINDS
        for path in sorted((workspace / kind).rglob("*"))
        if path.is_file()
    }


class PackedRunner:
    """Does units in this process as a worker would: unpickled, with nothing but what travelled."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def run_all(self, units: Sequence[Unit[R]]) -> Iterator[tuple[int, R]]:
        for number, unit in enumerate(units):
            self.names.append(unit.name)
            yield number, pickle.loads(pickle.dumps(pickle.loads(pickle.dumps(unit)).run(Progress.silent())))

    def run(self, unit: Unit[R], progress: Progress) -> R:
        ((_, found),) = self.run_all([unit])
        return found


@pytest.fixture
def packed_runner() -> PackedRunner:
    """A runner whose worker is this process."""
    return PackedRunner()


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an S3 server of our own, which this process and those it starts use as theirs."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    log = tmp_path_factory.mktemp("s3") / "log"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with log.open("w") as file, pytest.MonkeyPatch.context() as patch:
        server = subprocess.Popen(command, stdout=file, stderr=file)
        for name, value in {
            "AWS_ENDPOINT_URL": address, "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": "us-east-1", "MMPT_CACHE": str(tmp_path_factory.mktemp("cache")),
        }.items():  # fmt: skip
            patch.setenv(name, value)
        try:
            _wait_for(port, server)
            import boto3

            boto3.client("s3", endpoint_url=address).create_bucket(Bucket="bucket")
            yield address
        finally:
            server.kill()
            server.wait()


def _wait_for(port: int, server: "subprocess.Popen[bytes]") -> None:
    for _ in range(600):
        assert server.poll() is None, "the server has died"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server does not answer")


@pytest.fixture
def s3(s3_server: str) -> str:
    """The URL of a workspace of this test's own."""
    return f"s3://bucket/{uuid.uuid4().hex}"
