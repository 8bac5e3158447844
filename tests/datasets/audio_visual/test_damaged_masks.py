"""163 damaged clips among 45 good ones: every one is listed with its reason, and none stops the others."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent))
from damaged import FRAMES, REASONS, WAVE, write_damaged  # noqa: E402

from pipeline.datasets.av.masks import read_mask_clips  # noqa: E402
from pipeline.media import VideoSpec  # noqa: E402
from pipeline.media.isolation import decode_many  # noqa: E402
from pipeline.media.mask_spec import MaskSpec  # noqa: E402
from pipeline.media.masks import decode_mask  # noqa: E402
from pipeline.miniature.world.video_files import write_mp4  # noqa: E402
from pipeline.recipe.mask_data import AvsMs3Data, MasksData  # noqa: E402

GOOD, OF_EACH = 40, 8


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def resized(path: Path) -> None:
    Image.open(path).resize((24, 12)).save(path)


def foldered(path: Path) -> None:
    path.unlink()
    path.mkdir()


def lost(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere.png")


def longer(path: Path) -> None:
    soundfile.write(path, np.tile(WAVE[:80_000], 2), 16_000)


PICTURES = {
    "no frames": (lambda f, m, s: shutil.rmtree(f), "No such file"),
    "a frame less": (lambda f, m, s: next(f.glob("*_4.png")).unlink(), "4 of 5 frames"),
    "a picture more": (
        lambda f, m, s: shutil.copy(next(f.glob("*_4.png")), f / "thumb.png"),
        "6 pictures, 5 frames expected",
    ),
    "no first frame": (lambda f, m, s: next(f.glob("*_1.png")).write_bytes(b""), "_1.png: empty file"),
    "no sound": (lambda f, m, s: s.unlink(), "no such file"),
    "empty sound": (lambda f, m, s: s.write_bytes(b""), "empty file"),
    "cut sound": (lambda f, m, s: cut(s), ".wav: truncated"),
    "another sound": (lambda f, m, s: longer(s), "sound 0.0 to 10.0 s, but its masks are of 5 s"),
    "text for sound": (lambda f, m, s: s.write_text("gone\n" * 99), "not sound"),
    "no masks": (lambda f, m, s: shutil.rmtree(m), "No such file"),
    "a mask less": (lambda f, m, s: next(m.glob("*_3.png")).unlink(), "_3.png: No such file"),
    "a cut mask": (lambda f, m, s: cut(next(m.glob("*_2.png"))), "mask 2 of 5, "),
    "an empty mask file": (lambda f, m, s: next(m.glob("*_2.png")).write_bytes(b""), "empty file"),
    "text for a mask": (lambda f, m, s: next(m.glob("*_5.png")).write_text("none"), "not an image"),
    "another shape": (lambda f, m, s: resized(next(m.glob("*_5.png"))), "24 x 12 pixels, its frame has 24 x 24"),
    "a folder for a frame": (lambda f, m, s: foldered(next(f.glob("*_2.png"))), "mp4_2.png: a folder, not a file"),
    "a lost link for a frame": (lambda f, m, s: lost(next(f.glob("*_3.png"))), "mp4_3.png: No such file"),
    "a folder for a mask": (lambda f, m, s: foldered(next(m.glob("*_1.png"))), "_1.png: "),
}
"""Damage -> what does it to the folders of frames and masks and to the sound, and what its reason holds."""
NAMES = ("gone", "../outside", "/etc/passwd", "a" * 300)


@pytest.fixture(scope="module")
def ms3(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Several sources: forty good clips, eight of every damage, and rows of no clip."""
    root = tmp_path_factory.mktemp("ms3")
    data = root / "Multi-sources/ms3_data"
    splits = ("train", "val", "test")
    rng, rows = np.random.default_rng(0), []
    names = [f"good{k:02d}" for k in range(GOOD)] + [
        f"bad{d:02d}-{k}" for d in range(len(PICTURES)) for k in range(OF_EACH)
    ]
    for number, name in enumerate(names):
        split = splits[number % 3]
        frames, masks = data / "visual_frames" / name, data / "gt_masks" / split / name
        sound = data / "audio_wav" / split / f"{name}.wav"
        for folder in (frames, masks, sound.parent):
            folder.mkdir(parents=True, exist_ok=True)
        for k in range(1, 6):
            Image.fromarray(rng.integers(0, 256, (24, 24, 3), dtype=np.uint8)).save(frames / f"{name}.mp4_{k}.png")
            Image.fromarray((rng.random((24, 24)) < 0.3).astype(np.uint8) * 255).convert("P").save(
                masks / f"{name}_{k}.png"
            )
        soundfile.write(sound, WAVE[:80_000], 16_000)
        if name.startswith("bad"):
            damage: Callable[[Path, Path, Path], object] = list(PICTURES.values())[int(name[3:5])][0]
            damage(frames, masks, sound)
        rows.append(f"{name},{split}")
    rows += [f"{name},test" for name in NAMES]
    (data.parent / "ms3_meta_data.csv").write_text("name,split\n" + "\n".join(rows) + "\n")
    return root


def test_the_published_layout_lists_them_all(ms3: Path, tmp_path: Path) -> None:
    found = read_mask_clips(AvsMs3Data(layout="avsbench-ms3", root=ms3), tmp_path)
    assert [clip.name for clip in found.clips] == [f"good{k:02d}" for k in range(GOOD)]
    assert len(found.refused) == len(PICTURES) * OF_EACH + len(NAMES) >= 130
    refused = {one.row: one.reason for one in found.refused}
    for place, (name, (_, reason)) in enumerate(PICTURES.items()):
        for k in range(OF_EACH):
            assert reason in refused[GOOD + place * OF_EACH + k], name
    gone, outside, rooted, long = (refused[GOOD + len(PICTURES) * OF_EACH + k] for k in range(len(NAMES)))
    assert "No such file" in gone and "is none of a folder" in outside and "is none of a folder" in rooted and long
    assert sum(found.listed(split) for split in ("train", "val", "test")) == GOOD + len(found.refused)


def test_what_is_taken_can_be_decoded(ms3: Path, tmp_path: Path) -> None:
    clips = read_mask_clips(AvsMs3Data(layout="avsbench-ms3", root=ms3), tmp_path).clips[:6]
    for one in decode_many([clip.video.path for clip in clips], VideoSpec(frames=5, size=16), workers=1):
        assert one.array is not None and one.array.shape == (5, 16, 16, 3)
    masks = [mask.path for clip in clips for mask in clip.masks if mask is not None]
    assert len(masks) == 30
    for one in decode_many(masks, MaskSpec(16), workers=1, decode=decode_mask):
        assert one.array is not None and set(np.unique(one.array)) == {0, 1}


def test_own_clips_list_them_all(tmp_path: Path) -> None:
    clips, masks = tmp_path / "clips", tmp_path / "masks"
    clips.mkdir()
    write_mp4(clips / "good0.mp4", FRAMES, 2, WAVE)
    for k in range(1, 5):
        (clips / f"good{k}.mp4").write_bytes((clips / "good0.mp4").read_bytes() + b"\0" * k)
    expected = {}
    for place, how in enumerate(REASONS):
        write_damaged(clips / f"bad{place}.mp4", how)
        expected[f"bad{place}"] = REASONS[how]
    broken = {
        "cut": cut,
        "shape": resized,
        "empty": lambda path: path.write_bytes(b""),
        "text": lambda path: path.write_text("no"),
    }
    for place, name in enumerate(broken):
        (clips / f"{name}.mp4").write_bytes((clips / "good0.mp4").read_bytes() + b"\0" * (9 + place))
    expected |= {
        "cut": "mask 2 of 10",
        "shape": "24 x 12 pixels, its frame has 32 x 32",
        "empty": "empty file",
        "text": "not an image",
    }
    expected["gone"] = "no such file"
    for name in (*(path.stem for path in clips.iterdir()), "gone"):
        for second in (2, 9):
            path = masks / name / f"{second}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.random.default_rng(second).integers(0, 2, (32, 32), dtype=np.uint8) * 255).save(path)
        if name in broken:
            broken[name](masks / name / "2.png")
    config = MasksData(layout="masks", root=clips, masks=masks, segments=10)
    found = read_mask_clips(config, tmp_path / "workspace")
    refused = {Path(one.path).stem: one.reason for one in found.refused}
    assert {clip.name for clip in found.clips} == {f"good{k}.mp4" for k in range(5)}
    # The clip of six seconds is rejected by its length, which a window of ten has not.
    assert set(refused) == set(expected)
    for name, reason in expected.items():
        assert reason in refused[name], (name, refused[name])
