"""MUSIC-AVQA's reader: lists as published, words cut as its authors cut them, and nothing lost in silence."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import soundfile
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent))
from damaged import WAVE, write_good  # noqa: E402

from pipeline.datasets.av.questions import PAD, AvQuestions, cut_free, encoded, read_questions, unknown_words  # noqa: E402
from pipeline.datasets.av.questions.lists import read_lists  # noqa: E402
from pipeline.datasets.av.questions.miniature import undrawn_questions  # noqa: E402
from pipeline.datasets.av.questions.published import published_avqa  # noqa: E402
from pipeline.datasets.av.questions.words import cut, filled, vocabulary  # noqa: E402
from pipeline.datasets.errors import DatasetError  # noqa: E402
from pipeline.media import VideoSpec  # noqa: E402
from pipeline.media.video import decode_video  # noqa: E402
from pipeline.recipe.question_data import MiniatureQuestionsData, MusicAvqaData  # noqa: E402
from stores import file_key  # noqa: E402
from stores.fingerprint import check_keys  # noqa: E402

Row = tuple[str, tuple[str, str], str, list[str], str]
TRAIN: list[Row] = [
    ("00000093", ("Audio", "Counting"), "How many musical instruments were heard throughout the video?", [], "two"),
    ("00000093", ("Audio-Visual", "Existential"), "Is the <Object> in the video always playing?", ["ukulele"], "no"),
    ("00000104", ("Audio", "Comparative"), "Is the <Object> louder than the <Object>?", ["piano", "congas"], "yes"),
    ("va00001", ("Visual", "Location"), "Where is the performance？", [], "indoor"),  # noqa: RUF001
]
VAL: list[Row] = [("00000104", ("Audio", "Counting"), "How many <Object>s are heard?  ", ["pipa"], "two")]
TEST: list[Row] = [
    ("00000200", ("Audio-Visual", "Counting"), "How many types of musical instruments sound in the video?", [], "zero"),
    ("00000104", ("Audio-Visual", "Existential"), "Is the <Object> in the video always playing?", ["erhu"], "no"),
]


def rows_of(rows: list[Row], first: int = 0) -> list[dict[str, Any]]:
    return [
        {
            "video_id": video, "question_id": first + number, "type": json.dumps(kind), "question_content": content,
            "templ_values": json.dumps(values), "question_deleted": 0, "anser": answer,
        }
        for number, (video, kind, content, values, answer) in enumerate(rows)
    ]  # fmt: skip


@pytest.fixture(scope="session")
def clip_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    write_good(path)
    return path


@pytest.fixture
def avqa(tmp_path: Path, clip_file: Path) -> Callable[..., Path]:
    """Writes a small MUSIC-AVQA: lists, and videos of some ids."""

    def write(version: str = "json", **lists: list[dict[str, Any]]) -> Path:
        root = tmp_path / "avqa"
        (root / version).mkdir(parents=True)
        (root / "video").mkdir(exist_ok=True)
        written = {"train": rows_of(TRAIN), "val": rows_of(VAL, 10), "test": rows_of(TEST, 20), **lists}
        for split, rows in written.items():
            (root / version / f"avqa-{split}.json").write_text(json.dumps(rows))
        for name in ("00000093", "00000104", "va00001", "00000200"):
            (root / "video" / f"{name}.mp4").write_bytes(clip_file.read_bytes() + name.encode())
        return root

    return write


def read(root: Path, **options: object) -> AvQuestions:
    config = MusicAvqaData.model_validate({"layout": "music-avqa", "root": root, **options})
    return read_questions(config, root.parent / "workspace")


def test_questions_words_and_answers_are_those_of_the_lists(avqa: Callable[..., Path]) -> None:
    root = avqa()
    found = read(root)
    assert found.answers == ("two", "no", "yes", "indoor") and found.version == "json"
    assert found.words[:10] == (
        PAD, "How", "many", "musical", "instruments", "were", "heard", "throughout", "the", "video",
    )  # fmt: skip
    assert found.words[10:] == (
        "Is", "ukulele", "in", "always", "playing", "piano", "louder", "than", "congas", "Where", "is", "performance",
    )  # fmt: skip
    assert found.longest == 10  # of a question of test
    assert [question.split for question in found.questions] == ["train"] * 4 + ["val"] + ["test"] * 2
    assert [question.row for question in found.questions] == [0, 1, 2, 3, 0, 0, 1]
    second, third, fourth = found.questions[1:4]
    assert second.text == "Is the ukulele in the video always playing?"
    assert second.tokens == ("Is", "the", "ukulele", "in", "the", "video", "always", "playing")
    assert third.tokens == ("Is", "the", "piano", "louder", "than", "the", "congas")  # the last word is a blank, too
    assert fourth.tokens == ("Where", "is", "the", "performance")  # the full-width sign goes
    assert second.kind == ("Audio-Visual", "Existential") and second.answer == "no" and second.question_id == "1"
    path = root / "video" / "00000093.mp4"
    assert second.name == "00000093" and second.video.path == str(path) and second.video == second.sound
    assert second.video.key == file_key(path) and found.questions[0].key != second.key
    check_keys([question.key for question in found.questions])
    assert found.kinds == (
        ("Audio", "Counting"), ("Audio", "Comparative"),
        ("Audio-Visual", "Existential"), ("Audio-Visual", "Counting"), ("Visual", "Location"),
    )  # fmt: skip
    assert len(found.videos("train")) == 3 and len(found.of("train")) == 4


def test_what_val_and_test_have_and_train_never_has_is_told(avqa: Callable[..., Path]) -> None:
    found = read(avqa())
    assert found.unsaid == (("test", "zero", 1),)
    assert [found.answer_of(question) for question in found.of("test")] == [-1, 1]
    assert "1 of test have the answer 'zero', which train never has: they count as wrong" in found.notes


def test_videos_of_several_splits_are_listed_and_can_be_left_out(avqa: Callable[..., Path]) -> None:
    root = avqa()
    (leak,) = read(root).leaks
    assert leak.name == "00000104" and leak.rows == (("train", 2), ("val", 0), ("test", 1))
    assert "1 videos of test are also in val: 00000104" in read(root).notes
    found = read(root, disjoint=True)
    assert [(question.split, question.row) for question in found.questions] == [
        ("train", 0), ("train", 1), ("train", 3), ("test", 0), ("test", 1),
    ]  # fmt: skip
    assert found.left_out == (
        "train, question 2: a later split has its video", "val, question 0: a later split has its video",
    )  # fmt: skip
    assert "yes" not in found.answers and "louder" not in found.words  # of what is learned from


def test_a_question_whose_video_is_gone_is_listed_and_its_words_stay(avqa: Callable[..., Path]) -> None:
    root = avqa()
    (root / "video" / "00000104.mp4").unlink()
    (root / "video" / "other.mp4").write_bytes(b"\0")
    found = read(root)
    refused = [(one.split, one.row, one.reason) for one in found.refused]
    assert refused == [("train", 2, "no such file"), ("val", 0, "no such file"), ("test", 1, "no such file")]
    assert found.refused[0].path == str(root / "video" / "00000104.mp4")
    assert found.partial("train") == "3 of 4" and found.partial("val") == "0 of 1" and found.partial("test") == "1 of 2"
    assert (
        found.answers == ("two", "no", "yes", "indoor") and "louder" in found.words and found.strange == ("other.mp4",)
    )
    counts = {(one.split, one.label): (one.found, one.listed) for one in found.counts}
    assert counts[("train", "Audio, Comparative")] == (0, 1) and counts[("test", "Audio-Visual, Counting")] == (1, 1)
    assert {"train: 3 of 4 questions can be used", "Audio, Comparative, train: 0 of 1 questions"} <= set(found.notes)


def test_the_corrected_lists_are_read_by_name_and_the_folder_above_will_do(avqa: Callable[..., Path]) -> None:
    root = avqa()
    avqa("json_update", train=rows_of(TRAIN[:2]))
    assert len(read(root).of("train")) == 4
    found = read(root, version="json_update")
    assert len(found.of("train")) == 2 and found.version == "json_update"
    above = root.parent / "repository"
    above.mkdir()
    shutil.move(root, above / "data")
    assert len(read(above).questions) == 7


def test_what_its_publisher_has_taken_back_is_left_out(avqa: Callable[..., Path]) -> None:
    rows = rows_of(TRAIN)
    rows[0]["question_deleted"] = 1
    found = read(avqa(train=rows))
    assert found.left_out == ("train, question 0: deleted by its publisher",) and "two" not in found.answers
    assert "1 questions are left out, each with its reason: train, question 0: deleted by its publisher" in found.notes


@pytest.mark.parametrize(("pictures", "sound"), [("frames", "audio"), ("video_frames", "raw_audio")])
def test_frames_and_sound_apart_are_read(avqa: Callable[..., Path], pictures: str, sound: str) -> None:
    root = avqa()
    shutil.rmtree(root / "video")
    for name in ("00000093", "00000104", "va00001"):
        (root / pictures / name).mkdir(parents=True)
        for number in range(1, 13):
            Image.new("RGB", (32, 32), (20 * number, 0, len(name))).save(root / pictures / name / f"{number:06d}.jpg")
    (root / sound).mkdir()
    for name in ("00000093", "00000104"):
        soundfile.write(root / sound / f"{name}.wav", WAVE[: 16_000 * len(name)], 16_000)  # of any length
    found = read(root)
    assert {question.name for question in found.questions} == {"00000093", "00000104"}
    first = found.questions[0]
    assert first.video.path == str(root / pictures / "00000093") and first.sound.path == str(
        root / sound / "00000093.wav"
    )
    assert decode_video(first.video.path, VideoSpec(frames=10, size=32)).shape == (10, 32, 32, 3)
    reasons = {one.path: one.reason for one in found.refused}
    assert reasons == {
        str(root / pictures / "va00001"): f"{sound}/va00001.wav: no such file",
        str(root / pictures / "00000200"): "No such file or directory",
    }


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("type", "Audio, Counting", "type is a list of names as a text"),
        ("type", '["Audio"]', "a type of two names"),
        ("templ_values", "[]", "has 1 blanks, and 0 values to fill in"),
        ("templ_values", None, "templ_values is a list of names as a text"),
        ("anser", "", "an answer"),
        ("question_content", 3, "a text"),
        ("video_id", None, "an id of its video"),
    ],
)
def test_a_list_that_is_written_otherwise_is_told_with_its_row(
    avqa: Callable[..., Path], field: str, value: object, told: str
) -> None:
    rows = rows_of(TRAIN)
    rows[1][field] = value
    with pytest.raises(DatasetError, match="avqa-train.json, question 1: ") as caught:
        read(avqa(train=rows))
    assert told in str(caught.value)


def test_lists_that_are_none_are_told(avqa: Callable[..., Path]) -> None:
    root = avqa()
    path = root / "json" / "avqa-val.json"
    for content, told in {
        '{"a": 1}': "holds a mapping; expected a list of questions",
        '[{"answer": "two"}]': "question 0: expected video_id, .*anser .so spelled., found answer",
        "[1, 2": "cannot be read as a JSON list",
        "[" * 200_000: "cannot be read as a JSON list",
    }.items():
        path.write_text(content)
        with pytest.raises(DatasetError, match=told):
            read(root)
    path.unlink()
    with pytest.raises(DatasetError, match="avqa-val.json cannot be read as a JSON list"):
        read(root)
    with pytest.raises(DatasetError, match="it lacks json_update/avqa-train.json(.|\n)*frames/00000093"):
        read(root, version="json_update")
    (root / "json" / "avqa-train.json").write_text("[]")
    path.write_text("[]")
    with pytest.raises(DatasetError, match="avqa-train.json has no question"):
        read_lists(root / "json")


def test_words_are_cut_as_the_authors_code_cuts_them() -> None:
    """Their code: `content.rstrip().split(' ')`, the last word without its last letter, `<` by the values in order."""
    assert cut("Is there a <Object> sound?", ["bell"]) == ("Is", "there", "a", "bell", "sound")
    assert cut("Where？ ", []) == ("Where",)  # noqa: RUF001
    assert cut("two  spaces!", []) == ("two", "", "spaces")
    assert cut("no sign at all", []) == ("no", "sign", "at", "al")
    assert cut("<TH> of <Object>", ["first", "acoustic guitar", "more"]) == ("first", "of", "acoustic guitar")
    assert filled("Is the <Object> left of <Object>?", ["a"]) == "Is the a left of <Object>?"
    assert cut_free("  Which   sound is loudest ？") == ("Which", "sound", "is", "loudest")  # noqa: RUF001
    with pytest.raises(DatasetError, match="at least one word"):
        cut_free(" ? ")
    words = vocabulary([("a", "b"), ("b", "c")])
    assert words == (PAD, "a", "b", "c")
    assert encoded(("c", "z", "a"), words, 5) == (3, 0, 1, 0, 0) and unknown_words(("z", "a", "z"), words) == ("z",)
    with pytest.raises(DatasetError, match="has 3 words, and 2 are the most"):
        encoded(("a", "b", "c"), words, 2)


def test_the_miniature_is_read_as_it_is_planned(tmp_path: Path) -> None:
    config = MiniatureQuestionsData(layout="miniature", seed=5, train=12, val=12, test=12)
    planned = undrawn_questions(config, tmp_path)
    found = read_questions(config, tmp_path)
    for field in ("answers", "words", "longest", "version", "counts", "kinds", "refused", "leaks"):
        assert getattr(found, field) == getattr(planned, field), field
    told = ("key", "name", "question_id", "text", "tokens", "kind", "answer", "split", "row")
    assert [[getattr(q, name) for name in told] for q in found.questions] == [
        [getattr(q, name) for name in told] for q in planned.questions
    ]
    assert [q.video.path for q in found.questions] == [q.video.path for q in planned.questions]
    assert not found.unsaid and not found.notes and found.longest == 7 and len(found.answers) == 13


def test_as_published_there_are_so_many(tmp_path: Path) -> None:
    config = MusicAvqaData(layout="music-avqa", root=tmp_path / "absent")
    found = published_avqa(config)
    assert [len(found.of(split)) for split in ("train", "val", "test")] == [32_087, 4_595, 9_185]
    assert (len(found.words), len(found.answers), found.longest, len(found.kinds)) == (93, 42, 14, 9)
    assert len(set(found.answers)) == 42 and len(found.videos("train", "val", "test")) == 9_288
    assert len(found.videos("test")) == 6_399
    update = published_avqa(config.model_copy(update={"version": "json_update"}))
    assert [len(update.of(split)) for split in ("train", "val", "test")] == [31_927, 4_568, 9_129]
    check_keys([question.key for question in found.questions[:100]])
    assert len({question.key for question in found.questions}) == 45_867
