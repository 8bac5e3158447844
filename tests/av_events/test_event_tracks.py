"""Events as other programs read them."""

import csv
import io

import pytest

from pipeline.event_tracks import events_to_audacity, events_to_csv, events_to_vtt
from pipeline.predictions import Prediction, TimedEvent, at_least, clock, predictions_to_json

CLIP = Prediction(
    "clips/a.mp4", "video", (("bell", 0.6),), note="no sound",
    events=(TimedEvent("bell", 0.0, 2.5, 0.875), TimedEvent("=dog <b>", 3600.0, 3661.25, 0.5)),
)  # fmt: skip


def test_a_table_has_the_columns_that_own_events_are_read_from() -> None:
    rows = list(csv.DictReader(io.StringIO(events_to_csv([CLIP, Prediction("b.mp4", "video", events=())]))))
    assert [(row["file"], row["label"], row["start_s"], row["end_s"]) for row in rows] == [
        ("clips/a.mp4", "bell", "0.000", "2.500"),
        ("clips/a.mp4", "=dog <b>", "3600.000", "3661.250"),
    ]
    assert "'=dog <b>" in events_to_csv([CLIP], spreadsheet=True)


def test_subtitles_are_web_vtt_whose_text_opens_no_markup() -> None:
    assert events_to_vtt(CLIP) == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:02.500\nbell (88 %)\n\n01:00:00.000 --> 01:01:01.250\n=dog &lt;b&gt; (50 %)\n"
    )


def test_a_label_track_has_a_line_an_event() -> None:
    assert events_to_audacity(CLIP) == "0.000000\t2.500000\tbell\n3600.000000\t3661.250000\t=dog <b>\n"


def test_a_threshold_drops_events_and_json_has_them() -> None:
    (kept,) = at_least([CLIP], 0.8)
    (values,) = predictions_to_json([kept])
    assert values["events"] == [{"label": "bell", "start_s": 0.0, "end_s": 2.5, "probability": 0.875}]
    assert values["note"] == "no sound" and values["predictions"] == []
    assert set(predictions_to_json([Prediction("x", "image")])[0]) == {"path", "modality", "predictions", "error"}


@pytest.mark.parametrize(("seconds", "told"), [(0, "0:00.0"), (62.5, "1:02.5"), (59.99, "1:00.0"), (3600, "60:00.0")])
def test_times_carry_over(seconds: float, told: str) -> None:
    assert clock(seconds) == told
