"""Which workers get the units that compute on a GPU: those that offer one, and no more at a time than they have."""

import time
from itertools import pairwise

import pytest
from clusters import cluster
from toy_work import Where

from pipeline.runner.dask.cluster import DaskCluster


@pytest.fixture(scope="module")
def runner(tmp_path_factory):
    """Three workers: one with a GPU and two threads, two without."""
    with cluster(tmp_path_factory.mktemp("cluster"), 2) as dask:
        dask.workers.append(dask.start_worker("--resources", "GPU=1", "--name", "gpu", "--nthreads", "2"))
        with DaskCluster(dask.address) as found:
            deadline = time.monotonic() + 60
            while found.slots() < 4 and time.monotonic() < deadline:
                time.sleep(0.1)
                list(found.run_all([]))  # looks who is there
            assert found.slots() == 4
            yield found


@pytest.mark.parametrize("device", ["auto", "cuda", "cuda:0"])
def test_units_go_where_a_gpu_is_and_one_at_a_time(runner, device):
    done = [found for _, found in runner.run_all([Where(device) for _ in range(6)])]
    assert {worker for worker, _, _ in done} == {"gpu"}
    times = sorted((began, ended) for _, began, ended in done)
    assert all(first[1] <= second[0] for first, second in pairwise(times)), "two at a time on one GPU"


def test_units_that_need_none_go_anywhere(runner):
    done = [found for _, found in runner.run_all([Where("cpu") for _ in range(12)])]
    assert len({worker for worker, _, _ in done}) > 1
