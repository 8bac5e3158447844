"""The world's files: the same bytes for the same seed, readable by ordinary decoders, and true to their labels."""

import hashlib
import json
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from PIL import Image

from pipeline.miniature.errors import MiniatureError
from pipeline.miniature.world import (
    AUDIO_CLASSES,
    EXTRA_AUDIO_CLASSES,
    EXTRA_IMAGE_CLASSES,
    EXTRA_VIDEO_CLASSES,
    IMAGE_CLASSES,
    VIDEO_CLASSES,
    write_images,
    write_sounds,
    write_videos,
)
from pipeline.miniature.world.classes import COLORS
from pipeline.miniature.world.images import ImageObject, ImageScene, boxes, render_scene, sample_scene
from pipeline.miniature.world.motions import FRAMES, render_video, sample_video
from pipeline.miniature.world.shapes import shape_mask
from pipeline.miniature.world.sounds import SECONDS, render_sound, sample_sound
from pipeline.miniature.world.synths import SAMPLE_RATE


def _digests(root: Path) -> dict[str, str]:
    files = sorted(path for path in root.rglob("*") if path.is_file())
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("world")
    write_images(root / "images", 3, 32)
    write_sounds(root / "sounds", 3, 2)
    write_videos(root / "videos", 3, 2)
    return root


def test_every_modality_has_sixteen_classes_and_extra_ones_beside_them() -> None:
    pairs = [
        (IMAGE_CLASSES, EXTRA_IMAGE_CLASSES),
        (AUDIO_CLASSES, EXTRA_AUDIO_CLASSES),
        (VIDEO_CLASSES, EXTRA_VIDEO_CLASSES),
    ]
    for names, extra in pairs:
        assert len(names) >= 16 and len(extra) >= 2
        assert len({*names, *extra}) == len(names) + len(extra)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(media: Path, tmp_path: Path) -> None:
    write_images(tmp_path / "images", 3, 32)
    write_sounds(tmp_path / "sounds", 3, 2)
    write_videos(tmp_path / "videos", 3, 2)
    assert _digests(tmp_path) == _digests(media)
    other = _digests(write_sounds(tmp_path / "other", 4, 2))
    same_names = set(other) & set(_digests(media / "sounds")) - {".world.json"}
    assert len(same_names) == 32 and not set(other.values()) & set(_digests(media / "sounds").values())


def test_images_are_png_and_jpeg_and_every_object_has_its_colour_in_its_box(media: Path) -> None:
    instances = json.loads((media / "images/annotations/instances.json").read_text())
    names = {category["id"]: category["name"] for category in instances["categories"]}
    assert tuple(names.values()) == IMAGE_CLASSES
    assert {Path(image["file_name"]).suffix for image in instances["images"]} == {".png", ".jpg"}
    per_image: dict[int, list[str]] = {}
    for annotation in instances["annotations"]:
        per_image.setdefault(annotation["image_id"], []).append(names[annotation["category_id"]])
    for image in instances["images"]:
        with Image.open(media / "images/images" / image["file_name"]) as picture:
            assert picture.size == (image["width"], image["height"]) == (96, 96) and picture.mode == "RGB"
        assert 1 <= len(per_image[image["id"]]) <= 3
        assert IMAGE_CLASSES[image["id"] * 16 // 32] in per_image[image["id"]]


def test_a_box_surrounds_the_pixels_that_its_object_paints() -> None:
    rng = np.random.default_rng(5)
    for name in IMAGE_CLASSES + EXTRA_IMAGE_CLASSES:
        item = ImageObject(name, "red", "", 0.4, 0.6, 0.25, 0.2)
        picture = render_scene(ImageScene((item,), "plain", "bright", "white", 0, 0.0), rng).astype(int)
        painted = picture[..., 0] - picture[..., 1] > 60
        rows, columns = np.nonzero(painted)
        left, top, width, height = (
            96 * value for value in boxes(ImageScene((item,), "plain", "bright", "white", 0, 0.0))[0]
        )
        assert left - 1 <= columns.min() and columns.max() <= left + width + 1, name
        assert top - 1 <= rows.min() and rows.max() <= top + height + 1, name
        assert painted.sum() > 0.12 * width * height, name


def test_no_two_shapes_look_the_same() -> None:
    masks = {name: np.asarray(shape_mask(name, 48), dtype=float) / 255 for name in IMAGE_CLASSES + EXTRA_IMAGE_CLASSES}
    names = list(masks)
    for at, first in enumerate(names):
        for second in names[at + 1 :]:
            assert np.abs(masks[first] - masks[second]).mean() > 0.03, (first, second)


def test_sounds_are_wav_and_flac_of_two_seconds(media: Path) -> None:
    assert sorted(path.name for path in (media / "sounds").iterdir() if path.is_dir()) == sorted(AUDIO_CLASSES)
    for name in AUDIO_CLASSES:
        files = sorted((media / "sounds" / name).iterdir())
        assert [path.name for path in files] == ["0000.wav", "0001.flac"]
        for path in files:
            wave, rate = soundfile.read(path)
            assert (rate, wave.shape) == (SAMPLE_RATE, (int(SAMPLE_RATE * SECONDS),))
            assert 0.001 < np.abs(wave).max() <= 1.0


def test_videos_are_mp4_with_all_their_frames(media: Path) -> None:
    for name in VIDEO_CLASSES:
        files = sorted((media / "videos" / name).iterdir())
        assert [path.name for path in files] == ["0000.mp4", "0001.mp4"]
        with av.open(str(files[0])) as container:
            assert container.streams.video[0].codec_context.name == "h264"
            assert sum(1 for _ in container.decode(video=0)) == FRAMES


def test_an_encoded_video_shows_what_was_drawn(media: Path) -> None:
    salt = int.from_bytes(b"growing", "big") % 2**31
    rng = np.random.default_rng([3, 7003, salt, 0])
    drawn = render_video(sample_video(rng, ("growing",), 1), rng)
    with av.open(str(media / "videos/growing/0000.mp4")) as container:
        decoded = np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])
    assert np.abs(decoded.astype(float) - drawn).mean() < 12


def test_a_growing_shape_covers_more_pixels_at_the_end() -> None:
    rng = np.random.default_rng(2)
    for _ in range(10):
        growing, shrinking = (sample_video(rng, (name,), 1).movers[0].poses for name in ("growing", "shrinking"))
        assert growing[-1].scale > growing[0].scale and shrinking[-1].scale < shrinking[0].scale
        left, right = (sample_video(rng, (name,), 1).movers[0].poses for name in ("sliding left", "sliding right"))
        assert left[-1].x < left[0].x and right[-1].x > right[0].x


def test_a_rising_whistle_rises_and_a_falling_one_falls() -> None:
    rng = np.random.default_rng(4)
    for name, sign in (("rising whistle", 1), ("falling whistle", -1)):
        scene = sample_sound(rng, (name,), 1, ease=1.0)
        event = scene.events[0]
        start, length = int(event.start_s * SAMPLE_RATE), int(event.length_s * SAMPLE_RATE)
        wave = render_sound(scene, rng)[start : start + length]
        peaks = [np.abs(np.fft.rfft(part)).argmax() / len(part) for part in (wave[: length // 4], wave[-length // 4 :])]
        assert sign * (peaks[1] - peaks[0]) > 0


def test_new_classes_leave_the_earlier_files_as_they_are(tmp_path: Path) -> None:
    old = _digests(write_images(tmp_path / "a", 3, 2 * 16))
    new = _digests(write_images(tmp_path / "b", 3, 2 * 18, classes=IMAGE_CLASSES + EXTRA_IMAGE_CLASSES))
    assert {name: new[name] for name in old if name.startswith("images")} == {
        name: digest for name, digest in old.items() if name.startswith("images")
    }
    assert len(new) == len(old) + 4


def test_a_complete_folder_is_left_alone_and_another_request_is_refused(tmp_path: Path) -> None:
    root = write_sounds(tmp_path / "sounds", 1, 1, classes=("beep", "bell"))
    (root / "beep" / "0000.wav").write_bytes(b"mine")
    assert write_sounds(root, 1, 1, classes=("beep", "bell")) == root
    assert (root / "beep" / "0000.wav").read_bytes() == b"mine"
    with pytest.raises(MiniatureError) as refused:
        write_sounds(root, 2, 1, classes=("beep", "bell"))
    assert str(refused.value) == (
        f"miniature media: asked for sounds of seed 2 (1 files a class, 2 classes, version 2 of the world) in {root}, "
        f"but that folder holds "
        f"sounds of seed 1 (1 files a class, 2 classes, version 2 of the world). Name a new folder, or remove it: rm -r {root}"
    )


def test_what_a_killed_run_left_is_removed(tmp_path: Path) -> None:
    dead = tmp_path / ".sounds.part-4194305"  # above the largest process id of Linux
    dead.mkdir()
    write_sounds(tmp_path / "sounds", 1, 1, classes=("bell",))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sounds"]


def test_an_unknown_class_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(MiniatureError, match=r"no image class 'circel'. Did you mean 'circle'\? It has: circle, oval"):
        write_images(tmp_path / "images", 1, 4, classes=("circel",))
    assert not (tmp_path / "images").exists()


def test_a_sampled_scene_keeps_its_promises() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        scene = sample_scene(rng, anchor="cloud")
        assert scene.objects[0].label == "cloud" and 1 <= len(scene.objects) <= 3
        assert len(scene.labels) == len(scene.objects)
        assert all(item.color in COLORS and item.color != scene.color for item in scene.objects)
        assert all(0 <= value <= 1 for box in boxes(scene) for value in box)
