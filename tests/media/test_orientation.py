"""`orientation: shown`: pictures by their EXIF, videos by their display matrix, against plain numpy."""

import json

import av
import numpy as np
import pytest
from PIL import Image

from pipeline.datasets.rows import MediaRow
from pipeline.encoders.cards import card, with_media
from pipeline.encoders.load import load_encoder
from pipeline.evaluation import EvaluationResult, ModalityResult
from pipeline.media import ImageSpec, VideoSpec
from pipeline.media.image import decode_image
from pipeline.media.isolation import decode_media
from pipeline.media.video import decode_video
from pipeline.miniature.world.classes import VIDEO_CLASSES
from pipeline.report.data import ReportData
from pipeline.report.thumbnails import picture_of
from pipeline.sources import ImageViewsSpec, VideoViewsSpec
from pipeline.sources.views import image_views, video_views

SHOWN = np.zeros((48, 64, 3), np.uint8)
SHOWN[:24, :32], SHOWN[:24, 32:], SHOWN[24:, :32], SHOWN[32:, 40:] = (250, 10, 10), (10, 250, 10), (10, 10, 250), 128

# EXIF's own words: where the first row and the first column of what is stored are when it is shown.
WORDS = {1: ("top", "left"), 2: ("top", "right"), 3: ("bottom", "right"), 4: ("bottom", "left"),
         5: ("left", "top"), 6: ("right", "top"), 7: ("right", "bottom"), 8: ("left", "bottom")}  # fmt: skip


def stored_by(number):
    """What is stored so that it is shown as SHOWN."""
    row, column = WORDS[number]
    picture = SHOWN.swapaxes(0, 1) if row in ("left", "right") else SHOWN
    picture = picture[::-1] if row in ("right", "bottom") else picture
    return np.ascontiguousarray(picture[:, ::-1] if column in ("right", "bottom") else picture)


def write(path, number, **options):
    exif = Image.Exif()
    exif[0x0112] = number
    Image.fromarray(stored_by(number)).save(path, exif=exif, **options)
    return str(path)


SPEC = ImageSpec(48, "shortest_edge", "bilinear", orientation="shown")
CENTRE = SHOWN[:, 8:56]


@pytest.mark.parametrize("number", WORDS)
@pytest.mark.parametrize(
    ("suffix", "options", "most"),
    [("png", {}, 0), ("webp", {"lossless": True}, 0), ("jpg", {"quality": 100, "subsampling": 0}, 30), ("tif", {}, 0)],
)
def test_the_eight_orientations_of_exif(tmp_path, number, suffix, options, most):
    path = write(tmp_path / f"x.{suffix}", number, **options)
    stored = Image.fromarray(stored_by(number))
    assert np.abs(decode_image(path, SPEC).astype(int) - CENTRE).max() <= most
    as_stored = decode_image(path, ImageSpec(48, "shortest_edge", "bilinear"))
    if suffix == "tif":  # which PIL turns whatever is asked, and so does open_clip
        np.testing.assert_array_equal(as_stored, CENTRE)
    else:
        width, height = stored.size
        middle = stored.crop(((width - 48) // 2, (height - 48) // 2, (width + 48) // 2, (height + 48) // 2))
        assert np.abs(as_stored.astype(int) - np.asarray(middle)).max() <= most
    (view,) = image_views(path, ImageViewsSpec(48, 48, 1, orientation="shown"))
    np.testing.assert_array_equal(view, decode_image(path, ImageSpec(48, orientation="shown")))


def test_pictures_of_16_bits_are_turned_too(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(stored_by(6)[..., 0].astype(np.uint16) * 257).save(tmp_path / "x.png", exif=exif)
    np.testing.assert_array_equal(decode_image(str(tmp_path / "x.png"), SPEC)[..., 1], CENTRE[..., 0])


def test_orientation_in_xmp_counts(tmp_path):
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="8"/></x:xmpmeta>'
    Image.fromarray(stored_by(8)).save(tmp_path / "x.webp", xmp=xmp, lossless=True)
    np.testing.assert_array_equal(decode_image(str(tmp_path / "x.webp"), SPEC), CENTRE)


@pytest.mark.parametrize(
    "exif", [b"Exif\0\0nothing of the kind", b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\x12\x01" * 9, b"", b"Exif\0\0MM"]
)
def test_broken_exif_is_no_fault_of_the_picture(tmp_path, exif):
    Image.fromarray(SHOWN).save(tmp_path / "x.png")
    Image.fromarray(SHOWN).save(tmp_path / "x.webp", exif=exif, lossless=True)
    for name in ("x.png", "x.webp"):
        np.testing.assert_array_equal(decode_image(str(tmp_path / name), SPEC), CENTRE)


@pytest.mark.parametrize("number", [0, 9, 255])
def test_numbers_that_exif_does_not_have_turn_nothing(tmp_path, number):
    exif = Image.Exif()
    exif[0x0112] = number
    Image.fromarray(SHOWN).save(tmp_path / "x.png", exif=exif)
    np.testing.assert_array_equal(decode_image(str(tmp_path / "x.png"), SPEC), CENTRE)


def test_the_photograph_of_the_cases_stands_up(cases):
    path = cases / "images" / "19_exif6.jpg"
    with Image.open(path) as image:
        assert image.getexif()[0x0112] == 6
        upright = Image.fromarray(np.rot90(np.asarray(image), -1))
    wanted = np.asarray(upright.resize((64, 64), Image.Resampling.BICUBIC))
    np.testing.assert_array_equal(decode_image(str(path), ImageSpec(64, "squash", orientation="shown")), wanted)
    assert (decode_image(str(path), ImageSpec(64, "squash")) != wanted).any()


def film(path, stored, degrees=0, across=False, down=False, codec="libx264"):
    """Three equal frames, with a display matrix."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=10, options={"crf": "1"})
        stream.height, stream.width = stored.shape[:2]
        stream.pix_fmt = "yuv420p"
        if degrees or across or down:
            stream.set_display_rotation(degrees, hflip=across, vflip=down)
        for _ in range(3):
            for packet in stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(stored), format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return str(path)


def undone(degrees, across, down):
    """What is stored so that it is SHOWN after turning by degrees anticlockwise and mirroring."""
    mirrored = SHOWN[:, ::-1] if across else SHOWN
    mirrored = mirrored[::-1] if down else mirrored
    return np.rot90(mirrored, -(degrees // 90))


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv"])
@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
@pytest.mark.parametrize(("across", "down"), [(False, False), (True, False), (False, True)])
def test_videos_that_are_turned_and_mirrored(tmp_path, suffix, degrees, across, down):
    stored = undone(degrees, across, down)
    path = film(tmp_path / f"x.{suffix}", stored, degrees, across, down)
    plain = film(tmp_path / f"plain.{suffix}", SHOWN)
    spec = VideoSpec(2, 48, "shortest_edge", orientation="shown")
    found, wanted = decode_video(path, spec).astype(int), decode_video(plain, spec).astype(int)
    assert np.abs(found - wanted).mean() < 3 and np.abs(found[:, 4:20, 4:20] - wanted[:, 4:20, 4:20]).max() < 12
    unsaid, as_stored = film(tmp_path / f"unsaid.{suffix}", stored), VideoSpec(2, 48, "shortest_edge")
    np.testing.assert_array_equal(decode_video(path, as_stored), decode_video(unsaid, as_stored))
    views = VideoViewsSpec(2, "uniform", 1, 1, 1, 48, 48, orientation="shown")
    np.testing.assert_array_equal(video_views(path, views)[0], found)


@pytest.mark.parametrize(("degrees", "nearest"), [(3, 0), (40, 0), (50, 90), (178, 180), (260, 270)])
def test_of_another_angle_the_nearest_quarter_is_taken(tmp_path, degrees, nearest):
    found = decode_video(film(tmp_path / "x.mp4", SHOWN, degrees), VideoSpec(1, 48, orientation="shown"))
    wanted = decode_video(film(tmp_path / "y.mp4", SHOWN, nearest), VideoSpec(1, 48, orientation="shown"))
    np.testing.assert_array_equal(found, wanted)


def test_a_phones_video_is_what_it_is_when_it_is_encoded_upright(cases):
    phone, upright, filmed = (
        str(cases / "video" / f"sliding_left{name}.mp4") for name in ("_phone", "_phone_reencoded", "")
    )
    shown, spec = VideoSpec(orientation="shown"), VideoSpec()
    turned, wanted = decode_video(phone, shown).astype(int), decode_video(upright, spec).astype(int)
    assert np.abs(turned - wanted).mean() < 3
    np.testing.assert_array_equal(wanted, decode_video(upright, shown))  # nothing is turned where nothing is said
    assert np.abs(decode_video(phone, spec).astype(int) - wanted).mean() > 10
    assert np.abs(wanted - decode_video(filmed, spec)).mean() < 3


def test_a_phones_video_gets_the_answer_of_what_was_filmed(cases):
    official = card("miniature-viclip")
    encoder = load_encoder(official, "cpu")
    texts = normal(encoder.text.full(encoder.batch([official.templates[0].format(name) for name in VIDEO_CLASSES])))

    def scores(name, orientation):
        media = with_media(official, {"orientation": orientation}).media
        frames = decode_media(str(cases / "video" / name), media)
        return (texts @ normal(encoder.media.full(frames[None]))[0]).numpy()

    filmed = scores("sliding_left.mp4", "stored")
    for name in ("sliding_left.mp4", "sliding_left_phone.mp4", "sliding_left_phone_reencoded.mp4"):
        np.testing.assert_allclose(scores(name, "shown"), filmed, atol=5e-3)
    lying = scores("sliding_left_phone.mp4", "stored")
    assert VIDEO_CLASSES[filmed.argmax()].startswith("sliding") and VIDEO_CLASSES[lying.argmax()] == "jumping"


def normal(vectors):
    return vectors / vectors.norm(dim=-1, keepdim=True)


def test_a_report_shows_what_was_judged(tmp_path):
    path = write(tmp_path / "x.png", 6)
    Image.fromarray(SHOWN).save(tmp_path / "plain.png")
    assert picture_of(path, "image", "shown") == picture_of(str(tmp_path / "plain.png"), "image")
    assert picture_of(path, "image") != picture_of(path, "image", "shown")
    film(tmp_path / "x.mp4", undone(90, False, False), 90)
    assert picture_of(str(tmp_path / "x.mp4"), "video", "shown") != picture_of(str(tmp_path / "x.mp4"), "video")


def test_a_report_knows_which_pictures_were_turned(open_context, tmp_path, monkeypatch):
    from pipeline.report import samples
    from pipeline.tasks.sentences.pages import turned_modalities

    labels = {"image": ["cat", "dog"], "audio": ["bark", "rain"]}
    modality = {"labels": ["cat", "dog"], "encoder": "miniature-clip", "media": {"orientation": "shown"}}
    assert turned_modalities(open_context(labels)) == frozenset()
    turned = turned_modalities(open_context(labels, modalities={"image": modality}))
    assert turned == {"image"}
    seen = []
    monkeypatch.setattr(samples, "picture_of", lambda path, modality, orientation: seen.append((modality, orientation)))
    for name in labels:
        result = ModalityResult(
            modality=name, labels=tuple(labels[name]), support=(1, 0), rows=1, unlabelled=0, unknown_labels=(),
            single_label=True, primary="top1", methods=(),
        )  # fmt: skip
        rows = [MediaRow("key", "path", ("cat",))]
        data = ReportData("x", "", EvaluationResult(modalities=(result,)), media={name: rows}, turned=turned)
        samples._card(data, result, 0, np.array([0.5, 0.5]), np.array([True, False]), None)
    assert seen == [("image", "shown"), ("audio", "stored")]


def test_predict_decodes_as_the_run_did(finished, monkeypatch):
    from pipeline.stages.predict import predict

    (record,) = finished.glob("runs/small/run.json")
    content = json.loads(record.read_text())
    content["recipe"]["modalities"]["image"]["media"] = {"orientation": "shown", "rgb": "first"}
    content["recipe"]["train"]["preset"] = "code"
    del content["checksum"]  # as of older versions
    record.write_text(json.dumps(content))
    seen = {}
    monkeypatch.setattr("pipeline.classify.predict_files", lambda classifiers, cards, files, **_: seen.update(cards))
    predict("small", finished, [], "cpu", 1)
    assert seen["image"].media == with_media(card("miniature-clip"), {"orientation": "shown", "rgb": "first"}).media
    assert seen["audio"].media == with_media(card("miniature-clap"), {"length": "librosa"}).media
