"""The order of results, blame for lost workers, and what is dropped, with a pool that is told what happens."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.runner.errors import UnitKilled, WorkerLost
from pipeline.runner.window import Window


class Unit:
    device, talks = "cpu", False

    def __init__(self, number):
        self.number, self.name, self.files = number, f"unit {number}", [f"{number}-{i}.png" for i in range(7)]


class Pool:
    """Finishes units in a random order; a death takes the units in hand with it, as a worker's does."""

    tries = 2

    def __init__(self, seed=0, width=3, killers=(), wrong=(), deaths=0):
        self.random, self._width = random.Random(seed), width
        self.killers, self.wrong, self.deaths = set(killers), set(wrong), deaths
        self.handed_out, self.most, self.cancelled, self.lost = [], 0, [], set()

    def width(self):
        return self._width

    def submit(self, unit):
        self.handed_out.append(unit.number)
        return unit.number, len(self.handed_out)

    def first_done(self, waiting):
        self.most = max(self.most, len(waiting))
        killer = [future for future in waiting if future[0] in self.killers]
        if killer or (self.deaths and self.random.random() < 0.3):
            self.deaths -= not killer
            self.lost = set(waiting)
            return list(waiting)
        return [self.random.choice(sorted(waiting))]

    def result(self, future):
        if future in self.lost:
            raise WorkerLost(4)
        if future[0] in self.wrong:
            raise ValueError(f"wrong {future[0]}")
        return future[0] ** 2

    def cancel(self, waiting):
        self.cancelled += [number for number, _ in waiting]


def run(pool, count):
    """What came before the end, and how it ended."""
    found = []
    try:
        for each in Window(pool, [Unit(i) for i in range(count)]).results():
            found.append(each)
    except Exception as error:
        return found, error
    return found, None


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 5), st.integers(0, 20))
def test_results_come_in_order_and_no_more_is_in_hand_than_the_workers_want(seed, width, count):
    pool = Pool(seed, width)
    assert run(pool, count) == ([(i, i * i) for i in range(count)], None)
    assert pool.most <= width and pool.handed_out == list(range(count)) and pool.cancelled == []


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 4))
def test_a_worker_that_dies_costs_nothing(seed, width):
    pool = Pool(seed, width, deaths=1)
    assert run(pool, 12) == ([(i, i * i) for i in range(12)], None)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 4), st.sets(st.integers(0, 11), min_size=1, max_size=3))
def test_only_the_guilty_are_left_out(seed, width, killers):
    found, error = run(Pool(seed, width, killers=killers), 12)
    assert found == [(i, i * i) for i in range(12) if i not in killers]
    assert isinstance(error, UnitKilled) and error.name == f"unit {min(killers)}" and error.times == 8


def test_who_is_to_blame_is_told_with_files_and_what_to_type():
    _, error = run(Pool(killers={2}), 5)
    assert str(error) == (
        "unit 2: every process that took this on was killed, 8 in all, the last one with nothing else in hand. Most often such "
        "work needs more memory than a worker has. Its files are:\n  2-0.png\n  2-1.png\n  2-2.png\n  2-3.png\n  2-4.png\n"
        "  and 2 more\nEverything else of this step is published. Type the same command again with fewer workers or more memory "
        "for each, or without --dask and --processes, where the reason shows."
    )


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 4), st.sets(st.integers(0, 11), min_size=1, max_size=3))
def test_an_error_is_raised_in_its_turn(seed, width, wrong):
    pool = Pool(seed, width, wrong=wrong)
    found, error = run(pool, 12)
    first = min(wrong)
    assert found == [(i, i * i) for i in range(first)] and str(error) == f"wrong {first}"
    assert max(pool.handed_out) < first + 2 * width + 12 * (width > 1)


def test_who_gives_up_drops_what_is_in_hand():
    pool = Pool(width=3)
    results = Window(pool, [Unit(i) for i in range(9)]).results()
    next(results)
    results.close()
    assert pool.cancelled and set(pool.cancelled) <= set(pool.handed_out)


@pytest.mark.parametrize("count", [0, 1])
def test_few_units(count):
    assert run(Pool(), count) == ([(i, 0) for i in range(count)], None)
