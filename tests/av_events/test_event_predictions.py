"""What a prediction says of events: as JSON, below a threshold, and with times as people read them."""

import pytest

from pipeline.datasets.av.windows import FoundEvent
from pipeline.predictions import Prediction, at_least, clock, predictions_to_json

CLIP = Prediction(
    "clips/a.mp4", "video", (("bell", 0.6),), note="no sound",
    events=(FoundEvent("bell", 0.0, 2.5, 0.875), FoundEvent("dog", 3600.0, 3661.25, 0.5)),
)  # fmt: skip


def test_a_threshold_drops_events_and_json_has_them() -> None:
    (kept,) = at_least([CLIP], 0.8)
    (values,) = predictions_to_json([kept])
    assert values["events"] == [{"label": "bell", "start_s": 0.0, "end_s": 2.5, "probability": 0.875}]
    assert values["note"] == "no sound" and values["predictions"] == []
    assert set(predictions_to_json([Prediction("x", "image")])[0]) == {"path", "modality", "predictions", "error"}


@pytest.mark.parametrize(("seconds", "told"), [(0, "0:00.0"), (62.5, "1:02.5"), (59.99, "1:00.0"), (3600, "60:00.0")])
def test_times_carry_over(seconds: float, told: str) -> None:
    assert clock(seconds) == told
