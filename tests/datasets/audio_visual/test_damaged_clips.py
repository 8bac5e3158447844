"""Sixty damaged clips among twenty good ones: every one is listed with its reason, and none stops the others."""

import json
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from damaged import REASONS, write_damaged, write_good  # noqa: E402

from pipeline.datasets.av import read_clips  # noqa: E402
from pipeline.datasets.av.questions import read_questions  # noqa: E402
from pipeline.media import VideoSpec  # noqa: E402
from pipeline.media.isolation import decode_many  # noqa: E402
from pipeline.recipe.av_data import AveData, EventsData  # noqa: E402
from pipeline.recipe.question_data import MusicAvqaData, QuestionsData  # noqa: E402

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


def test_questions_about_damaged_and_absent_videos_are_all_listed(clips: Path, tmp_path: Path) -> None:
    """Two questions a video, in the published form; a clip of another length is as good as any."""
    ids = [name for name in sorted(path.stem for path in clips.iterdir()) if not _only_shorter(name)] + list(WRONG_IDS)
    root = tmp_path / "avqa"
    (root / "json").mkdir(parents=True)
    (root / "video").symlink_to(clips)
    rows = [
        {
            "video_id": name, "question_id": 2 * n + k, "type": '["Audio", "Counting"]', "question_content": "How many?",
            "templ_values": "[]", "question_deleted": 0, "anser": "one",
        }
        for n, name in enumerate(ids) for k in range(2)
    ]  # fmt: skip
    for split, part in {"train": rows[::2], "val": rows[1::4], "test": rows[3::4]}.items():
        (root / "json" / f"avqa-{split}.json").write_text(json.dumps(part))
    found = read_questions(MusicAvqaData(layout="music-avqa", root=root), tmp_path)
    good = [name for name in ids if name.startswith("good")]
    assert [question.name for question in found.of("train")] == good and len(found.of("val", "test")) == len(good)
    refused = {ids[one.row]: one.reason for one in found.refused if one.split == "train"}
    assert list(refused) == [name for name in ids if not name.startswith("good")]
    for name, reason in expected(ids).items():
        assert reason in refused[name], name
    assert refused["gone"] == "no such file" and "leads out of" in refused["../outside"] and refused["a" * 300]
    assert found.partial("train") == f"{GOOD} of {len(ids)}"
    assert found.listed("train") + found.listed("val") + found.listed("test") == 2 * len(ids)


def test_own_questions_list_them_all(clips: Path, tmp_path: Path) -> None:
    names = [path.name for path in sorted(clips.iterdir()) if not _only_shorter(path.name)]
    names += ["gone.mp4", "../outside.mp4", "a" * 300, "wrong id.mp4"]
    table = tmp_path / "qa.csv"
    table.write_text("file,question,answer\n" + "".join(f"{name},What is heard?,noise\n" for name in names))
    found = read_questions(QuestionsData(layout="questions", root=clips, questions=table), tmp_path)
    assert [question.name for question in found.questions] == [name for name in names if name.startswith("good")]
    refused = {names[one.row]: one.reason for one in found.refused}
    assert list(refused) == [name for name in names if not name.startswith("good")] and all(refused.values())
    for name, reason in expected(names).items():
        assert reason in refused[name], name


def _only_shorter(name: str) -> bool:
    """A clip of six seconds, which events of ten cannot use."""
    return name.startswith(f"bad{list(REASONS).index('another length')}")


def test_what_is_taken_can_be_decoded(clips: Path) -> None:
    """A clip that the reader takes gives frames of every second."""
    paths = [str(path) for path in sorted(clips.glob("good*.mp4"))[:4]]
    for one in decode_many(paths, VideoSpec(frames=10, size=32), workers=1):
        assert one.array is not None and one.array.shape == (10, 32, 32, 3)
