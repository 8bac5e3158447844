"""The same run by workers, and one that is killed between two epochs; clips of which one side cannot be decoded."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from mask_runs import METHODS, bound_of, content_of, opened
from same_bytes import kill_between_epochs, run_by_workers

from pipeline.operations.retry import retry_failed
from pipeline.records import read_run
from pipeline.stages.whole import Outcome, figures, run_recipe
from pipeline.tasks.av.errors import AvError
from pipeline.tasks.av.work import sides_of, units
from pipeline.tasks.av_masks.batches import stored_clips

TWO = {name: METHODS[name] for name in ("head-only", "copl")}
ONE = {"late": METHODS["late"]}


def test_workers_make_the_same(packed_runner: Any, ran: Path, outcome: Outcome, tmp_path: Path) -> None:
    there = replace(opened(tmp_path, content_of(methods=TWO)), runner=packed_runner)
    found = run_by_workers(there, packed_runner, list(TWO), (bound_of(ran), outcome), "masks")
    assert found.result.beside == outcome.result.beside


def test_what_is_killed_between_two_epochs_ends_in_the_same_bytes(
    finished: Path, ran: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With Adam's moments, and the buffers of TPAVI's BatchNorm."""
    for kind in ("mask-prompts", "mask-results"):
        shutil.rmtree(finished / "workspace" / kind)
    opened(finished, content_of(methods=TWO))
    kill_between_epochs(lambda: bound_of(finished), bound_of(ran), monkeypatch)


def test_clips_without_sound_are_judged_by_their_pictures_and_told(open_masks: Any, failing: Any) -> None:
    bound = open_masks(methods=ONE)
    failing(deaf=("test000001", "train000000"))
    outcome = run_recipe(bound)
    assert (outcome.result.clips, outcome.result.silent, outcome.result.blind) == (6, 1, 0)
    warned = read_run(bound.folder).warnings["cache"]  # type: ignore[union-attr]
    assert [(each["code"], each["modality"]) for each in warned] == [("one-sided", "audio")]
    assert "2 of 18 clips have no sound" in warned[0]["problem"]
    assert "1 of the clips have no sound: judged by their picture alone" in outcome.report.read_text("utf-8")

    sides, (unit,) = sides_of(bound), units(bound)
    assert len(unit.spec.fields["silent"]) == 1  # of the clips that are learned from and chosen on
    clips = stored_clips(bound, bound.of("test"), unit.config, sides)
    heard = clips.batch(range(6), torch.device("cpu")).audio
    (side,) = clips.rows.stored["audio"]
    assert isinstance(heard, torch.Tensor)
    assert np.array_equal(heard[1].numpy(), side.blank) and not np.array_equal(heard[0].numpy(), side.blank)

    failing()
    retry_failed(bound)
    (mended,) = units(bound)
    assert mended.spec.fingerprint != unit.spec.fingerprint and "silent" not in mended.spec.fields
    assert figures(bound).silent == 0


def test_masks_that_cannot_be_read_any_more_stop_the_run(open_masks: Any, failing: Any) -> None:
    """Each was read when clips were listed, so somebody has changed them since."""
    failing(masks=("test000001_2",))
    with pytest.raises(AvError, match=r"masks: 1 of 90 masks cannot be read any more.*test000001_2.png.*retry RECIPE"):
        figures(open_masks(methods=ONE))
