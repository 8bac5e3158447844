"""Random views to learn from: stored once, the same of frames and flow; what is judged are even views."""

from pathlib import Path

import numpy as np
import pytest
from video_runs import FEW, bound_of, content_of, opened

from pipeline.sources import DrawnViewsSpec, VideoViewsSpec
from pipeline.sources.lossy_flow import source_rows
from pipeline.sources.specs import source_artifact
from pipeline.stages.plan import plan_run
from pipeline.stages.predict import predict
from pipeline.stages.whole import run_recipe
from pipeline.tasks.open_video.batches import stored_clips
from pipeline.tasks.open_video.result import all_told
from pipeline.tasks.open_video.specs import flow_spec, frames_spec, input_specs, learn_frames_spec, vectors_need
from pipeline.tasks.open_video.work import lacking_of, learned_clips, units

VIEWS = {"frames": 4, "stride": 2, "clips": 2, "crops": 1, "short_side": 56, "random": 3}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("cv2", reason="flow needs OpenCV: pip install -e '.[flow]'")
    folder = tmp_path_factory.mktemp("drawn")
    methods = {"mov": FEW, "late": {"method": "mov", "train_layers": 1, "cut": "late", **FEW}, "clip-adapter": FEW}
    run_recipe(opened(folder, content_of(methods=methods, views=VIEWS, flow={"bound": 5, "jpeg": {}})))
    return folder


def test_random_views_are_of_what_is_learned_and_even_ones_of_what_is_judged(drawn: Path) -> None:
    bound = bound_of(drawn)
    even, random = frames_spec(bound.recipe, bound.card), learn_frames_spec(bound.recipe, bound.card)
    assert isinstance(even, VideoViewsSpec) and isinstance(random, DrawnViewsSpec) and random.shape == (3, 4, 48, 48, 3)
    flow = flow_spec(bound.recipe, bound.card, learn=True).views
    assert isinstance(flow, DrawnViewsSpec) and (flow.seed, flow.scale, flow.flip) == (
        random.seed,
        random.scale,
        random.flip,
    )
    rows = {step.what: step.wanted for step in plan_run(bound) if step.stage == "cache"}
    assert rows["frames"] == rows["flow"] == 16 + 4 and rows["random frames"] == rows["random flow"] == 16
    assert rows["flow of late, block02, learned"] == 16 and rows["flow of late, block02, judged"] == 20
    assert all(step.missing == 0 for step in plan_run(bound))


@pytest.mark.parametrize("method", ["mov", "late", "clip-adapter"])
def test_an_epoch_sees_the_random_view_of_its_number(drawn: Path, method: str) -> None:
    bound = bound_of(drawn)
    unit = next(unit for unit in units(bound) if unit.method == method)
    learned, held = learned_clips(bound, unit.config, lacking_of(bound))
    stored = stored_clips(bound, learned, unit.config, frozenset(), judges=False)
    need = vectors_need(bound.recipe, bound.card, learn=True)
    keys = [learned.rows[row].key for row in (3, 1)]
    vectors = bound.store.artifact(need.spec(bound.recipe.cache)).arrays(keys)["vectors"]
    assert vectors.shape == (2, 3, 4, 128)
    for epoch in (1, 3, 5):
        batch = stored.learned(np.array([3, 1]), epoch)
        np.testing.assert_array_equal(batch.video, vectors[:, (epoch - 1) % 3])
        if method == "mov":
            assert batch.other is not None
            source = source_artifact(flow_spec(bound.recipe, bound.card, learn=True))
            whole = source_rows(bound.store.artifact(source), keys, "flow")  # of JPEGs
            np.testing.assert_array_equal(batch.other, whole[:, (epoch - 1) % 3])
    asked = stored_clips(bound, held, unit.config, frozenset()).judged(np.array([0]))
    assert asked.video.shape[:2] == (1, 2)  # two even views


@pytest.mark.parametrize("method", ["mov", "late"])
def test_predict_reads_flow_as_it_was_stored(drawn: Path, method: str) -> None:
    bound = bound_of(drawn)
    told = all_told(bound)[method]["base"][0]
    (said,) = predict("few", drawn / "workspace", [Path(told.clips.rows[0].path)], "cpu", 4, method=method)
    shares = dict(said.classes)
    np.testing.assert_allclose([shares[name] for name in told.clips.classes], told.said["answer"][0], atol=2e-5)


def test_without_random_views_nothing_has_another_name(drawn: Path) -> None:
    bound = bound_of(drawn)
    views = bound.recipe.views.model_copy(update={"random": 0})
    recipe = bound.recipe.model_copy(update={"views": views})
    mov, adapter = recipe.methods["mov"], recipe.methods["clip-adapter"]
    assert len(input_specs(recipe, bound.card, mov)) == 3 and len(input_specs(recipe, bound.card, adapter)) == 2
    assert len(input_specs(bound.recipe, bound.card, mov)) == 5
