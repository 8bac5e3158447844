"""Own clips with a table of questions: kinds and splits if wanted, copies together, and mistakes told with their line."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from damaged import FRAMES, WAVE, write_good  # noqa: E402

from pipeline.datasets.av.questions import AvQuestions, read_questions  # noqa: E402
from pipeline.datasets.errors import DatasetError  # noqa: E402
from pipeline.miniature.world.video_files import write_mp4  # noqa: E402
from pipeline.recipe.question_data import QuestionsData  # noqa: E402
from stores import file_key  # noqa: E402


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight clips of ten seconds, a copy of one, a shorter one, and one that nobody asks about."""
    root = tmp_path_factory.mktemp("own") / "clips"
    (root / "more").mkdir(parents=True)
    write_good(root / "c0.mp4")
    for number in range(1, 8):
        (root / f"c{number}.mp4").write_bytes((root / "c0.mp4").read_bytes() + b"\0" * number)
    (root / "more" / "copy.mp4").write_bytes((root / "c1.mp4").read_bytes())
    write_mp4(root / "short.mp4", FRAMES[:5], 2, WAVE[:40_000])
    write_mp4(root / "unasked.mp4", FRAMES[:4], 2, WAVE[:32_000])
    return root


def read(clips: Path, tmp_path: Path, text: str, **options: object) -> AvQuestions:
    table = tmp_path / "qa.csv"
    table.write_text(text, encoding="utf-8")
    return read_questions(
        QuestionsData.model_validate({"layout": "questions", "root": clips, "questions": table, **options}), tmp_path
    )


def test_a_table_of_three_columns_is_enough(clips: Path, tmp_path: Path) -> None:
    found = read(
        clips,
        tmp_path,
        'file,question,answer\nc0.mp4, Which  cafe\u0301 is it ?,a cafe\u0301\nshort.mp4,"Is it, so?",no\n',
    )
    first, second = found.questions
    assert (
        first.text == "Which café is it ?"
        and first.tokens == ("Which", "café", "is", "it")
        and first.answer == "a café"
    )
    assert second.tokens == ("Is", "it,", "so") and second.video.key == file_key(clips / "short.mp4")
    assert [question.split for question in found.questions] == ["train", "train"]  # of fewer than three files
    assert found.kinds == (("any", ""),) and found.answers == ("a café", "no") and found.longest == 4
    assert found.version == "" and found.segments == 10
    assert found.strange == tuple(f"c{number}.mp4" for number in range(1, 8)) + ("more/copy.mp4", "unasked.mp4")


def test_kinds_and_splits_may_be_written_down(clips: Path, tmp_path: Path) -> None:
    found = read(
        clips, tmp_path,
        "file,question,answer,kind,split\n"
        'c0.mp4,How many?,two,"Audio-Visual, Counting",train\n'
        "c0.mp4,Who?,nobody,Visual/Who,\n"
        "c1.mp4,Who?,somebody,Visual: Who,test\n"
        "c2.mp4,Why?,so,Reasons,val\n"
        "c2.mp4,Why not?,so,,val\n",
    )  # fmt: skip
    assert [question.kind for question in found.questions] == [
        ("Audio-Visual", "Counting"), ("Visual", "Who"), ("Visual", "Who"), ("Reasons", ""), ("any", ""),
    ]  # fmt: skip
    assert [question.split for question in found.questions] == ["train", "train", "test", "val", "val"]
    assert found.unsaid == (("test", "somebody", 1), ("val", "so", 2))
    assert [one.label for one in found.counts if one.split == "val"] == ["Reasons", "any"]


def test_splits_are_drawn_by_video_and_copies_stay_together(clips: Path, tmp_path: Path) -> None:
    names = [f"c{number}.mp4" for number in range(8)] + ["more/copy.mp4"]
    text = "file,question,answer\n" + "".join(f"{name},{what}?,yes\n" for what in ("One", "Two") for name in names)
    found = read(clips, tmp_path, text)
    splits = {name: {question.split for question in found.questions if question.name == name} for name in names}
    assert all(len(own) == 1 for own in splits.values()) and splits["c1.mp4"] == splits["more/copy.mp4"]
    count = {split: len(found.videos(split)) for split in ("train", "val", "test")}
    assert count == {"train": 6, "val": 1, "test": 1} and not found.leaks  # 70, 15 and 15 % of eight videos
    assert len({question.key for question in found.questions}) == 18
    reordered = read(clips, tmp_path, "\n".join([text.splitlines()[0], *reversed(text.splitlines()[1:])]) + "\n")
    assert {q.name: q.split for q in reordered.questions} == {q.name: q.split for q in found.questions}
    others = [{q.name: q.split for q in read(clips, tmp_path, text, seed=seed).questions} for seed in range(1, 5)]
    assert any(other != {q.name: q.split for q in found.questions} for other in others)


def test_a_copy_in_another_split_is_told_as_a_leak(clips: Path, tmp_path: Path) -> None:
    found = read(clips, tmp_path, "file,question,answer,split\nc1.mp4,A?,a,train\nmore/copy.mp4,A?,a,test\n")
    (leak,) = found.leaks
    assert leak.name == "c1.mp4" and leak.rows == (("train", 0), ("test", 1))
    assert "1 videos of test are also in train: c1.mp4" in found.notes


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("file,question\nc0.mp4,A?\n", "has no column answer"),
        ("file,question,answer\n", "has no question. Write at least one"),
        ("file,question,answer\nc0.mp4,A?,\n", "line 2: a row names a file .* a question and its answer"),
        ("file,question,answer\n,A?,a\n", "line 2: a row names a file"),
        ("file,question,answer\nc0.mp4,?,a\n", "line 2: a question has at least one word"),
        ("file,question,answer,split\nc0.mp4,A?,a,dev\n", "line 2: the split 'dev' is none of train, val, test"),
        (
            "file,question,answer,split\nc0.mp4,A?,a,train\nc0.mp4,B?,a,val\n",
            "line 3: c0.mp4 is in train above and in val",
        ),
        ("file,question,answer,split\nc0.mp4,A?,a,val\n", "no file of .*qa.csv is in train"),
    ],
)
def test_a_table_that_is_written_otherwise_is_told(clips: Path, tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(DatasetError, match=told):
        read(clips, tmp_path, text)


def test_an_absent_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="there is no folder"):
        read(tmp_path / "absent", tmp_path, "file,question,answer\na.mp4,A?,a\n")
