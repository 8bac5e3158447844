"""A run that is killed anywhere and goes on, and one that workers make: the artifacts are those of an undisturbed run."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from same_bytes import contents
from video_runs import FEW, bound_of, content_of, opened

from pipeline.stages.whole import Outcome, run_recipe
from stores.writer import Writer

VIEWS = {"frames": 4, "stride": 2, "clips": 1, "crops": 1, "short_side": 56, "random": 2}
CONTENT = content_of(
    methods={"mov": FEW, "late": {"method": "mov", "train_layers": 1, "cut": "late", **FEW}}, views=VIEWS,
    videos={"layout": "miniature", "seed": 6, "train_per_class": 3, "test_per_class": 1},
)  # fmt: skip


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    pytest.importorskip("cv2", reason="flow needs OpenCV: pip install -e '.[flow]'")
    folder = tmp_path_factory.mktemp("undisturbed")
    return folder, run_recipe(opened(folder, CONTENT))


def test_killed_at_any_kind_of_work_it_ends_in_the_same_bytes(
    undisturbed: tuple[Path, Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once at every kind of artifact, right before the second publication of it."""
    publish, seen = Writer.publish, dict[str, int]()

    def dying(writer: Writer, *given: Any, **named: Any) -> None:
        kind = writer._spec.kind
        seen[kind] = seen.get(kind, 0) + 1
        if seen[kind] == 2:
            raise KeyboardInterrupt
        publish(writer, *given, **named)

    monkeypatch.setattr(Writer, "publish", dying)
    opened(tmp_path, CONTENT)
    deaths = 0
    while True:
        try:
            found = run_recipe(bound_of(tmp_path))
            break
        except KeyboardInterrupt:
            deaths += 1
    assert deaths == 4 and set(seen) == {"sources", "features", "video-methods", "video-results"}
    assert contents(bound_of(tmp_path).store) == contents(bound_of(undisturbed[0]).store)
    assert found.result == undisturbed[1].result


def test_workers_make_the_same(packed_runner: Any, undisturbed: tuple[Path, Outcome], tmp_path: Path) -> None:
    """Random views and late cuts, too."""
    there = replace(opened(tmp_path, CONTENT), runner=packed_runner)
    assert run_recipe(there).result == undisturbed[1].result
    assert contents(there.store) == contents(bound_of(undisturbed[0]).store)
