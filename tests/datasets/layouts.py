"""Published data sets in miniature: real tiny media files in the folders, lists and spellings of each publisher.

`write_layout("esc50", root, [("aeroplane",), ("dog",)])` writes two recordings and their table. Labels are given as the
label set spells them and written as the data set does, so that a reader has to find its way back. Usable from other tests:
it imports nothing of the readers.
"""

import csv
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import av
import numpy as np
import soundfile
from PIL import Image

Shown = Sequence[tuple[str, ...]]

COCO_SPELLING = {"aeroplane": "airplane", "motor bike": "motorcycle", "remote control": "remote"}
ESC50_SPELLING = {"aeroplane": "airplane", "keyboard": "keyboard_typing"}
OBJECTS365_SPELLING = {"plants pot": "plants pot/vase", "Accordion": "Accordion/keyboard/piano", "tissue": "tissue "}
VOC_CLASSES = """aeroplane bicycle bird boat bottle bus car cat chair cow diningtable dog horse motorbike person pottedplant
sheep sofa train tvmonitor""".split()
NUSWIDE_CONCEPTS = """airport animal beach bear birds boats book bridge buildings cars castle cat cityscape clouds computer
coral cow dancing dog earthquake elk fire fish flags flowers food fox frost garden glacier grass harbor horses house lake
leaf map military moon mountain nighttime ocean person plane plants police protest railroad rainbow reflection road rocks
running sand sign sky snow soccer sports statue street sun sunset surf swimmers tattoo temple tiger tower town toy train
tree valley vehicle water waterfall wedding whales window zebra""".split()


def write_image(path: Path, seed: int) -> None:
    """A picture of noise, 40 × 30."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (30, 40, 3), np.uint8)
    Image.fromarray(pixels).save(path, format="JPEG")


def write_sound(path: Path, seed: int) -> None:
    """A fifth of a second of noise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.random.default_rng(seed).normal(0, 0.1, 8820), 44100, format="WAV")


def write_video(path: Path, seed: int) -> None:
    """Ten frames of noise, 32 × 32."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width = stream.height = 32
        stream.pix_fmt = "yuv420p"
        for _ in range(10):
            frame = av.VideoFrame.from_ndarray(rng.integers(0, 256, (32, 32, 3), np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def write_ucf101(root: Path, shown: Shown) -> list[Path]:
    (root / "ucfTrainTestlist").mkdir(parents=True)
    paths = []
    for number, (label,) in enumerate(shown):
        folder = "".join(word.capitalize() for word in label.split())
        clip = folder.replace("HandstandPushups", "HandStandPushups")  # the publisher's own two spellings
        paths.append(root / "UCF-101" / folder / f"v_{clip}_g{number:02}_c01.avi")
        write_video(paths[-1], number)
    names = [f"{path.parent.name}/{path.name}" for path in paths]
    (root / "ucfTrainTestlist/testlist01.txt").write_text("".join(f"{name}\n" for name in names[::2]))
    (root / "ucfTrainTestlist/trainlist01.txt").write_text("".join(f"{name} 7\r\n" for name in names[1::2]))
    return paths


def write_hmdb51(root: Path, shown: Shown) -> list[Path]:
    """Of every class the first clip is for testing, the second for training, the third in neither, and so on."""
    (root / "testTrainMulti_7030_splits").mkdir(parents=True)
    paths, lines = [], dict[str, list[str]]()
    for number, (label,) in enumerate(shown):
        folder = label.replace(" ", "_")
        own = lines.setdefault(folder, [])
        paths.append(root / "hmdb51_org" / folder / f"#{number}_Clip!_(HQ)_{folder}_u_cm_np1_fr_med_{number}.avi")
        write_video(paths[-1], number)
        own.append(f"{paths[-1].name} {'210'[len(own) % 3]} \n")
    for folder, found in lines.items():
        (root / f"testTrainMulti_7030_splits/{folder}_test_split1.txt").write_text("".join(found))
    return paths


def write_vggsound(root: Path, shown: Shown) -> list[Path]:
    """Every clip is for testing; the list has one more, for training, that is gone."""
    paths, lines = [], ['gone,5,"dog barking",train\n']
    for number, (label,) in enumerate(shown):
        youtube_id, start = f"-_id{number:07}", 10 * number
        paths.append(root / "video" / f"{youtube_id}_{start:06}.mp4")
        write_video(paths[-1], number)
        lines.append(f'{youtube_id},{start},"{label}",test\n')
    (root / "vggsound.csv").write_text("".join(lines))
    return paths


def write_kinetics(root: Path, shown: Shown, nested: bool = False) -> list[Path]:
    paths, rows = [], []
    for number, (label,) in enumerate(shown):
        youtube_id, start = f"-_id{number:07}", 10 * number
        name = f"{youtube_id}_{start:06}_{start + 10:06}.mp4"
        paths.append(root / "val" / label / name if nested else root / "val" / name)
        write_video(paths[-1], number)
        rows.append([label, youtube_id, start, start + 10, "val"])
    _write_csv(root / "annotations/val.csv", ["label", "youtube_id", "time_start", "time_end", "split"], rows)
    return paths


def write_kinetics700(root: Path, shown: Shown) -> list[Path]:
    return write_kinetics(root, shown, nested=True)


def write_mscoco(root: Path, shown: Shown) -> list[Path]:
    paths = [root / "val2014" / f"COCO_val2014_{7 * number:012}.jpg" for number in range(len(shown))]
    _write_boxes(root / "annotations/instances_val2014.json", paths, shown, COCO_SPELLING)
    return paths


def write_objects365(root: Path, shown: Shown) -> list[Path]:
    paths = [root / "Images/val/val" / f"obj365_val_{7 * number:012}.jpg" for number in range(len(shown))]
    _write_boxes(root / "Annotations/val/val.json", paths, shown, OBJECTS365_SPELLING)
    return paths


def write_voc(root: Path, shown: Shown, year: str = "2007", split: str = "test") -> list[Path]:
    base = root / f"VOC{year}"
    paths = [base / "JPEGImages" / f"{number:06}.jpg" for number in range(len(shown))]
    for number, path in enumerate(paths):
        write_image(path, number)
    for name in VOC_CLASSES:
        lines = [f"{path.stem} {' 1' if name in labels else '-1'}\n" for path, labels in zip(paths, shown, strict=True)]
        (base / "ImageSets/Main").mkdir(parents=True, exist_ok=True)
        (base / f"ImageSets/Main/{name}_{split}.txt").write_text("".join(lines))
    return paths


def write_voc2012(root: Path, shown: Shown) -> list[Path]:
    return write_voc(root, shown, "2012", "val")


def write_nuswide(root: Path, shown: Shown) -> list[Path]:
    names = [f"{'actor' if number % 2 else 'zoo'}\\{number:04}_{number}.jpg" for number in range(len(shown))]
    paths = [root / "Flickr" / name.replace("\\", "/") for name in names]
    for number, path in enumerate(paths):
        write_image(path, number)
    (root / "ImageList").mkdir()
    (root / "ImageList/TestImagelist.txt").write_bytes("".join(f"{name}\r\n" for name in names).encode())
    (root / "TrainTestLabels").mkdir()
    for concept in NUSWIDE_CONCEPTS:
        signs = "".join(f"{int(concept in labels)}\n" for labels in shown)
        (root / f"TrainTestLabels/Labels_{concept}_Test.txt").write_text(signs)
    return paths


def write_imagenet_mini(root: Path, shown: Shown) -> list[Path]:
    """Labels are WordNet ids here."""
    paths = [root / "images" / f"{wordnet_id}_{number}.jpg" for number, (wordnet_id,) in enumerate(shown)]
    for number, path in enumerate(paths):
        write_image(path, number)
    rows = [[path.name, wordnet_id] for path, (wordnet_id,) in zip(paths, shown, strict=True)]
    _write_csv(root / "test.csv", ["filename", "label"], rows)
    return paths


def write_esc50(root: Path, shown: Shown) -> list[Path]:
    paths, rows = [], []
    for number, (label,) in enumerate(shown):
        fold = number % 5 + 1
        paths.append(root / "audio" / f"{fold}-{100000 + number}-A-{number}.wav")
        write_sound(paths[-1], number)
        category = ESC50_SPELLING.get(label, label).replace(" ", "_")
        rows.append([paths[-1].name, fold, number, category, False, 100000 + number, "A"])
    header = ["filename", "fold", "target", "category", "esc10", "src_file", "take"]
    _write_csv(root / "meta/esc50.csv", header, rows)
    return paths


def write_urbansound8k(root: Path, shown: Shown) -> list[Path]:
    paths, rows = [], []
    for number, (label,) in enumerate(shown):
        fold = number % 10 + 1
        paths.append(root / "audio" / f"fold{fold}" / f"{100000 + number}-3-0-0.wav")
        write_sound(paths[-1], number)
        rows.append([paths[-1].name, 100000 + number, 0.0, 4.0, 1, fold, 3, label.replace(" ", "_")])
    header = ["slice_file_name", "fsID", "start", "end", "salience", "fold", "classID", "class"]
    _write_csv(root / "metadata/UrbanSound8K.csv", header, rows)
    return paths


WRITERS: dict[str, Callable[[Path, Shown], list[Path]]] = {
    "ucf101": write_ucf101,
    "hmdb51": write_hmdb51,
    "vggsound": write_vggsound,
    "kinetics400": write_kinetics,
    "kinetics600": write_kinetics,
    "kinetics700": write_kinetics700,
    "mscoco": write_mscoco,
    "voc2007": write_voc,
    "voc2012": write_voc2012,
    "nuswide": write_nuswide,
    "imagenet-mini": write_imagenet_mini,
    "objects365": write_objects365,
    "esc50": write_esc50,
    "urbansound8k": write_urbansound8k,
}


def write_layout(name: str, root: Path, shown: Shown) -> list[Path]:
    """Write one file for every entry of `shown`, which holds the labels that it shows; returns the files in that order."""
    return WRITERS[name](root, shown)


def _write_boxes(path: Path, images: Sequence[Path], shown: Shown, spelling: dict[str, str]) -> None:
    """A COCO file whose category ids neither start at 1 nor rise in the file's order; every object has two boxes."""
    names = sorted({label for labels in shown for label in labels})
    ids = {name: 90 - 3 * number for number, name in enumerate(names)}
    for number, image in enumerate(images):
        write_image(image, number)
    boxes = [(n, label) for n, labels in enumerate(shown) for label in (*labels, *labels)]
    content = {
        "images": [{"id": n, "file_name": image.name, "width": 40, "height": 30} for n, image in enumerate(images)],
        "annotations": [{"id": i, "image_id": n, "category_id": ids[label]} for i, (n, label) in enumerate(boxes)],
        "categories": [{"id": ids[name], "name": spelling.get(name, name)} for name in names],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def _write_csv(path: Path, header: list[str], rows: Iterable[Sequence[object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
