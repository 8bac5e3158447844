"""A stage that is asked for too early says which command comes first."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.stages.evaluate import evaluate
from pipeline.stages.report import report
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.tasks.sentences.figures import NotTrained
from pipeline.tasks.sentences.judged import NotCached

Open = Callable[..., BoundSentences]


@pytest.mark.parametrize("stage", [evaluate, report])
def test_before_training(stage: Callable[[BoundSentences], object], open_context: Open) -> None:
    with pytest.raises(NotTrained) as error:
        stage(open_context())
    assert str(error.value) == "recipe 'small' is not trained. Train it first: mmpt-pipeline train RECIPE"


def test_before_the_media_are_encoded(open_context: Open, media: Path, finished: Path, tmp_path: Path) -> None:
    more = Path(shutil.copytree(media / "image", tmp_path / "more", symlinks=True))
    Image.fromarray(np.full((40, 50, 3), 7, np.uint8)).save(more / "cat" / "new.png")
    image = {
        "labels": ["cat", "dog", "sun"],
        "encoder": "miniature-clip",
        "data": {"layout": "folder", "root": str(more)},
    }
    with pytest.raises(NotCached) as error:
        evaluate(open_context(workspace=finished, modalities={"image": image}))
    assert str(error.value) == (
        "1 of 10 image files have no features yet. Encode them first: mmpt-pipeline cache-features RECIPE"
    )
