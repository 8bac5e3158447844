"""Sixty damaged clips among twenty good ones: every one is listed with its reason, and none stops the others."""

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from damaged import REASONS, write_damaged, write_good  # noqa: E402

from pipeline.datasets.av import read_clips  # noqa: E402
from pipeline.media import VideoSpec  # noqa: E402
from pipeline.media.isolation import decode_many  # noqa: E402
from pipeline.recipe.av_data import AveData, EventsData  # noqa: E402

GOOD = 20
WRONG_IDS = ("gone", "../outside", "/etc/passwd", "un\0printable", "a" * 300, "wrong id")


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder AVE with twenty good clips, and with five or six of every damage."""
    root = tmp_path_factory.mktemp("clips") / "AVE"
    root.mkdir()
    write_good(root / "good00.mp4")
    for number in range(1, GOOD):
        (root / f"good{number:02d}.mp4").write_bytes((root / "good00.mp4").read_bytes() + b"\0" * number)
    for place, how in enumerate(REASONS):
        first = root / f"bad{place}-0.mp4"
        write_damaged(first, how)
        for number in range(1, 6 if place < 4 else 5):
            other = root / f"bad{place}-{number}.mp4"
            (shutil.copytree if first.is_dir() else shutil.copy)(first, other)
    return root


def expected(ids: list[str]) -> dict[str, str]:
    """Id -> what its reason must hold."""
    return {name: list(REASONS.values())[int(name[3])] for name in ids if name.startswith("bad")}


def test_the_published_layout_lists_them_all(clips: Path, tmp_path: Path) -> None:
    ids = sorted(path.stem for path in clips.iterdir()) + list(WRONG_IDS)
    assert len(ids) == GOOD + 54 + 6
    lines = [f"Bark&{name}&good&{n % 5}&{n % 5 + 4}" for n, name in enumerate(ids)]
    for name, chosen in {
        "Annotations": lines, "trainSet": lines[::3], "valSet": lines[1::3], "testSet": lines[2::3]
    }.items():  # fmt: skip
        (clips.parent / f"{name}.txt").write_text("\n".join(chosen) + "\n")
    found = read_clips(AveData(layout="ave", root=clips.parent), tmp_path)
    assert [clip.name for clip in found.clips] == [name for name in ids if name.startswith("good")]
    refused = {ids[one.row]: one.reason for one in found.refused}
    assert list(refused) == [name for name in ids if not name.startswith("good")]
    for name, reason in expected(ids).items():
        assert reason in refused[name], name
    assert refused["gone"] == "no such file" == refused["wrong id"]
    assert all("leads out of" in refused[name] for name in ("../outside", "/etc/passwd", "un\0printable"))
    assert refused["a" * 300]
    totals = [found.partial(split) for split in ("train", "val", "test")]
    assert sum(int(told.split(" of ")[0]) for told in totals) == GOOD
    assert sum(int(told.split(" of ")[1]) for told in totals) == len(ids)


def test_own_events_list_them_all(clips: Path, tmp_path: Path) -> None:
    names = sorted(path.name for path in clips.iterdir()) + ["gone.mp4", "../outside.mp4", "a" * 300, "wrong id.mp4"]
    table = tmp_path / "events.csv"
    table.write_text("file,label,start_s,end_s\n" + "".join(f"{name},bark,1,3\n" for name in names))
    found = read_clips(EventsData(layout="events", root=clips, events=table), tmp_path)
    assert [clip.name for clip in found.clips] == [name for name in names if name.startswith("good")]
    refused = {names[one.row]: one.reason for one in found.refused}
    assert list(refused) == [name for name in names if not name.startswith("good")] and all(refused.values())
    for name, reason in expected(names).items():
        assert reason in refused[name], name


def test_what_is_taken_can_be_decoded(clips: Path) -> None:
    """A clip that the reader takes gives frames of every second."""
    paths = [str(path) for path in sorted(clips.glob("good*.mp4"))[:4]]
    for one in decode_many(paths, VideoSpec(frames=10, size=32), workers=1):
        assert one.array is not None and one.array.shape == (10, 32, 32, 3)
