"""Stored sources through a tower: spectrograms have two dimensions a view; what the source rejected is no row of the tower's."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from pipeline.caching.encode import EncodeWork, encode_stored
from pipeline.caching.needs import Input, Need
from pipeline.encoders.cards import EncoderCard
from pipeline.media.specs import ImageSpec
from pipeline.recipe.envelope import Envelope
from pipeline.runs.bound import Bound
from pipeline.sources.specs import ClapMelSpec, ClapSegmentsSpec, FbankSpec, item_dims, source_artifact
from pipeline.sources.view_specs import AugmentedViewsSpec
from pipeline.telemetry.progress import Progress
from stores import Rejection, text_key

SOURCE = ImageSpec(size=24)


def bound_to(tmp_path: Path, card: EncoderCard) -> tuple[Bound[Envelope], Input]:
    recipe = Envelope(name="x", workspace=tmp_path / "w")
    need = Need(replace(SOURCE, resize="squash"), card, "output")
    return Bound(recipe, "cpu", Progress.silent()), Input("a", "a", need, stored=True)


def test_what_the_source_rejected_is_rejected_and_comes_when_it_is_mended(
    tmp_path: Path, cards: Any, images: Any
) -> None:
    bound, wanted = bound_to(tmp_path, cards["clip"])
    rows = images(3)
    wanted = replace(wanted, rows=rows)
    assert wanted.need.source is not None
    stored = bound.store.artifact(source_artifact(wanted.need.source))
    pixels = np.random.default_rng(0).integers(0, 256, (2, 24, 24, 3)).astype(np.uint8)
    with stored.writer() as writer:
        refused = [Rejection(rows[2].key, "no video stream", 1, {"path": rows[2].path})]
        writer.publish([rows[0].key, rows[1].key], {"image": pixels}, rejected=refused)
    summary = encode_stored(bound, wanted)
    artifact = bound.store.artifact(wanted.need.spec(bound.recipe.cache))
    assert (summary.encoded, summary.rejected) == (2, 1)
    assert [(row.key, row.reason) for row in artifact.rejected()] == [(rows[2].key, "no video stream")]
    assert encode_stored(bound, wanted).encoded == 0 and artifact.missing(wanted.keys) == []
    with stored.writer() as writer:
        writer.publish([rows[2].key], {"image": pixels[:1]})
    assert encode_stored(bound, wanted).encoded == 1
    found = artifact.arrays([rows[0].key, rows[2].key])["vectors"]
    assert artifact.rejected() == [] and np.array_equal(found[0], found[1])


@dataclass(frozen=True)
class Sums:
    """A tower that adds up its inputs."""

    device: torch.device = torch.device("cpu")

    def lower(self, inputs: np.ndarray, cut: str) -> dict[str, torch.Tensor]:
        assert inputs.ndim == 3, "a batch of spectrograms"
        return {"activations": torch.from_numpy(inputs.astype(np.float32)).sum((1, 2))[:, None]}


def test_every_segment_of_a_spectrogram_is_an_input(store: Any, monkeypatch: Any) -> None:
    spec = FbankSpec(bins=4, frames=5, segments=3)
    rows = np.random.default_rng(0).normal(size=(2, 3, 5, 4)).astype(np.float16)
    artifact, keys = store.artifact(source_artifact(spec)), [text_key("a"), text_key("b")]
    with artifact.writer() as writer:
        writer.publish(keys, {"fbank": rows})

    @dataclass(frozen=True)
    class Encoder:
        media: Any = Sums()

    monkeypatch.setattr("pipeline.caching.encode.load_encoder", lambda *_: Encoder())
    card: Any = None
    work = EncodeWork(card, "cpu", "float32", "float32", artifact, "fbank", "cut", item_dims(spec))
    with Progress.silent().task("x") as task:
        (shard,) = work.make([keys], task)
    np.testing.assert_allclose(shard.data["activations"][..., 0], rows.astype(np.float32).sum((2, 3)), rtol=1e-6)


def test_pictures_have_three_dimensions_and_spectrograms_two() -> None:
    assert [item_dims(each) for each in (ImageSpec(), AugmentedViewsSpec())] == [3, 3]
    assert [item_dims(each) for each in (FbankSpec(), ClapMelSpec(), ClapSegmentsSpec())] == [2, 2, 2]
