"""Every published layout: exact rows and labels, and the same with pieces of it gone or strange."""

import json
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from layouts import ESC50_SPELLING, NUSWIDE_CONCEPTS, VOC_CLASSES, WRITERS, write_image, write_layout

from pipeline.datasets import DatasetError, read_rows
from pipeline.datasets.check import data_config
from pipeline.datasets.class_names import ClassNames
from pipeline.datasets.imagenet_mini import WORDNET_IDS
from pipeline.datasets.read import Source
from pipeline.datasets.registry import PUBLISHED, find_layout
from pipeline.labels import load_labels, shipped_label_sets
from stores import file_key

SHOWN: dict[str, list[tuple[str, ...]]] = {
    "ucf101": [("yo yo",), ("apply eye makeup",), ("handstand pushups",), ("apply eye makeup",)],
    "hmdb51": [("shoot bow",), ("pushup",), ("shoot bow",), ("pushup",)],
    "vggsound": [("dog barking",), ("bird chirping, tweeting",), ("playing acoustic guitar",)],
    "kinetics400": [("yoga",), ("abseiling",), ("tying knot (not on a tie)",)],
    "kinetics600": [("yoga",), ("abseiling",), ("tying knot (not on a tie)",)],
    "kinetics700": [("yoga",), ("abseiling",), ("tying knot (not on a tie)",)],
    "mscoco": [("person", "aeroplane"), (), ("motor bike",), ("remote control", "person")],
    "voc2007": [("person", "tvmonitor"), (), ("aeroplane",)],
    "voc2012": [("person", "tvmonitor"), (), ("aeroplane",)],
    "nuswide": [("airport", "zebra"), (), ("sky",)],
    "imagenet-mini": [("n13133613",), ("n01532829",), ("n07747607",)],
    "objects365": [("plants pot", "bread"), (), ("Bread", "Accordion"), ("tissue", "CD")],
    "esc50": [("keyboard",), ("aeroplane",), ("crying baby",), ("dog",), ("dog",), ("dog",)],
    "urbansound8k": [("gun shot",), ("air conditioner",), ("siren",)],
}
# What must be read: (path below the root, labels in the order the reader gives them), written by hand.
EXPECTED: dict[str, list[tuple[str, tuple[str, ...]]]] = {
    "ucf101": [
        ("UCF-101/ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi", ("apply eye makeup",)),
        ("UCF-101/ApplyEyeMakeup/v_ApplyEyeMakeup_g03_c01.avi", ("apply eye makeup",)),
        ("UCF-101/HandstandPushups/v_HandStandPushups_g02_c01.avi", ("handstand pushups",)),
        ("UCF-101/YoYo/v_YoYo_g00_c01.avi", ("yo yo",)),
    ],
    "hmdb51": [
        ("hmdb51_org/pushup/#1_Clip!_(HQ)_pushup_u_cm_np1_fr_med_1.avi", ("pushup",)),
        ("hmdb51_org/pushup/#3_Clip!_(HQ)_pushup_u_cm_np1_fr_med_3.avi", ("pushup",)),
        ("hmdb51_org/shoot_bow/#0_Clip!_(HQ)_shoot_bow_u_cm_np1_fr_med_0.avi", ("shoot bow",)),
        ("hmdb51_org/shoot_bow/#2_Clip!_(HQ)_shoot_bow_u_cm_np1_fr_med_2.avi", ("shoot bow",)),
    ],
    "vggsound": [
        ("video/-_id0000000_000000.mp4", ("dog barking",)),
        ("video/-_id0000001_000010.mp4", ("bird chirping, tweeting",)),
        ("video/-_id0000002_000020.mp4", ("playing acoustic guitar",)),
    ],
    "kinetics400": [
        ("val/-_id0000000_000000_000010.mp4", ("yoga",)),
        ("val/-_id0000001_000010_000020.mp4", ("abseiling",)),
        ("val/-_id0000002_000020_000030.mp4", ("tying knot (not on a tie)",)),
    ],
    "kinetics700": [
        ("val/yoga/-_id0000000_000000_000010.mp4", ("yoga",)),
        ("val/abseiling/-_id0000001_000010_000020.mp4", ("abseiling",)),
        ("val/tying knot (not on a tie)/-_id0000002_000020_000030.mp4", ("tying knot (not on a tie)",)),
    ],
    "mscoco": [
        ("val2014/COCO_val2014_000000000000.jpg", ("aeroplane", "person")),
        ("val2014/COCO_val2014_000000000007.jpg", ()),
        ("val2014/COCO_val2014_000000000014.jpg", ("motor bike",)),
        ("val2014/COCO_val2014_000000000021.jpg", ("person", "remote control")),
    ],
    "voc2007": [
        ("VOC2007/JPEGImages/000000.jpg", ("person", "tvmonitor")),
        ("VOC2007/JPEGImages/000001.jpg", ()),
        ("VOC2007/JPEGImages/000002.jpg", ("aeroplane",)),
    ],
    "voc2012": [
        ("VOC2012/JPEGImages/000000.jpg", ("person", "tvmonitor")),
        ("VOC2012/JPEGImages/000001.jpg", ()),
        ("VOC2012/JPEGImages/000002.jpg", ("aeroplane",)),
    ],
    "nuswide": [
        ("Flickr/zoo/0000_0.jpg", ("airport", "zebra")),
        ("Flickr/actor/0001_1.jpg", ()),
        ("Flickr/zoo/0002_2.jpg", ("sky",)),
    ],
    "imagenet-mini": [
        ("images/n13133613_0.jpg", ("ear",)),
        ("images/n01532829_1.jpg", ("house finch",)),
        ("images/n07747607_2.jpg", ("orange",)),
    ],
    "objects365": [
        ("Images/val/val/obj365_val_000000000000.jpg", ("bread", "plants pot")),
        ("Images/val/val/obj365_val_000000000007.jpg", ()),
        ("Images/val/val/obj365_val_000000000014.jpg", ("Accordion", "Bread")),
        ("Images/val/val/obj365_val_000000000021.jpg", ("CD", "tissue")),
    ],
    "esc50": [
        ("audio/1-100000-A-0.wav", ("keyboard",)),
        ("audio/2-100001-A-1.wav", ("aeroplane",)),
        ("audio/3-100002-A-2.wav", ("crying baby",)),
        ("audio/4-100003-A-3.wav", ("dog",)),
        ("audio/5-100004-A-4.wav", ("dog",)),
        ("audio/1-100005-A-5.wav", ("dog",)),
    ],
    "urbansound8k": [
        ("audio/fold1/100000-3-0-0.wav", ("gun shot",)),
        ("audio/fold2/100001-3-0-0.wav", ("air conditioner",)),
        ("audio/fold3/100002-3-0-0.wav", ("siren",)),
    ],
}
EXPECTED["kinetics600"] = EXPECTED["kinetics400"]


def read(name: str, root: Path, labels: list[str] | None = None, **options: Any) -> Source:
    layout = find_layout(name)
    assert layout.modality is not None and layout.label_set is not None
    config = data_config(layout, {"root": root, **options})
    known = load_labels(layout.label_set) if labels is None else labels
    return read_rows(config, layout.modality, known, root.parent / "workspace")


def rows_of(source: Source, root: Path) -> list[tuple[str, tuple[str, ...]]]:
    assert all(row.key == file_key(row.path) for row in source.rows)
    return [(Path(row.path).relative_to(root).as_posix(), row.labels) for row in source.rows]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_layout_is_read_row_by_row(name: str, root: Path) -> None:
    write_layout(name, root, SHOWN[name])
    source = read(name, root)
    assert rows_of(source, root) == EXPECTED[name]
    assert source.unreadable == source.unknown == source.left_out == ()
    assert source.exhaustive == (name in ("mscoco", "voc2007", "voc2012", "nuswide", "objects365"))


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_missing_file_is_told_and_not_fatal(name: str, root: Path) -> None:
    write_layout(name, root, SHOWN[name])
    gone = root / EXPECTED[name][0][0]
    gone.unlink()
    source = read(name, root)
    assert rows_of(source, root) == EXPECTED[name][1:]
    named_by_a_list = name not in ("ucf101", "hmdb51")  # whose folders are the list
    assert source.unreadable == (((str(gone), "No such file or directory"),) if named_by_a_list else ())


@pytest.mark.parametrize("name", PUBLISHED)
def test_other_classes_are_counted(name: str, root: Path) -> None:
    """The run knows one class of the data set only: of one class a file, other files are no rows; else they stay."""
    write_layout(name, root, SHOWN[name])
    own = next(labels[0] for _, labels in EXPECTED[name] if labels)
    source = read(name, root, [own, "no such class"])
    cut = [(path, tuple(label for label in labels if label == own)) for path, labels in EXPECTED[name]]
    assert rows_of(source, root) == (cut if source.exhaustive else [row for row in cut if row[1]])
    others = sum(label != own for _, labels in EXPECTED[name] for label in labels)
    assert sum(count for _, count in source.unknown) == others > 0
    assert source.left_out == tuple(label for label, _ in source.unknown)


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_wrong_root_shows_both_trees(name: str, root: Path) -> None:
    (root / "holiday" / "more").mkdir(parents=True)
    (root / "notes.txt").write_text("nothing to see")
    with pytest.raises(DatasetError) as caught:
        read(name, root)
    told = str(caught.value)
    assert told.startswith(
        f"data: {root} does not hold {PUBLISHED[name].title} as 'layout: {name}' expects it: it lacks "
    )
    lacking = re.search(r"it lacks (\S+)\.\n", told)
    assert lacking and all(part in PUBLISHED[name].tree for part in lacking[1].split("/"))
    expected = "\n".join(f"  {line}" for line in PUBLISHED[name].tree.splitlines())
    assert told.endswith(f"\nExpected:\n{expected}\nFound:\n  data/\n    holiday/\n      more/\n    notes.txt")


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_root_one_folder_off_is_told(name: str, root: Path) -> None:
    write_layout(name, root / "v1" / "inner" if name != "nuswide" else _made(root / "v1" / "inner"), SHOWN[name])
    for wrong in (root, root / "v1", sorted(path for path in (root / "v1" / "inner").iterdir() if path.is_dir())[0]):
        with pytest.raises(DatasetError) as caught:
            read(name, wrong)
        assert str(caught.value).endswith(f"\nDid you mean root: {root / 'v1' / 'inner'}?"), wrong
    with pytest.raises(DatasetError) as caught:
        read(name, root / "gone")
    assert str(caught.value).startswith(f"data: there is no folder {root / 'gone'}.\nExpected:\n  ROOT/")
    assert str(caught.value).endswith(f"\nDownload: {PUBLISHED[name].download}")


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_file_in_place_of_a_folder_is_told(name: str, root: Path) -> None:
    """An archive that was never unpacked, saved under the folder's name."""
    write_layout(name, root, SHOWN[name])
    needed = (
        path
        for path in root.iterdir()
        if path.is_dir() and path.name not in ("ucfTrainTestlist", "testTrainMulti_7030_splits")
    )
    for folder in sorted(needed):
        aside = folder.rename(root / f"{folder.name}.aside")
        folder.write_bytes(b"Rar!")
        with pytest.raises(DatasetError, match=re.escape(f"it lacks {folder.name}")):
            read(name, root)
        folder.unlink()
        aside.rename(folder)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def test_long_folders_are_told_in_short(root: Path) -> None:
    for number in range(12):
        (root / f"d{number:02}").mkdir()
        for inner in range(5):
            (root / f"d{number:02}" / f"f{inner}").touch()
    with pytest.raises(DatasetError) as caught:
        read("esc50", root)
    found = str(caught.value).split("Found:\n")[1].splitlines()
    assert found[:6] == ["  data/", "    d00/", "      f0", "      f1", "      f2", "      …"]
    assert found[-1] == "    …" and sum(line.endswith("/") for line in found) == 1 + 8


class TestHmdb51:
    def test_divisions(self, root: Path) -> None:
        """1 is training, 2 is test, 0 is in neither: of three clips a class has one in each."""
        paths = write_layout("hmdb51", root, [("wave",), ("eat",), ("wave",), ("wave",)])
        split = {
            part: [path for path, _ in rows_of(read("hmdb51", root, split=part), root)]
            for part in ("test01", "train01")
        }
        inside = [path.relative_to(root).as_posix() for path in paths]
        assert split == {"test01": [inside[1], inside[0]], "train01": [inside[2]]}
        assert len(rows_of(read("hmdb51", root), root)) == 4
        with pytest.raises(DatasetError, match="none ends with _test_split2.txt"):
            read("hmdb51", root, split="test02")

    @pytest.mark.parametrize("line", ["clip.avi 3", "clip.avi", "1"])
    def test_a_list_of_something_else(self, root: Path, line: str) -> None:
        write_layout("hmdb51", root, SHOWN["hmdb51"])
        (root / "testTrainMulti_7030_splits/pushup_test_split1.txt").write_text(f"{line}\n")
        with pytest.raises(DatasetError, match=f"line 1: '{line}' is no clip with 0, 1 or 2 behind it"):
            read("hmdb51", root, split="train01")

    def test_the_classes(self) -> None:
        names = load_labels("hmdb51")
        assert len(names) == 51 and names[0] == "brush hair" and names[-1] == "wave" and "shoot bow" in names
        assert list(names) == sorted(names)


class TestVggSound:
    def test_splits_and_clips_that_are_gone(self, root: Path) -> None:
        write_layout("vggsound", root, SHOWN["vggsound"])
        gone = read("vggsound", root, split="train")
        assert gone.rows == () and gone.unreadable == (
            (str(root / "video/gone_000005.mp4"), "No such file or directory"),
        )

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("id,start,label,split\n", "line 1: 'start', 'split'"),
            ('a,5,"dog barking"\n', "line 1: 4 columns expected"),
            ('a,5,"dog barking",val\n', "line 1: '5', 'val'"),
        ],
    )
    def test_a_list_of_something_else(self, root: Path, text: str, told: str) -> None:
        write_layout("vggsound", root, SHOWN["vggsound"])
        (root / "vggsound.csv").write_text(text)
        with pytest.raises(DatasetError, match=re.escape(told)):
            read("vggsound", root)


class TestUcf101:
    def test_divisions(self, root: Path) -> None:
        write_layout("ucf101", root, SHOWN["ucf101"])
        assert [path for path, _ in rows_of(read("ucf101", root, split="test01"), root)] == [
            "UCF-101/YoYo/v_YoYo_g00_c01.avi",
            "UCF-101/HandstandPushups/v_HandStandPushups_g02_c01.avi",
        ]
        assert rows_of(read("ucf101", root, split="train01"), root) == EXPECTED["ucf101"][:2]
        with pytest.raises(DatasetError, match="it lacks ucfTrainTestlist/testlist02.txt"):
            read("ucf101", root, split="test02")

    def test_every_folder_of_the_data_set_is_a_class(self) -> None:
        folders = """ApplyEyeMakeup ApplyLipstick Archery BabyCrawling BalanceBeam BandMarching BaseballPitch Basketball
            BasketballDunk BenchPress Biking Billiards BlowDryHair BlowingCandles BodyWeightSquats Bowling BoxingPunchingBag
            BoxingSpeedBag BreastStroke BrushingTeeth CleanAndJerk CliffDiving CricketBowling CricketShot CuttingInKitchen
            Diving Drumming Fencing FieldHockeyPenalty FloorGymnastics FrisbeeCatch FrontCrawl GolfSwing Haircut Hammering
            HammerThrow HandstandPushups HandstandWalking HeadMassage HighJump HorseRace HorseRiding HulaHoop IceDancing
            JavelinThrow JugglingBalls JumpingJack JumpRope Kayaking Knitting LongJump Lunges MilitaryParade Mixing
            MoppingFloor Nunchucks ParallelBars PizzaTossing PlayingCello PlayingDaf PlayingDhol PlayingFlute PlayingGuitar
            PlayingPiano PlayingSitar PlayingTabla PlayingViolin PoleVault PommelHorse PullUps Punch PushUps Rafting
            RockClimbingIndoor RopeClimbing Rowing SalsaSpin ShavingBeard Shotput SkateBoarding Skiing Skijet SkyDiving
            SoccerJuggling SoccerPenalty StillRings SumoWrestling Surfing Swing TableTennisShot TaiChi TennisSwing
            ThrowDiscus TrampolineJumping Typing UnevenBars VolleyballSpiking WalkingWithDog WallPushups WritingOnBoard
            YoYo""".split()
        names = ClassNames(load_labels("ucf101"))
        assert [names.label(folder) for folder in folders].count(None) == 0
        assert sorted(str(names.label(folder)) for folder in folders) == sorted(load_labels("ucf101"))


class TestKinetics:
    def test_every_tenth_line(self, root: Path) -> None:
        write_layout("kinetics400", root, [("yoga",)] * 13)
        every = [path for path, _ in rows_of(read("kinetics400", root), root)]
        tenth = [path for path, _ in rows_of(read("kinetics400", root, every=10), root)]
        assert tenth == [every[0], every[10]] and len(every) == 13

    def test_copies_differ(self, root: Path) -> None:
        """Lists are called .txt or validate.csv, clips are .mkv, folders have underscores; names may be given outright."""
        write_layout("kinetics600", root, SHOWN["kinetics600"])
        (root / "annotations/val.csv").rename(root / "validate.csv")
        (root / "val/playing_chess").mkdir()
        (root / EXPECTED["kinetics600"][0][0]).rename(root / "val/playing_chess/-_id0000000_000000_000010.mkv")
        (root / EXPECTED["kinetics600"][1][0]).rename(root / "val/whole name.mp4")
        text = (
            (root / "validate.csv")
            .read_text()
            .replace("yoga", "playing chess")
            .replace("-_id0000001", "whole name.mp4")
        )
        (root / "validate.csv").write_text(text.replace(",20,30", ",20.0,30.0"))
        assert rows_of(read("kinetics600", root), root) == [
            ("val/playing_chess/-_id0000000_000000_000010.mkv", ("playing chess",)),
            ("val/whole name.mp4", ("abseiling",)),
            EXPECTED["kinetics600"][2],
        ]

    def test_spellings_of_the_authors_texts(self, root: Path) -> None:
        write_layout("kinetics400", root, [("capoeira dancing",), ("barbecuing",), ("massaging person's head",)])
        found = [labels for _, labels in rows_of(read("kinetics400", root), root)]
        assert found == [("capoeira",), ("barbequing",), ("massaging persons head",)]

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            (
                "id,label\n1,2\n",
                "val.csv has no column youtube_id, time_start, time_end. Found: id, label. Expected: you",
            ),
            ("", "val.csv has no column youtube_id, time_start, time_end. Found: nothing"),
            ("label,youtube_id,time_start,time_end\na,b,1,2\na,b,1\n", "val.csv, line 3: 4 columns expected. Download"),
            ("label,youtube_id,time_start,time_end\na,b,1,2,3\n", "val.csv, line 2: 4 columns expected"),
            (
                "label,youtube_id,time_start,time_end\na,b,x,2\n",
                "val.csv, line 2: time_start and time_end are seconds; co",
            ),
            ("label,youtube_id\n\xff", "val.csv cannot be read as a CSV list: 'utf-8' codec"),
        ],
    )
    def test_lists_that_are_none(self, root: Path, text: str, told: str) -> None:
        write_layout("kinetics400", root, SHOWN["kinetics400"])
        (root / "annotations/val.csv").write_bytes(text.encode("latin-1"))
        with pytest.raises(DatasetError, match=told):
            read("kinetics400", root)


class TestVoc:
    @pytest.mark.parametrize(("difficult", "labels"), [("negative", ()), ("positive", ("cat",))])
    def test_difficult_objects(self, root: Path, difficult: str, labels: tuple[str, ...]) -> None:
        write_layout("voc2007", root, SHOWN["voc2007"])
        path = root / "VOC2007/ImageSets/Main/cat_test.txt"
        path.write_text(path.read_text().replace("000001 -1", "000001  0"))
        assert rows_of(read("voc2007", root, difficult=difficult), root)[1] == ("VOC2007/JPEGImages/000001.jpg", labels)

    def test_below_vocdevkit(self, root: Path) -> None:
        write_layout("voc2012", root / "VOCdevkit", SHOWN["voc2012"])
        assert rows_of(read("voc2012", root), root / "VOCdevkit") == EXPECTED["voc2012"]

    def test_a_list_of_something_else(self, root: Path) -> None:
        write_layout("voc2007", root, SHOWN["voc2007"])
        (root / "VOC2007/ImageSets/Main/bus_test.txt").write_text("000000  1\n000001\n")
        with pytest.raises(
            DatasetError, match=r"bus_test.txt, line 2: '000001' is no 'image 1', 'image -1' or 'image 0'"
        ):
            read("voc2007", root)

    def test_the_classes(self) -> None:
        assert load_labels("voc") == VOC_CLASSES


class TestNuswide:
    def test_lists_of_different_lengths(self, root: Path) -> None:
        write_layout("nuswide", root, SHOWN["nuswide"])
        (root / "TrainTestLabels/Labels_sky_Test.txt").write_text("0\n1\n")
        with pytest.raises(
            DatasetError, match="Labels_sky_Test.txt has 2 lines, TestImagelist.txt has 3: they belong tog"
        ):
            read("nuswide", root)

    def test_the_concepts(self) -> None:
        assert load_labels("nuswide") == NUSWIDE_CONCEPTS


class TestBoxes:
    def test_other_splits_of_coco(self, root: Path) -> None:
        write_layout("mscoco", root, SHOWN["mscoco"])
        (root / "images").mkdir()
        (root / "val2014").rename(root / "images/val2017")
        (root / "annotations/instances_val2014.json").rename(root / "annotations/instances_val2017.json")
        assert len(read("mscoco", root, split="val2017").rows) == 4
        with pytest.raises(DatasetError, match="it lacks annotations/instances_val2014.json"):
            read("mscoco", root)

    def test_coco_s_own_names_are_the_label_set(self) -> None:
        names = """person,bicycle,car,motorcycle,airplane,bus,train,truck,boat,traffic light,fire hydrant,stop sign,parking
            meter,bench,bird,cat,dog,horse,sheep,cow,elephant,bear,zebra,giraffe,backpack,umbrella,handbag,tie,suitcase,
            frisbee,skis,snowboard,sports ball,kite,baseball bat,baseball glove,skateboard,surfboard,tennis racket,bottle,
            wine glass,cup,fork,knife,spoon,bowl,banana,apple,sandwich,orange,broccoli,carrot,hot dog,pizza,donut,cake,chair,
            couch,potted plant,bed,dining table,toilet,tv,laptop,mouse,remote,keyboard,cell phone,microwave,oven,toaster,
            sink,refrigerator,book,clock,vase,scissors,teddy bear,hair drier,toothbrush"""
        classes = ClassNames(load_labels("coco"), PUBLISHED["mscoco"].aliases)
        assert [classes.label(" ".join(name.split())) for name in names.split(",")] == load_labels("coco")

    def test_a_broken_file(self, root: Path) -> None:
        write_layout("objects365", root, SHOWN["objects365"])
        (root / "Annotations/val/val.json").write_text(json.dumps({"images": []}))
        with pytest.raises(DatasetError, match="val.json lacks annotations, categories"):
            read("objects365", root)
        (root / "Annotations/val/val.json").write_text("[" * 100_000)
        with pytest.raises(DatasetError, match="cannot be read as COCO annotations: maximum recursion depth"):
            read("objects365", root)


class TestSounds:
    def test_folds(self, root: Path) -> None:
        write_layout("esc50", root, SHOWN["esc50"])
        assert rows_of(read("esc50", root, folds=[1, 3]), root) == [EXPECTED["esc50"][i] for i in (0, 2, 5)]

    @pytest.mark.parametrize("folds", [[], [0], [6], ["x"]])
    def test_folds_that_are_none(self, root: Path, folds: list[Any]) -> None:
        with pytest.raises(DatasetError, match="layout 'esc50' cannot be used so:\n  - folds"):
            read("esc50", root, folds=folds)

    def test_every_category_is_a_class(self) -> None:
        categories = """dog rooster pig cow frog cat hen insects sheep crow rain sea_waves crackling_fire crickets
            chirping_birds water_drops wind pouring_water toilet_flush thunderstorm crying_baby sneezing clapping breathing
            coughing footsteps laughing brushing_teeth snoring drinking_sipping door_wood_knock mouse_click keyboard_typing
            door_wood_creaks can_opening washing_machine vacuum_cleaner clock_alarm clock_tick glass_breaking helicopter
            chainsaw siren car_horn engine train church_bells airplane fireworks hand_saw""".split()
        classes = ClassNames(load_labels("esc50"), PUBLISHED["esc50"].aliases)
        assert sorted(str(classes.label(name)) for name in categories) == sorted(load_labels("esc50"))
        assert set(ESC50_SPELLING) <= set(load_labels("esc50"))


class TestImagenetMini:
    def test_ids_are_those_of_imagenet(self) -> None:
        """Against timm's list of synsets, whose first lemma is the label set's name but for ImageNet's own renamings."""
        found = find_spec("timm")  # not imported: it brings torch
        assert found is not None and found.origin is not None
        info = Path(found.origin).parent / "data/_info"
        lemmas = dict(
            line.split("\t", 1)
            for line in (info / "imagenet_synset_to_lemma.txt").read_text().splitlines()
            if "\t" in line
        )
        names = load_labels("imagenet-mini")
        assert list(WORDNET_IDS) == sorted(WORDNET_IDS) and len(set(WORDNET_IDS)) == 100
        for wordnet_id, name in zip(WORDNET_IDS, names, strict=True):
            assert name.lower() in [lemma.strip().lower() for lemma in lemmas[wordnet_id].split(",")], (
                wordnet_id,
                name,
            )

    def test_an_id_of_another_class(self, root: Path) -> None:
        write_layout("imagenet-mini", root, [("n01532829",), ("n02084071",)])
        source = read("imagenet-mini", root)
        assert [row.labels for row in source.rows] == [("house finch",)] and source.unknown == (("n02084071", 1),)


def test_every_shipped_label_set_is_a_data_set_s_or_known_to_be_for_later() -> None:
    used = {layout.label_set for layout in PUBLISHED.values()}
    later = {"ave", "eurosat", "flowers102", "imagenet1k", "oxford-pets", "kinetics700-base-ours", "vggsound-base-ours"}
    assert {name for name in shipped_label_sets() if not name.startswith("miniature-")} == used | later
    assert set(WRITERS) == set(PUBLISHED) == set(SHOWN)


def test_a_data_set_under_another_modality(root: Path) -> None:
    config = data_config(find_layout("esc50"), {"root": root})
    with pytest.raises(DatasetError) as caught:
        read_rows(config, "video", ["dog"], root)
    assert str(caught.value) == (
        "data: layout 'esc50' holds audio, not video. Put it under modalities.audio, or take one of: "
        "ucf101, hmdb51, kinetics400, kinetics600, kinetics700, vggsound, folder, table, webdataset"
    )


def test_own_names_for_classes(root: Path) -> None:
    """A run may call classes as the data set does, or write them otherwise: aliases never hide an own name."""
    write_layout("esc50", root, [("aeroplane",), ("crying baby",)])
    assert [row.labels for row in read("esc50", root, ["Airplane", "crying-baby"]).rows] == [
        ("Airplane",),
        ("crying-baby",),
    ]


def test_a_link_to_a_file_is_that_file(root: Path) -> None:
    (path,) = write_layout("kinetics400", root, [("yoga",)])
    path.rename(root / "elsewhere.mp4")
    path.symlink_to(root / "elsewhere.mp4")
    assert [row.path for row in read("kinetics400", root).rows] == [str(path)]


def test_pictures_of_the_writer_differ(root: Path) -> None:
    write_image(root / "a.jpg", 1)
    write_image(root / "b.jpg", 2)
    assert file_key(root / "a.jpg") != file_key(root / "b.jpg")


class TestClassNames:
    def test_case_blanks_and_signs_do_not_tell_classes_apart(self) -> None:
        names = ClassNames(["T-shirt", "golden retriever", "Café"])
        found = [
            names.label(name) for name in ("tShirt", "Golden_Retriever", "golden-retriever", "CAFÉ", "cafe", "", "_")
        ]
        assert found == ["T-shirt", "golden retriever", "golden retriever", "Café", None, None, None]

    def test_names_that_only_signs_tell_apart_must_be_exact(self) -> None:
        names = ClassNames(["C", "C++", "#", "bread", "Bread"])
        assert [names.label(name) for name in ("C", "C++", "c", "c++", "C#", "#", "+", "bread", "Bread")] == [
            "C", "C++", "C", "C++", None, "#", None, "bread", "Bread"
        ]  # fmt: skip
        with pytest.raises(
            DatasetError, match=r"the class name 'BREAD' is spelled as no class is.*'bread' and 'Bread'"
        ):
            names.label("BREAD")

    def test_own_data_is_spelled_with_its_blanks(self) -> None:
        names = ClassNames(["tie dye", "cat"], loose=False)
        found = [names.label(name) for name in ("cat", "Cat", "Tie-Dye", "TieDye", "C.A.T")]
        assert found == ["cat", "cat", "tie dye", None, None]

    def test_a_twin_of_a_class_that_the_run_lacks_is_another_class(self) -> None:
        own = load_labels("objects365")
        assert [ClassNames(["bread"], own=own).label(name) for name in ("bread", "Bread")] == ["bread", None]
        with pytest.raises(DatasetError, match="'BREAD' is spelled as no class is"):
            ClassNames(["BREAD"], own=own)

    def test_two_classes_of_the_run_that_are_one_of_the_data_set(self) -> None:
        with pytest.raises(DatasetError, match="the classes 'hot-dog' and 'HotDog' of the run are both 'hot dog'"):
            ClassNames(["hot-dog", "HotDog"], own=["hot dog"])
        names = ClassNames(["hot-dog", "hot dog"], own=["hot dog"])
        assert [names.label(name) for name in ("hot dog", "hot-dog", "HotDog")] == ["hot dog", "hot-dog", "hot dog"]

    @pytest.mark.parametrize("name", shipped_label_sets())
    def test_every_shipped_label_finds_itself_in_other_dress(self, name: str) -> None:
        labels = load_labels(name)
        plain = ["".join(filter(str.isalnum, label.lower())) for label in labels]
        for names in (ClassNames(labels, loose=False), ClassNames(labels, own=labels)):
            for label, bare in zip(labels, plain, strict=True):
                assert names.label(label) == label
                dressed = label.upper().replace(" ", "_")
                if plain.count(bare) == 1:
                    assert names.label(dressed) == label
                else:
                    with pytest.raises(DatasetError, match="is spelled as no class is"):
                        names.label(dressed)
