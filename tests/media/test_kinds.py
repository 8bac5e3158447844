import os

import pytest

from pipeline.media.kinds import media_kind


@pytest.mark.timeout(20)
def test_what_is_no_file_is_told_by_its_name_and_never_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "loop.wav").symlink_to("loop.wav")
    (tmp_path / "folder.mp4").mkdir()
    kinds = [media_kind(tmp_path / name) for name in ("pipe.png", "loop.wav", "folder.mp4", "gone")]
    assert kinds == ["image", "audio", "video", None]


def test_content_comes_before_the_name(tmp_path):
    (tmp_path / "x.wav").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(8))
    (tmp_path / "y.mp4").write_bytes(b"")
    assert (media_kind(tmp_path / "x.wav"), media_kind(tmp_path / "y.mp4")) == ("image", "video")
