"""What a runner costs: a thousand shards through it, against a bare loop that makes and publishes them.

In this process a shard takes 0.02 s, on two Dask workers 0.1 s (256 images take seconds on any machine). The workers are held
against half of the bare loop's time.
"""

import tempfile
import time
from collections.abc import Callable

from side_by_side import Claim, Finding, ratio, shown, take_turns, tell

CLAIM = Claim(
    "1,000 shards of 0.02 s through a runner in this process, 1,000 of 0.1 s on two Dask workers / a bare loop",
    1.05,
    at_least=False,
)
SHARDS, HERE_S, UNIT_S, WORKERS = 1000, 0.02, 0.1, 2


def measure(rounds: int) -> Finding:
    from tiny_shards import TinyShards

    from pipeline.runner.dask.cluster import DaskCluster
    from pipeline.runner.shards import publish_shards
    from pipeline.telemetry.progress import Progress
    from stores import ArtifactSpec, Store

    shards = [[number] for number in range(SHARDS)]
    spec = ArtifactSpec(kind="features", fields={"tiny": 1}, backend="hdf5")

    def bare(seconds: float) -> None:
        artifact = Store(folder()).artifact(spec)
        with artifact.writer() as writer, Progress.silent().task("bare") as task:
            for made in TinyShards(seconds).make(shards, task):
                writer.publish(made.keys, made.data)

    def ours(seconds: float, runner: DaskCluster | None) -> None:
        artifact = Store(folder()).artifact(spec)
        with artifact.writer() as writer, Progress.silent().task("ours") as task:
            for _ in publish_shards(TinyShards(seconds), artifact, writer, shards, runner, task):
                pass

    with tempfile.TemporaryDirectory() as place, DaskCluster(f"local:{WORKERS}") as cluster:
        count = iter(range(10**6))

        def folder() -> str:
            return f"{place}/{next(count)}"

        here = take_turns({"bare loop": lambda: bare(HERE_S), "in this process": lambda: ours(HERE_S, None)}, rounds)
        ideal = [seconds / WORKERS for seconds in _seconds(lambda: bare(UNIT_S), 1)]
        spread = _seconds(lambda: ours(UNIT_S, cluster), 1)
    figures = {"here": ratio(here["in this process"], here["bare loop"]), "Dask": spread[0] / ideal[0]}
    rows = {name: shown(seconds) for name, seconds in here.items()}
    rows |= {f"bare loop of {UNIT_S:g} s / {WORKERS}": shown(ideal), f"{WORKERS} Dask workers": shown(spread)}
    return Finding(
        max(figures.values()),
        rows,
        notes=[", ".join(f"{name}: {figure:.3f}" for name, figure in figures.items()) + f"; {SHARDS} shards each"],
    )


def _seconds(way: Callable[[], None], rounds: int) -> list[float]:
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        way()
        times.append(time.perf_counter() - start)
    return times


if __name__ == "__main__":
    tell(CLAIM, measure, rounds=3)
