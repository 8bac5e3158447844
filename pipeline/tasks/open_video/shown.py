"""Which clips a report shows, with their flow or sound, and what was said of them; read from the store."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.caching.needs import Need
from pipeline.methods.mov.config import MovOptions
from pipeline.report.open_video import ShownClip
from pipeline.sources.lossy_flow import source_rows
from pipeline.sources.specs import source_name
from pipeline.tasks.open_video.bound import BoundOpenVideo
from pipeline.tasks.open_video.result import Told
from pipeline.tasks.open_video.specs import frames_spec, other_need
from pipeline.tasks.open_video.work import lacking_of, published_by

_EACH = 4


def shown_clips(bound: BoundOpenVideo, told: Mapping[str, Mapping[str, Sequence[Told]]]) -> list[ShownClip]:
    """Of each exam a few clips that the published method has right and frozen CLIP has not, then its surest mistakes."""
    name, seed = published_by(bound)
    first, place = next(iter(bound.recipe.frozen)), bound.recipe.seeds.index(seed)
    options, lacking = bound.recipe.methods[name], lacking_of(bound)
    other = options.other if isinstance(options, MovOptions) else None
    found = []
    for exam, seeds in told[name].items():
        own, before = seeds[min(place, len(seeds) - 1)], told[first][exam][0]
        for row, why in choose(own, before):
            key = own.clips.rows[row].key
            shares = own.said["answer"][row]
            best = int(shares.argmax())
            found.append(
                ShownClip(
                    name=own.clips.rows[row].path.rpartition("/")[2],
                    exam=exam,
                    label=own.clips.classes[own.clips.labels[row]],
                    why=why,
                    said=[
                        (name, own.clips.classes[best], float(shares[best])),
                        (
                            first,
                            own.clips.classes[int(before.said["answer"][row].argmax())],
                            float(before.said["answer"][row].max()),
                        ),
                    ],
                    frames=_array(bound, Need(frames_spec(bound.recipe, bound.card), None), key)[0],
                    other=None
                    if other is None or key in lacking.of(options)
                    else _array(bound, other_need(bound.recipe, bound.card, other), key)[0],
                )
            )
    return found


def choose(own: Told, before: Told, each: int = _EACH) -> list[tuple[int, str]]:
    """Rows, and why they are shown; ties go to the earlier clip."""
    right, sure = own.right(), own.said["answer"].max(-1)
    won = [int(row) for row in np.argsort(-sure, kind="stable") if right[row] and not before.right()[row]]
    lost = [int(row) for row in np.argsort(-sure, kind="stable") if not right[row]]
    return [(row, "right, where frozen CLIP is not") for row in won[:each]] + [
        (row, "a sure mistake") for row in lost[:each]
    ]


def _array(bound: BoundOpenVideo, need: Need, key: str) -> NDArray[np.generic]:
    assert need.source is not None
    name = source_name(need.source)
    found: NDArray[np.generic] = source_rows(bound.store.artifact(need.spec(bound.recipe.cache)), [key], name)[0]
    return found
