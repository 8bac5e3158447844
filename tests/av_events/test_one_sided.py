"""Clips of which one side cannot be decoded: learned from and judged beside zeros, counted, told, and mended by retry."""

from typing import Any

import numpy as np
import pytest
from event_runs import FEW

from pipeline.operations.retry import retry_failed
from pipeline.records import read_run
from pipeline.stages.whole import figures, run_recipe
from pipeline.tasks.av.errors import AvError
from pipeline.tasks.av.work import sides_of, units
from pipeline.tasks.av_events.batches import stored_clips
from pipeline.tasks.av_events.bound import BoundAvEvents

ONE = {"late": {"variant": "late", "global_prompts": 2, "interaction_prompts": 2, "bank": 3, **FEW}}


def test_they_are_judged_by_the_other_side_and_told(open_events: Any, failing: Any) -> None:
    bound: BoundAvEvents = open_events(methods=ONE)
    failing(deaf=("test000001", "train000000"))
    outcome = run_recipe(bound)
    assert (outcome.result.clips, outcome.result.silent, outcome.result.blind) == (5, 1, 0)
    assert outcome.result.partial is False
    warned = read_run(bound.folder).warnings["cache"]  # type: ignore[union-attr]
    assert [(each["code"], each["modality"]) for each in warned] == [("one-sided", "audio")]
    assert "2 of 17 clips have no sound" in warned[0]["problem"]
    page = outcome.report.read_text("utf-8")
    assert "1 of the clips have no sound: judged by their picture alone" in page

    sides, (unit,) = sides_of(bound), units(bound)
    assert len(unit.spec.fields["silent"]) == 1  # of the clips that are learned from and chosen on
    clips = stored_clips(bound, bound.of("test"), unit.config, sides)
    batch = clips.batch(range(5), clips.labels.device)
    (side,) = clips.rows.stored["audio"]
    assert np.array_equal(batch.audio[1].numpy(), side.blank) and not np.array_equal(batch.audio[0].numpy(), side.blank)
    assert not np.array_equal(batch.visual[1].numpy(), side.blank)

    failing()
    assert [(each.what, each.failing) for each in retry_failed(bound)] == [
        ("spectrograms", 0), ("spectrograms, stage4", 0)
    ]  # fmt: skip
    (mended,) = units(bound)
    assert mended.spec.fingerprint != unit.spec.fingerprint and "silent" not in mended.spec.fields
    assert figures(bound).silent == 0


def test_too_many_of_them_stop_the_run(open_events: Any, failing: Any) -> None:
    bound = open_events(methods=ONE, cache={"workers": 0, "max_rejected": 0.05})
    failing(deaf=("test000001",))
    with pytest.raises(AvError, match=r"spectrograms: 1 of 17 files cannot be decoded.*retry RECIPE"):
        figures(bound)
