"""Prediction over real files, with the shipped encoders and class vectors made of their own text features."""

import json
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from PIL import Image
from rich.console import Console

from pipeline import classify
from pipeline.classify import Knows, answer_texts, predict_files
from pipeline.encoders.cards import MINIATURE_WEIGHTS, card
from pipeline.evaluation import cosine_scores, softmax
from pipeline.media.isolation import NOT_READ, Decoded, decode_many, decode_media
from pipeline.media.kinds import media_kind
from pipeline.media.specs import VideoSpec
from pipeline.miniature.world import write_images, write_sounds, write_videos
from pipeline.predictions import Prediction, at_least, predictions_to_csv, predictions_to_json, render_predictions
from pipeline.reading import MachineFault

MODALITIES = {"image": "miniature-clip", "audio": "miniature-clap", "video": "miniature-viclip"}
LABELS = {"image": ["circle", "star", "cross"], "audio": ["siren", "bell", "wind"], "video": ["rising", "falling"]}
WEIGHTS = [MINIATURE_WEIGHTS / name / "model.safetensors" for name in ("clip", "clap", "viclip")]
needs_weights = pytest.mark.skipif(
    not all(path.is_file() for path in WEIGHTS), reason="the miniature weights are not built yet"
)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("files")
    write_images(root / "i", 3, 2, ["circle", "star"])
    write_sounds(root / "a", 3, 1, ["siren"])
    write_videos(root / "v", 3, 1, ["rising"])
    found = {
        "image": root / "i/images/000000.png",
        "audio": root / "a/siren/0000.wav",
        "video": root / "v/rising/0000.mp4",
    }
    (root / "empty.png").touch()
    (root / "text.jpg").write_text("no picture")
    (root / "notes.xyz").write_text("nothing at all")
    (root / "sound.png").write_bytes(found["audio"].read_bytes())
    others = {
        "empty": "empty.png",
        "text": "text.jpg",
        "notes": "notes.xyz",
        "mislabelled": "sound.png",
        "gone": "gone.mp4",
    }
    return {**found, **{name: root / file for name, file in others.items()}}


def _run(*modalities: str) -> dict[str, dict]:
    rng = np.random.default_rng(0)
    cards = {m: card(MODALITIES[m]) for m in modalities}
    return {
        "classifiers": {m: (LABELS[m], rng.normal(size=(len(LABELS[m]), cards[m].dim))) for m in modalities},
        "cards": cards,
    }


def test_kinds_are_told_by_content_before_name(files: dict[str, Path], tmp_path: Path) -> None:
    assert [media_kind(files[m]) for m in ("image", "audio", "video")] == ["image", "audio", "video"]
    assert media_kind(files["mislabelled"]) == "audio"
    assert (media_kind(files["text"]), media_kind(files["notes"]), media_kind(files["gone"])) == (
        "image",
        None,
        "video",
    )
    for suffix in ("jpg", "bmp", "gif", "webp", "tiff"):
        Image.new("RGB", (4, 4)).save(tmp_path / "a", suffix.replace("jpg", "jpeg"))
        assert media_kind(tmp_path / "a") == "image", suffix
    for kind in ("wav", "flac", "ogg", "aiff", "mp3"):
        soundfile.write(tmp_path / "a", np.zeros(4000), 16000, format=kind)
        assert media_kind(tmp_path / "a") in ("audio", None), kind  # a bare MP3 frame has no signature


@needs_weights
def test_every_file_gets_its_entry_in_order(files: dict[str, Path]) -> None:
    from pipeline.encoders.load import load_encoder

    run = _run("video", "image", "audio")
    order = ["gone", "image", "text", "audio", "empty", "video", "notes", "mislabelled", "image"]
    found = predict_files(run["classifiers"], run["cards"], [files[name] for name in order], device="cpu", top=2)
    assert [prediction.path for prediction in found] == [str(files[name]) for name in order]
    assert [p.modality for p in found] == [None, "image", "image", "audio", "image", "video", None, "audio", "image"]
    by_name = dict(zip(order, found, strict=True))
    for m in MODALITIES:
        encoder = load_encoder(run["cards"][m], "cpu")
        array = decode_media(str(files[m]), run["cards"][m].media)
        feature = encoder.media.lower(np.stack([array]), "output")["vectors"].numpy()
        labels, vectors = run["classifiers"][m]
        shares = softmax(cosine_scores(feature, vectors), 0.01)[0]
        expected = sorted(zip(labels, shares, strict=True), key=lambda pair: -pair[1])[:2]
        assert [label for label, _ in by_name[m].classes] == [label for label, _ in expected]
        np.testing.assert_allclose([s for _, s in by_name[m].classes], [s for _, s in expected], rtol=1e-3)
    assert by_name["mislabelled"].classes == by_name["audio"].classes
    assert {name: by_name[name].error for name in ("gone", "text", "empty", "notes")} == {
        "gone": "no such file", "text": "not an image", "empty": "empty file",
        "notes": "neither an image nor a sound nor a video nor a text; this run knows video, image, audio",
    }  # fmt: skip


@needs_weights
def test_a_run_judges_only_what_it_knows(files: dict[str, Path]) -> None:
    run = _run("image")
    audio, notes = predict_files(run["classifiers"], run["cards"], [files["audio"], files["notes"]], device="cpu")
    assert (audio.modality, audio.error) == ("audio", "audio file; this run knows image only")
    assert notes.modality is None
    assert notes.error == "neither an image nor a sound nor a video nor a text; this run knows image"


@needs_weights
def test_a_video_is_heard_where_the_run_knows_sounds_only(files: dict[str, Path], tmp_path: Path) -> None:
    run = _run("audio")
    (silent,) = predict_files(run["classifiers"], run["cards"], [files["video"]], device="cpu")
    assert (silent.modality, silent.classes, silent.error) == ("audio", (), "no audio stream")
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=16000, layout="mono")
        tone = np.sin(np.arange(16000) / 5).astype(np.float32)[None]
        frame = av.AudioFrame.from_ndarray(tone, format="fltp", layout="mono")
        frame.sample_rate = 16000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    (heard,) = predict_files(run["classifiers"], run["cards"], [path], device="cpu")
    assert (media_kind(path), heard.modality, heard.error, len(heard.classes)) == ("video", "audio", "", 3)


def test_json_and_table() -> None:
    predictions = [
        Prediction("a[b].png", "image", (("[red]cat", 0.75), ("dog", 0.25))),
        Prediction("b.wav", None, error="no such file"),
    ]  # fmt: skip
    assert json.loads(json.dumps(predictions_to_json(predictions))) == [
        {"path": "a[b].png", "modality": "image", "error": None,
         "predictions": [{"label": "[red]cat", "probability": 0.75}, {"label": "dog", "probability": 0.25}]},
        {"path": "b.wav", "modality": None, "error": "no such file", "predictions": []},
    ]  # fmt: skip
    console = Console(width=100)
    with console.capture() as capture:
        console.print(render_predictions(predictions))
    assert all(text in capture.get() for text in ("a[b].png", "[red]cat", "75.0", "25.0", "no such file"))


def test_the_threshold_and_csv() -> None:
    predictions = [
        Prediction("a, b.png", "image", (("cat", 0.75), ("dog", 0.25))),
        Prediction("b.wav", None, error="no such file"),
    ]  # fmt: skip
    assert at_least(predictions, 0.25) == predictions
    assert [each.classes for each in at_least(predictions, 0.5)] == [(("cat", 0.75),), ()]
    assert at_least(predictions, 0.8)[0] == Prediction("a, b.png", "image")
    assert predictions_to_csv(predictions).splitlines() == [
        "path,modality,label,probability,label_2,probability_2,error",
        '"a, b.png",image,cat,0.750000,dog,0.250000,',
        "b.wav,,,,,,no such file",
    ]
    assert predictions_to_csv([]).splitlines() == ["path,modality,label,probability,error"]


def test_texts_are_judged_as_they_are() -> None:
    vectors = {"a": [1.0, 0.0], "b": [0.0, 1.0]}
    knows = {"text": Knows(card("miniature-clip"), ["x", "y"], lambda texts: np.array([vectors[t] for t in texts]))}
    found = answer_texts(knows, ["b", " ", "a", "b"], top=1)
    assert [(each.path, each.classes, each.error) for each in found] == [
        ("b", (("y", 1.0),), ""), (" ", (), "no text"), ("a", (("x", 1.0),), ""), ("b", (("y", 1.0),), ""),
    ]  # fmt: skip


@needs_weights
def test_a_fault_of_the_machine_is_told_in_the_files_own_entry(
    files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = _run("image", "audio", "video")
    asked = [files["image"], files["audio"], files["video"]]
    whole = predict_files(**run, paths=asked, device="cpu", workers=0)

    def fails(path: str | Path) -> str | None:
        if path == str(files["image"]):
            raise MachineFault("the disk is gone")
        return media_kind(path)

    def cannot_read_videos(paths, spec, **options):  # type: ignore[no-untyped-def]
        for found in decode_many(paths, spec, **options):
            video = found.path == str(files["video"]) and isinstance(spec, VideoSpec)
            yield Decoded(found.path, None, f"{NOT_READ}: Stale file handle", OSError(116, "")) if video else found

    monkeypatch.setattr(classify, "media_kind", fails)
    monkeypatch.setattr(classify, "decode_many", cannot_read_videos)
    image, audio, video = predict_files(**run, paths=asked, device="cpu", workers=0)
    assert (image.modality, image.error, image.classes) == (None, "the disk is gone", ())
    assert audio == whole[1]
    assert (video.error, video.classes) == ("not read: Stale file handle", ())  # and it is not judged by its sound


@needs_weights
def test_paths_that_cannot_be_looked_at(files: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "circle.png").symlink_to("circle.png")
    asked = [tmp_path / "circle.png", "a\0b", tmp_path / "gone.png", files["image"]]
    found = predict_files(**_run("image"), paths=asked, device="cpu", workers=0)
    errors = ["not readable: Too many levels of symbolic links", "no such file", "no such file", ""]
    assert [each.error for each in found] == errors
