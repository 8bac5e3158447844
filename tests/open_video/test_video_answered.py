"""What `compare` reads of a run of open vocabulary: the published method, clip by clip."""

from pathlib import Path

import pytest

from pipeline.operations.compare import compare
from pipeline.operations.of_run import open_run
from pipeline.stages.whole import Outcome
from pipeline.tasks.open_video.result import OpenVideoResult


def test_the_published_method_is_told_clip_by_clip(ran: Path, outcome: Outcome) -> None:
    run, result = str(ran / "workspace/runs/few"), outcome.result
    assert isinstance(result, OpenVideoResult)
    task, bound = open_run(run, ran)
    told = task.answered(bound)
    for exam, found in told.items():
        name, seed = found.method.rsplit(", seed ", 1)
        shares = result.of(name).seeds[exam]
        assert found.values.mean() == pytest.approx(shares[bound.recipe.seeds.index(int(seed))])
        assert len(found.keys) == result.clips[exam]  # type: ignore[index]
    assert [each.difference for each in compare(run, run, ran).exams] == [0.0, 0.0]
