"""Questions as the report shows them."""

import numpy as np
import pytest

from pipeline.datasets.av.questions import NO_KIND, AvQuestion, Kind
from pipeline.datasets.rows import MediaRow
from pipeline.tasks.av_questions.result import Told
from pipeline.tasks.av_questions.shown import _question

MEDIA = MediaRow("1" * 32, "a.mp4", ())


@pytest.mark.parametrize(("kind", "told"), [(NO_KIND, ""), (("Visual", "Counting"), "Visual, Counting")])
def test_a_table_without_kinds_shows_none(kind: Kind, told: str) -> None:
    asked = AvQuestion("2" * 32, MEDIA, MEDIA, "a", "0", "How many?", ("How", "many"), kind, "one", "test", 0)
    said = np.array([[[0.7, 0.3]], [[0.6, 0.4]], [[0.5, 0.5]]])
    found = _question(
        ["one", "two"], Told([asked], said, np.full((1, 2), np.nan), np.full((1, 2, 3), np.nan), 1), {}, 0, 0
    )
    assert (found.kind, found.truth, found.text) == (told, "one", "How many?")
