"""Workers make the bytes that this process makes, send back names only, and fail as it would."""

import pickle
import time

import numpy as np
import pytest
from PIL import Image
from random_encoders import write_random_encoder
from toy_work import SPEC, ToyWork, publish, tree

from pipeline.caching.media import cache_media
from pipeline.caching.specs import media_features_spec, text_features_spec
from pipeline.caching.texts import cache_texts
from pipeline.datasets.rows import MediaRow
from pipeline.encoders.cards import card
from pipeline.media import ImageSpec
from pipeline.runner.errors import RunnerError, UnitKilled
from pipeline.runner.shards import MakeShard, in_shards
from pipeline.sources.cache import cache_source
from pipeline.telemetry.progress import Progress
from stores import Store, file_key, text_key
from stores.errors import ShardError
from stores.staged import Ordinals

SILENT = Progress.silent()
ROWS = range(42)


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return card(f"clip:{write_random_encoder('clip', tmp_path_factory.mktemp('clip'))}")


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """Pictures, of which the first four, a whole shard, and a later one are broken."""
    folder, rows = tmp_path_factory.mktemp("images"), []
    for number in range(19):
        path = folder / f"{number}.png"
        Image.fromarray(np.random.default_rng(number).integers(0, 256, (30, 40, 3), np.uint8)).save(path)
        if number < 4 or number == 9:
            path.write_bytes(path.read_bytes()[:200] + bytes([number]))
        rows.append(MediaRow(file_key(path), str(path), ()))
    return rows


def test_media_texts_and_sources_are_the_same_bytes(tmp_path, runner, clip, images):
    found = []
    for place, elsewhere in (("here", None), ("there", runner)):
        store = Store(tmp_path / place)
        some = {"device": "cpu", "progress": SILENT, "runner": elsewhere}
        media = cache_media(store, clip, images, workers=1, shard_rows=4, batch_size=3, **some)
        texts = cache_texts(store, clip, [f"a photo of {n}" for n in range(23)], shard_rows=5, batch_size=2, **some)
        source = cache_source(store, ImageSpec(24), images, progress=SILENT, workers=0, runner=elsewhere)
        found.append([(media.encoded, media.rejected), (texts.encoded, texts.wanted), (source.made, source.rejected)])
        assert media.decode_s > 0 and media.encode_s > 0
    assert found[0] == found[1] == [(14, 5), (23, 23), (14, 5)]
    here, there = tree(tmp_path / "here"), tree(tmp_path / "there")
    assert here.keys() == there.keys() and not [name for name in here if here[name] != there[name]]
    # The first shard holds broken files only, so it is another one whose rows were measured: by a worker, as here.
    assert Store(tmp_path / "there").artifact(media_features_spec(clip)).manifest.notes.keys() == {"batch", "stored"}
    assert Store(tmp_path / "there").artifact(text_features_spec(clip)).manifest.notes


def test_what_was_begun_here_is_ended_there(tmp_path, runner, clip, images):
    for place in ("whole", "begun"):
        options = {"device": "cpu", "progress": SILENT, "workers": 0, "shard_rows": 4, "batch_size": 3}
        for rows, elsewhere in ((images[:8], None), (images, runner)) if place == "begun" else ((images, None),):
            cache_media(Store(tmp_path / place), clip, rows, runner=elsewhere, **options)
    assert tree(tmp_path / "begun") == tree(tmp_path / "whole")


def test_many_shards_of_which_some_are_empty(tmp_path, runner):
    work = ToyWork(broken=frozenset([*range(8), 14, 20, 21, 22, 23, 41]))
    here, there = publish(tmp_path / "here", work, ROWS), publish(tmp_path / "there", work, ROWS, runner)
    assert here == there and sum(each.rows for each in here) == 28
    assert tree(tmp_path / "here") == tree(tmp_path / "there")
    assert Store(tmp_path / "there").artifact(SPEC).manifest.notes == {"first": 8.0}
    assert publish(tmp_path / "there", work, ROWS, runner) == []


def test_what_another_run_made_meanwhile_loads_no_encoder(tmp_path):
    """A stage that waited for the artifact finds no shard left; the work is not even begun."""

    class Untouched:
        make = None

    assert publish(tmp_path, Untouched(), []) == []


def test_no_array_travels(tmp_path, clip):
    """What goes out is the rows' names, what comes back a description of about a kilobyte, whatever the width of a row."""
    artifact = Store(tmp_path).artifact(SPEC)
    unit = MakeShard(ToyWork(), artifact, list(range(5000)), 0, Ordinals(0, 0), first=True)
    made = unit.run(SILENT)
    stored = (artifact.path / "shards" / made.rows.shards[0].file).stat().st_size
    assert stored > 200_000 and len(pickle.dumps(made)) < 1500
    few = MakeShard(ToyWork(), artifact, [], 0, Ordinals(0, 0), first=True)
    assert len(pickle.dumps(few)) < 1500 and len(pickle.dumps(unit)) < 25_000


def test_an_error_of_a_worker_is_the_error_of_this_process(tmp_path, runner):
    told = []
    for place, elsewhere in (("here", None), ("there", runner)):
        with pytest.raises(ShardError) as error:
            publish(tmp_path / place, ToyWork(wrong=18), ROWS, elsewhere)
        told.append((str(error.value), error.value.found))
    assert told[0] == told[1] and told[0][1] == "is wrong"
    assert tree(tmp_path / "here") == tree(tmp_path / "there")
    assert len(Store(tmp_path / "there").artifact(SPEC).keys()) == 16


def test_nobody_writes_any_more_once_an_error_is_told(tmp_path, runner):
    """A shard that is being written when another one fails would be left where no manifest names it."""
    publish(tmp_path, ToyWork(), ROWS[:8], runner)  # both workers are there
    held = tree(tmp_path)
    with pytest.raises(ShardError, match="is wrong"):
        publish(tmp_path, ToyWork(wrong=8, slow_to_end=14), ROWS, runner)
    time.sleep(2)
    assert tree(tmp_path) == held


def test_an_error_of_an_encoder_is_told_as_here(tmp_path, runner, clip, images):
    one = [MediaRow(text_key("x"), images[5].path, ())]
    work = {"device": "cpu", "progress": SILENT, "workers": 0, "cut": "nowhere"}
    told = []
    for place, elsewhere in (("here", None), ("there", runner)):
        with pytest.raises(Exception) as error:
            cache_media(Store(tmp_path / place), clip, one, runner=elsewhere, **work)
        told.append((type(error.value), str(error.value)))
    assert told[0] == told[1]


def test_a_shard_that_kills_its_workers_is_left_out_and_told(tmp_path, runner):
    with pytest.raises(UnitKilled) as error:
        publish(tmp_path / "there", ToyWork(poison=18), ROWS, runner)
    text = str(error.value)
    assert text.startswith("cache toy, shard 5 (4 rows): every process that took this on was killed, ")
    assert (
        "\n  file-16.png\n  file-17.png\n  file-18.png\n  file-19.png\n" in text
        and "Type the same command again" in text
    )
    artifact = Store(tmp_path / "there").artifact(SPEC)
    assert artifact.keys() == [text_key(str(row)) for row in ROWS if row not in range(16, 20)]
    assert artifact.verify() == []
    publish(tmp_path / "there", ToyWork(), ROWS, runner)
    assert set(artifact.keys()) == {text_key(str(row)) for row in ROWS}


def test_workers_that_write_elsewhere_are_told(tmp_path):
    """A worker whose workspace is another folder of the same name."""

    class Elsewhere:
        def run_all(self, units):
            for number, unit in enumerate(units):
                made = unit.run(SILENT)
                for part in made.rows.shards:
                    (unit.artifact.path / "shards" / part.file).unlink()
                yield number, made

    with pytest.raises(RunnerError, match="but here it is gone: .* one folder that this machine and all workers see"):
        publish(tmp_path, ToyWork(), ROWS, Elsewhere())


def test_shards_are_cut_as_they_always_were():
    assert [list(rows) for rows in in_shards(range(10), 4)] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert in_shards([], 4) == []
