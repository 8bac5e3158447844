"""Batches on their way through a tower: every row, in order, whatever fits into the device's memory."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from pipeline.caching.lowering import Lowering, one_behind, rows_a_batch


class SmallDevice:
    """A tower whose device has room for so many rows; it doubles them."""

    def __init__(self, room):
        self.room, self.device, self.asked = room, torch.device("cpu"), []

    def lower(self, inputs, cut):
        self.asked.append(len(inputs))
        if len(inputs) > self.room:
            raise torch.OutOfMemoryError("planted")
        return {"vectors": torch.as_tensor(inputs) * 2.0, "ids": torch.as_tensor(inputs).long()}


@pytest.mark.parametrize("kind", [np.asarray, torch.as_tensor])
@pytest.mark.parametrize("room", [1, 2, 3, 5, 8, 100])
def test_every_row_arrives_in_order(kind, room):
    tower = SmallDevice(room)
    lowering = Lowering(tower, "output", "float32")
    rows = np.arange(37, dtype=np.float32)[:, None]
    for start in range(0, 37, 8):
        lowering.put(kind(rows[start : start + 8]))
    found = lowering.arrays()
    np.testing.assert_array_equal(found["vectors"], 2 * rows)
    np.testing.assert_array_equal(found["ids"], rows.astype(np.int64))
    assert found["vectors"].dtype == np.float32


def test_a_batch_that_does_not_fit_is_tried_once():
    tower = SmallDevice(4)
    lowering = Lowering(tower, "output", "float32")
    for _ in range(3):
        lowering.put(np.ones((16, 1), np.float32))
    assert tower.asked == [16, 8] + [4] * 12
    assert len(lowering.arrays()["vectors"]) == 48


def test_what_never_fits_is_the_devices_error():
    with pytest.raises(torch.OutOfMemoryError):
        Lowering(SmallDevice(0), "output", "float32").put(np.ones((4, 1), np.float32))


def test_no_batch_makes_no_rows():
    assert Lowering(SmallDevice(1), "output", "float32").arrays() is None


@pytest.mark.parametrize(("device", "ahead"), [("cpu", 0), ("cuda", 1), ("meta", 1)])
def test_shards_are_handed_on_in_order_and_one_late_where_it_helps(device, ahead):
    begun = []

    def shards():
        for number in range(4):
            begun.append(number)
            yield number

    handed = [(shard, len(begun)) for shard in one_behind(shards(), SimpleNamespace(type=device))]
    assert [shard for shard, _ in handed] == [0, 1, 2, 3]
    assert [count - shard - 1 for shard, count in handed] == [ahead] * (4 - ahead) + [0] * ahead


def test_the_cpus_batches_are_as_ever():
    assert rows_a_batch(torch.device("cpu")) == 32
    assert rows_a_batch(torch.device("cuda")) == 256
