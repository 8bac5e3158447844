"""Stored random crops against torchvision: from its numbers its boxes, from ours the same spread, from a box its pixels."""

import hashlib
import math
import shutil
from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import stats
from torchvision.transforms import RandomResizedCrop
from torchvision.transforms import functional as tv
from torchvision.transforms.functional import InterpolationMode

from pipeline.media import MediaError
from pipeline.sources import AugmentedViewsSpec, source_artifact
from pipeline.sources.augmented import augmented_views, sample_box
from pipeline.sources.cache import cache_source, shard_rows
from pipeline.sources.make import make_source
from pipeline.telemetry.progress import Progress
from stores import Store, file_key

MODES = {"bicubic": InterpolationMode.BICUBIC, "bilinear": InterpolationMode.BILINEAR}
SMALL = AugmentedViewsSpec(size=24, views=3)
# Photographs' shapes, and slender ones: of 100 x 800 some six in ten end in the centre, of 20 x 900 all.
SHAPES = [(375, 500), (500, 375), (31, 31), (100, 800), (800, 100), (20, 900), (900, 20), (3, 2), (1, 1)]


def generator(seed, path, view):
    """The numbers of one view, from the words of the page."""
    key = hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()
    words = hashlib.blake2b(f"{seed} {key} {view}".encode(), digest_size=16).hexdigest()
    return np.random.Generator(np.random.PCG64(int(words, 16)))


def torchvisions(path, spec):
    """The views by torchvision's own crop, scaling and flip, and where they lie: (views, 5)."""
    with Image.open(path) as image:
        picture = image.convert("RGB")
    views, places = [], []
    for view in range(spec.views):
        rng = generator(spec.seed, path, view)
        box = sample_box(rng, picture.height, picture.width, spec)
        made = tv.resized_crop(picture, *box, [spec.size, spec.size], MODES[spec.interpolation])
        flipped = rng.random() < spec.flip
        views.append(np.asarray(tv.hflip(made) if flipped else made))
        places.append((*box, flipped))
    return np.stack(views), np.array(places)


def noise(path, size, mode="RGB", seed=0):
    """A file of noise over a slope, so that every pixel of a view tells where it is from."""
    rng = np.random.default_rng(seed)
    slope = np.linspace(0, 191, size[1])[None, :, None] + rng.integers(0, 64, (*size, 3))
    Image.fromarray(slope.astype(np.uint8)).convert(mode).save(path)
    return path


class TorchsNumbers:
    """What sample_box asks of a generator, drawn as torchvision draws it: in float32, the ratio's logarithm included."""

    def uniform(self, low, high):
        if low > 0:
            return torch.empty(1).uniform_(low, high).item()
        low, high = torch.tensor([low, high])
        return math.log(torch.exp(torch.empty(1).uniform_(low, high)).item())

    def integers(self, end):
        return torch.randint(0, end, (1,)).item()


# Boxes of the last are always too large.
@pytest.mark.parametrize("bounds", [((0.08, 1.0), (3 / 4, 4 / 3)), ((0.5, 0.9), (0.2, 1.7)), ((1.5, 2.0), (0.5, 2.0))])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_same_numbers_give_torchvisions_boxes(shape, bounds):
    spec, picture = AugmentedViewsSpec(scale=bounds[0], ratio=bounds[1]), torch.zeros(3, *shape)
    torch.manual_seed(0)
    theirs = [RandomResizedCrop.get_params(picture, list(spec.scale), list(spec.ratio)) for _ in range(300)]
    after = torch.rand(1)
    torch.manual_seed(0)
    ours = [sample_box(TorchsNumbers(), *shape, spec) for _ in range(300)]
    np.testing.assert_array_equal(ours, theirs)
    assert torch.rand(1) == after  # and no number more or less was drawn


def spread(boxes, height, width):
    """What is compared of boxes (n, 4): share of the area, log ratio, and the place as a share of the room there is."""
    top, left, down, across = np.array(boxes, float).T
    room = np.maximum(height - down, 1), np.maximum(width - across, 1)
    return {"area": down * across / (height * width), "ratio": np.log(across / down),
            "top": top / room[0], "left": left / room[1]}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES[:7])
def test_our_own_numbers_spread_as_torchvisions(tmp_path, shape):
    spec, picture, count = AugmentedViewsSpec(), torch.zeros(3, *shape), 3000
    paths = [noise(tmp_path / f"{i}.png", (2, 2), seed=i) for i in range(10)]
    torch.manual_seed(1)
    theirs = [RandomResizedCrop.get_params(picture, list(spec.scale), list(spec.ratio)) for _ in range(count)]
    ours = [sample_box(generator(0, paths[i % 10], i // 10), *shape, spec) for i in range(count)]
    found, wanted = spread(ours, *shape), spread(theirs, *shape)
    for name in wanted:
        assert stats.ks_2samp(found[name], wanted[name]).pvalue > 1e-3, name
    if shape in [(20, 900), (900, 20)]:
        assert len(set(ours)) == 1  # the middle, always
    else:
        neighbours = [stats.spearmanr(found[name][:-10], found[name][10:]).pvalue for name in wanted]
        assert min(neighbours) > 1e-3  # a view says nothing of the next one


@pytest.mark.parametrize("flip", [0.0, 0.2, 0.5, 1.0])
def test_views_are_mirrored_as_often_as_asked(tmp_path, flip):
    """A whole square of two pixels, dark and bright, shows which way round it is."""
    spec, mirrored = AugmentedViewsSpec(2, 200, (1.0, 1.0), (1.0, 1.0), flip), []
    for i in range(10):
        Image.fromarray(np.uint8([[[i] * 3, [200] * 3]] * 2)).save(tmp_path / "x.png")
        views = augmented_views(str(tmp_path / "x.png"), spec)
        mirrored.extend(views[:, 0, 0, 0] == 200)
        assert set(views[:, 0, 0, 0]) <= {i, 200}
    count = int(np.sum(mirrored))
    assert stats.binomtest(count, 2000, flip).pvalue > 1e-3
    assert flip not in (0.0, 1.0) or count == 2000 * flip


def test_views_of_photographs_are_torchvisions_to_the_bit(shared):
    paths = [*shared.glob("*.png"), *shared.glob("imagenet-samples/*.JPEG")]
    assert len(paths) >= 20
    everywhere = []
    for path in paths:
        views = augmented_views(str(path), AugmentedViewsSpec(views=4))
        wanted, places = torchvisions(path, AugmentedViewsSpec(views=4))
        assert views.dtype == np.uint8
        np.testing.assert_array_equal(views, wanted)
        everywhere.append(places)
    places = np.concatenate(everywhere)
    assert len({tuple(place) for place in places}) == len(places) and 0 < places[:, 4].sum() < len(places)


@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear"])
@pytest.mark.parametrize("mode", ["RGB", "L", "P", "RGBA", "LA", "1"])
@pytest.mark.parametrize("size", [(40, 61), (61, 40), (5, 90), (90, 5), (1, 1)])
def test_views_of_every_kind_of_picture_are_torchvisions_to_the_bit(tmp_path, size, mode, interpolation):
    path = noise(tmp_path / "x.png", size, mode)
    spec = AugmentedViewsSpec(24, 6, (0.2, 0.9), (0.6, 1.5), 0.4, interpolation, 7)
    views = augmented_views(str(path), spec)
    assert views.shape == spec.shape == (6, 24, 24, 3)
    np.testing.assert_array_equal(views, torchvisions(path, spec)[0])


def test_a_view_depends_on_seed_bytes_and_number_only(tmp_path):
    path = noise(tmp_path / "x.png", (40, 61))
    (tmp_path / "elsewhere").mkdir()
    shutil.copy(path, tmp_path / "elsewhere" / "another name.jpeg")
    wanted = augmented_views(str(path), replace(SMALL, views=12))
    np.testing.assert_array_equal(augmented_views(str(tmp_path / "elsewhere/another name.jpeg"), SMALL), wanted[:3])
    for views in (1, 2, 7):
        np.testing.assert_array_equal(augmented_views(str(path), replace(SMALL, views=views)), wanted[:views])
    assert len({view.tobytes() for view in wanted}) == 12
    others = augmented_views(str(path), replace(SMALL, views=12, seed=1))
    assert not {view.tobytes() for view in wanted} & {view.tobytes() for view in others}
    # The same pixels in another file: other bytes, other boxes.
    Image.open(path).save(tmp_path / "same.bmp")
    same = augmented_views(str(tmp_path / "same.bmp"), replace(SMALL, views=12))
    assert not {view.tobytes() for view in wanted} & {view.tobytes() for view in same}
    mirrored = augmented_views(str(path), replace(SMALL, flip=1.0))
    np.testing.assert_array_equal(mirrored[:, :, ::-1], augmented_views(str(path), replace(SMALL, flip=0.0)))


def test_numbers_are_those_of_the_stores_that_exist(tmp_path):
    """If this fails, numpy draws otherwise than it did: raise CODE_VERSION of the sources."""
    path = tmp_path / "x"
    path.write_bytes(b"a picture")
    wanted = {(0, 0): (26, 46, 186, 197, 0.753165), (0, 1): (118, 72, 140, 155, 0.417861),
              (1, 0): (43, 145, 267, 259, 0.629126)}  # fmt: skip
    for (seed, view), numbers in wanted.items():
        rng = generator(seed, path, view)
        assert (*sample_box(rng, 375, 500, AugmentedViewsSpec()), round(rng.random(), 6)) == numbers


def test_every_field_changes_the_fingerprint_and_the_shape_follows():
    others = {"size": 32, "views": 4, "scale": (0.08, 0.9), "ratio": (0.7, 4 / 3), "flip": 0.4,
              "interpolation": "bilinear", "seed": 1}  # fmt: skip
    assert list(others) == [field.name for field in fields(SMALL)]
    variants = [SMALL, *[replace(SMALL, **{name: value}) for name, value in others.items()]]
    assert len({source_artifact(variant).fingerprint for variant in variants}) == len(variants)
    assert source_artifact(SMALL) == source_artifact(AugmentedViewsSpec(24, 3)) == source_artifact(SMALL, "float32")
    assert AugmentedViewsSpec().shape == (8, 224, 224, 3) and shard_rows(AugmentedViewsSpec()) == 111  # of 1.2 MB


def run(store, rows, **options):
    return cache_source(store, SMALL, rows, progress=Progress.silent(), **{"workers": 0, **options})


def test_into_a_store_and_back_also_after_a_kill(tmp_path, row, monkeypatch):
    monkeypatch.setattr("pipeline.sources.cache._SHARD_BYTES", 4 * 3 * 24 * 24 * 3)
    paths = [noise(tmp_path / f"{i}.png", (40 + i, 61), seed=i) for i in range(10)]
    paths[5].write_bytes(paths[5].read_bytes()[:300])
    rows, whole, broken = [row(path) for path in paths], Store(tmp_path / "whole"), Store(tmp_path / "broken")
    assert shard_rows(SMALL) == 4
    summary = run(whole, rows, workers=2)
    assert (summary.made, summary.rejected, run(whole, rows).made) == (9, 1, 0)
    artifact = whole.artifact(source_artifact(SMALL))
    assert [(rejection.key, rejection.reason) for rejection in artifact.rejected()] == [(rows[5].key, "truncated")]
    good = [path for path in paths if path != paths[5]]
    stored = artifact.arrays([file_key(path) for path in good])
    assert list(stored) == ["augmented_views"] and stored["augmented_views"].dtype == np.uint8
    np.testing.assert_array_equal(stored["augmented_views"], [torchvisions(path, SMALL)[0] for path in good])
    np.testing.assert_array_equal(make_source(str(good[0]), SMALL), stored["augmented_views"][0])
    # Shards are published whole and in order: a run over the first of them is what a kill leaves.
    run(broken, rows[:4])
    assert run(broken, rows).made == 5
    folders = [sorted((tmp_path / name / "sources").rglob("*")) for name in ("whole", "broken")]
    ours, theirs = ([path for path in folder if path.is_file()] for folder in folders)
    assert [path.name for path in ours] == [path.name for path in theirs]
    assert [path.read_bytes() for path in ours] == [path.read_bytes() for path in theirs]


def test_bad_files_have_reasons(tmp_path):
    (tmp_path / "x").write_bytes(b"nothing of the kind" * 9)
    with pytest.raises(MediaError, match="^not an image$"):
        augmented_views(str(tmp_path / "x"), SMALL)
    with pytest.raises(MediaError, match="^no such file$"):
        augmented_views(str(tmp_path / "y"), SMALL)
