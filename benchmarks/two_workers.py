"""Two Dask workers against one, each with one thread: image features of ViT-B-32 at its real size out of JPEG files.

Every round makes the same shards into a new store; encoders are in the workers' memory from the round that does not count. The
bytes must be equal, and equal to those that this process makes.
"""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from image_loop import write_photographs
from side_by_side import Claim, Finding, ratio, shown, take_turns, tell
from vit_b32_text import random_model

CLAIM = Claim("image features of ViT-B-32 from JPEG files: one Dask worker of one thread / two such workers", 1.7)
FILES, SHARD, BATCH = 192, 16, 16


def measure(rounds: int) -> Finding:
    import torch
    from safetensors.torch import save_file

    from pipeline.caching.media import cache_media
    from pipeline.datasets.rows import MediaRow
    from pipeline.encoders.cards import card
    from pipeline.runner.base import Runner
    from pipeline.runner.dask.cluster import DaskCluster
    from pipeline.telemetry.progress import Progress
    from stores import Store, file_key

    torch.set_num_threads(1)
    with (
        tempfile.TemporaryDirectory() as place,
        DaskCluster("local:1", threads=1) as one,
        DaskCluster("local:2", threads=1) as two,
    ):
        weights = Path(place) / "random.safetensors"
        save_file({name: value.contiguous() for name, value in random_model().state_dict().items()}, weights)
        encoder = card(f"open_clip:ViT-B-32/{weights}")
        rows = [MediaRow(file_key(path), path, ()) for path in write_photographs(Path(place), FILES)]
        made: list[Mapping[str, bytes]] = []

        def run(runner: Runner | None) -> None:
            with tempfile.TemporaryDirectory() as folder:
                options = {"device": "cpu", "workers": 0, "shard_rows": SHARD, "batch_size": BATCH, "runner": runner}
                cache_media(Store(folder), encoder, rows, progress=Progress.silent(), **options)
                found = {str(p.relative_to(folder)): p.read_bytes() for p in Path(folder).rglob("*") if p.is_file()}
                made.append(found)

        run(None)
        times = take_turns({"one worker": lambda: run(one), "two workers": lambda: run(two)}, rounds)
    equal = all(found == made[0] for found in made)
    return Finding(
        ratio(times["one worker"], times["two workers"]),
        {name: [*shown(seconds), f"{FILES / min(seconds):.1f}"] for name, seconds in times.items()},
        columns=("fastest", "median", "files/s"),
        notes=[
            f"{FILES} JPEG files in shards of {SHARD}, decoded and encoded by one thread a worker",
            f"bytes of all runs, that of this process included: {'equal' if equal else 'NOT EQUAL'}",
        ],
        sound=equal,
    )


if __name__ == "__main__":
    tell(CLAIM, measure, rounds=3)
