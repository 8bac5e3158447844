"""Learning that was broken off goes on to the same bytes, whatever the method, and views and orders are those of the epoch."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from video_runs import METHODS, bound_of

from pipeline.encoders.load import load_encoder
from pipeline.tasks.open_video.batches import stored_clips
from pipeline.tasks.open_video.bound import BoundOpenVideo
from pipeline.tasks.open_video.learn import figure_of, learn
from pipeline.tasks.open_video.work import lacking_of, learned_clips, units
from pipeline.telemetry.progress import Progress, ProgressTask
from pipeline.training.checkpoint import Checkpoints


class Broken(Exception):
    """What breaks learning off."""


class Breaking(Progress):
    """Progress that breaks off after so many steps."""

    def __init__(self, after: int) -> None:
        super().__init__(None)
        self._left = after

    @contextmanager
    def task(self, name: str, total: int | None = None, unit: str = "row") -> Iterator[ProgressTask]:
        with super().task(name, total, unit) as task:
            advance = task.advance

            def counted(count: int = 1) -> None:
                advance(count)
                self._left -= count
                if self._left < 0:
                    raise Broken

            task.advance = counted  # type: ignore[method-assign]
            yield task


@pytest.mark.parametrize("method", list(METHODS))
def test_broken_off_learning_ends_in_the_same_bytes(method: str, finished: Path) -> None:
    bound = bound_of(finished)
    unit = next(unit for unit in units(bound) if unit.method == method)
    artifact = bound.store.artifact(unit.spec)
    whole = {key: artifact.blob(key) for key in sorted(artifact.keys())}
    (folder,) = (finished / "workspace/video-methods").glob(f"{unit.spec.fingerprint}*")
    shutil.rmtree(folder)
    encoder = load_encoder(bound.card, "cpu", "float32")
    with pytest.raises(Broken):
        learn(BoundOpenVideo(bound.recipe, "cpu", Breaking(3)), encoder, unit)
    again = BoundOpenVideo(bound.recipe, "cpu", Progress.silent())
    assert Checkpoints(again.store.artifact(unit.spec)).last_epoch() == 1
    assert learn(again, encoder, unit) == 1
    found = again.store.artifact(unit.spec)
    assert {key: found.blob(key) for key in sorted(found.keys())} == whole


def test_an_epoch_sees_the_view_of_its_number(ran: Path) -> None:
    bound = bound_of(ran)
    options = bound.recipe.methods["mov"]
    lacking = lacking_of(bound)
    learned, held = learned_clips(bound, options, lacking)
    assert len(learned.rows) == 12 and len(held.rows) == 4  # a quarter of every class
    assert {row.labels[0] for row in held.rows} == set(learned.classes)
    assert not {row.key for row in learned.rows} & {row.key for row in held.rows}
    stored = stored_clips(bound, learned, options, frozenset())
    batch, clips = stored.learned(np.array([3, 1]), 5), stored.judged(np.array([3, 1]))
    assert batch.labels.tolist() == [learned.labels[3], learned.labels[1]]
    np.testing.assert_array_equal(batch.video, clips.video[:, 0])
    assert batch.other is not None and clips.other is not None
    np.testing.assert_array_equal(batch.other, clips.other[:, 0])


def test_of_equal_epochs_the_surer_is_better_and_never_than_one_with_more_right() -> None:
    labels = (0, 1, 1)
    unsure = np.array([[0.6, 0.4], [0.4, 0.6], [0.6, 0.4]], np.float32)
    sure = np.array([[0.9, 0.1], [0.1, 0.9], [0.6, 0.4]], np.float32)
    all_right = np.array([[0.51, 0.49], [0.49, 0.51], [0.49, 0.51]], np.float32)
    very_sure = np.array([[1.0, 0.0], [0.0, 1.0], [0.5001, 0.4999]], np.float32)
    figures = [figure_of(each, labels) for each in (unsure, sure, very_sure, all_right)]
    assert figures == sorted(figures) and len(set(figures)) == 4
    assert 2 / 3 < figures[0] and figures[2] < 1 < figures[3]
