"""Masks of clips out of the store: a row a picture, put together by seconds, 255 where there is none."""

import numpy as np
import pytest
from PIL import Image

from pipeline.datasets.rows import MediaRow
from pipeline.media.mask_spec import NO_MASK, MaskSpec
from pipeline.sources import source_artifact
from pipeline.sources.cache import cache_source
from pipeline.sources.masks import StoredMasks
from pipeline.sources.specs import item_dims
from pipeline.telemetry.progress import Progress
from stores.errors import MissingKeys

SPEC = MaskSpec(16)


@pytest.fixture
def masks(tmp_path, row):
    """Four pictures: k + 1 rows of each sound; and a broken one."""
    found = []
    for number in range(4):
        pixels = np.zeros((32, 32), dtype=np.uint8)
        pixels[: 2 * (number + 1)] = 255
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
        found.append(row(tmp_path / f"{number}.png"))
    (tmp_path / "broken.png").write_bytes(b"not a picture")
    return [*found, row(tmp_path / "broken.png")]


def test_masks_of_clips_are_put_together_by_their_seconds(store, masks):
    summary = cache_source(store, SPEC, [*masks, masks[0]], progress=Progress.silent(), workers=1)
    assert (summary.wanted, summary.made, summary.rejected) == (5, 4, 1)
    stored = StoredMasks(store.artifact(source_artifact(SPEC)), SPEC)
    first, second, _, fourth, broken = masks
    made = stored.of([[first, None, second], [broken, fourth, first]])
    assert made.shape == (2, 3, 16, 16) and made.dtype == np.uint8
    rows = [[int(one.sum()) // 16 if one.max() < NO_MASK else None for one in clip] for clip in made]
    assert rows == [[1, None, 2], [None, 4, 1]]
    assert (made[0, 1] == NO_MASK).all() and (made[1, 0] == NO_MASK).all()
    assert stored.of([[None, None]]).shape == (1, 2, 16, 16) and stored.of([]).shape == (0, 0, 16, 16)


def test_a_mask_that_was_never_made_is_told(store, masks):
    cache_source(store, SPEC, masks[:1], progress=Progress.silent(), workers=0)
    stored = StoredMasks(store.artifact(source_artifact(SPEC)), SPEC)
    gone = MediaRow("0" * 32, "nowhere.png", ())
    with pytest.raises(MissingKeys):
        stored.of([[masks[0], gone]])


def test_size_and_what_counts_name_the_source():
    names = {source_artifact(spec).fingerprint for spec in (SPEC, MaskSpec(32), MaskSpec(16, "half"))}
    assert len(names) == 3 and item_dims(SPEC) == 2
    assert source_artifact(SPEC).fields["dtype"] == "uint8" and SPEC.shape == (16, 16)
