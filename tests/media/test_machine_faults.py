"""What the machine is to blame for is no verdict on a file."""

import errno
from pathlib import Path

import pytest

from pipeline.media import isolation
from pipeline.media.isolation import FileChanged, decode_many, decode_media
from pipeline.media.specs import AudioSpec, ImageSpec, VideoSpec
from pipeline.reading import MachineFault


def write_files(folder, kinds):
    for index, kind in enumerate(kinds):
        (folder / f"{index}-{kind}").write_bytes(b"x")
    return [str(folder / f"{index}-{kind}") for index, kind in enumerate(kinds)]


@pytest.mark.parametrize("workers", [0, 1])
def test_errors_of_the_system_are_told_from_those_of_a_decoder(tmp_path, bad_decoders, workers):
    paths = write_files(tmp_path, ["EMFILE", "wrapped", "ffmpeg", "EACCES", "good"])
    found = list(decode_many(paths, None, workers=workers, decode=bad_decoders.raise_by_name))
    assert [each.fault and each.fault.errno for each in found] == [errno.EMFILE, errno.ESTALE, None, None, None]
    assert found[0].reason == "not read: Too many open files, which is the machine's fault; try again"
    assert found[2].reason.startswith("decoder failed: ") and found[3].reason.startswith(
        "decoder failed: PermissionError"
    )
    for each in found[:2]:
        with pytest.raises(MachineFault, match=f"^{each.path} could not be read: "):
            each.require_verdict()
    assert [each.require_verdict() for each in found[2:]] == found[2:]


@pytest.mark.parametrize("spec", [ImageSpec(32), AudioSpec(8000, 1), VideoSpec(2, 32)], ids=["image", "audio", "video"])
def test_a_file_that_is_gone_says_nothing_about_what_was_in_it(tmp_path, spec):
    (decoded,) = decode_many([str(tmp_path / "gone")], spec, workers=0, decode=decode_media)
    assert decoded.reason == "no such file"
    with pytest.raises(
        FileChanged, match="gone was there when the files were listed, and now: no such file. Put it back"
    ):
        decoded.require_verdict()
    (tmp_path / "empty").touch()
    (decoded,) = decode_many([str(tmp_path / "empty")], spec, workers=0, decode=decode_media)
    assert decoded.require_verdict().reason == "empty file"


def test_a_file_that_cannot_even_be_read_in_its_time_was_not_decoded_too_slowly(tmp_path, bad_decoders, monkeypatch):
    paths = write_files(tmp_path, ["endless"])
    (decoded,) = decode_many(paths, None, timeout_s=0.5, decode=bad_decoders.decode)
    assert (decoded.reason, decoded.fault) == ("timeout: not decoded within 0.5 s", None)
    monkeypatch.setattr(isolation, "_read_only", bad_decoders.sleep)  # as a network mount that does not answer
    (decoded,) = decode_many(paths, None, timeout_s=0.5, decode=bad_decoders.decode)
    assert decoded.fault is not None and decoded.fault.errno == errno.ETIMEDOUT


def test_names_that_lead_nowhere(tmp_path):
    (tmp_path / "circle.png").symlink_to("circle.png")
    for name in ("circle.png", "x" * 300, "a\0b", "circle.png/x"):
        (decoded,) = decode_many([str(tmp_path / name)], ImageSpec(32), workers=0)
        assert (decoded.reason, decoded.fault) == ("no such file", None)
    (decoded,) = decode_many([str(Path("/dev/zero"))], ImageSpec(32), workers=0)
    assert decoded.reason == "not a file"
