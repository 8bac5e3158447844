"""What a worker holds, and how errors and news leave it."""

import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.runner.errors import Stopped
from pipeline.runner.worker_state import Failure, WorkerProgress
from stores.damage import damaged
from stores.errors import MissingKeys, MmptError


@pytest.mark.parametrize(
    "error",
    [
        MmptError("plain"),
        damaged(Path("w/features/0123456789abcdef/shards/000000-0.h5"), "is gone"),
        MissingKeys("2 rows are not stored", ["a", "b"]),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_travel_as_they_are(error):
    found = pickle.loads(pickle.dumps(Failure.of(error))).error()
    assert (type(found), str(found), vars(found)) == (type(error), str(error), vars(error))


def test_news_travel_as_whole_lines_and_a_unit_notices_that_it_is_not_wanted():
    told, wanted = [], [True]
    progress = WorkerProgress(told.append, lambda: not wanted[0])
    progress.say("some news")
    with progress.task("train", total=3, unit="step") as task:
        task.advance(2)
        task.note("loss 1")
    assert (
        told[0] == "some news"
        and told[1].startswith("train: 2/3 step")
        and told[1].endswith("loss 1")
        and len(told) == 2
    )
    wanted[0] = False
    with pytest.raises(Stopped), progress.task("train", total=3) as task:
        task.advance()
    with WorkerProgress(None, lambda: False).task("silent") as task:
        task.advance()


_SCRIPT = """
import sys
from pipeline.encoders import load
from pipeline.encoders.cards import card
from pipeline.runner.worker_state import load_encoder, take_on
loads = []
load.load_encoder = lambda *what: loads.append(what) or object()
cards = card("miniature-clip"), card("miniature-clap")
class Unit:
    name, files, device, talks = "unit", (), "cpu", False
    def __init__(self, card): self.card = card
    def run(self, progress): return load_encoder(self.card, "cpu", "float32")
assert load_encoder(cards[0], "cpu", "float32") is not load_encoder(cards[0], "cpu", "float32")
loads.clear()
found = [take_on(Unit(c), None, print, lambda: False).unpack() for c in (*cards[:1] * 3, *cards[1:] * 2, cards[0])]
assert found[0] is found[1] is found[2] and found[3] is found[4] and len(loads) == 3, loads
"""


def test_an_encoder_stays_in_a_worker_for_the_next_unit_and_one_only():
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT], cwd=Path(__file__).parents[2], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_threads_are_set_where_the_unit_computes():
    torch = pytest.importorskip("torch")
    from pipeline.runner.worker_state import _computing_with

    before = torch.get_num_threads()
    with _computing_with(3):
        assert torch.get_num_threads() == 3
    torch.set_num_threads(before)
