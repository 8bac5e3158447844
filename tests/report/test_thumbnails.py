import base64
import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from pipeline.report import ReportData
from pipeline.report.thumbnails import picture_of, player_of


def _decoded(markup: str) -> np.ndarray:
    start = markup.index("base64,") + len("base64,")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(markup[start : markup.index('"', start)]))))


def test_every_modality_has_a_picture(small: ReportData) -> None:
    shapes = {}
    for modality, rows in small.media.items():
        markup = picture_of(rows[0].path, modality)
        assert markup is not None
        shapes[modality] = _decoded(markup).shape
    assert shapes == {"video": (136, 4 * 136 + 3 * 4, 3), "image": (136, 136, 3), "audio": (110, 320, 3)}


def test_a_tone_is_a_line_at_its_frequency(tmp_path: Path) -> None:
    path = tmp_path / "tone.wav"
    soundfile.write(path, np.sin(2 * np.pi * 1000 * np.arange(16000) / 16000), 16000)
    markup = picture_of(str(path), "audio")
    assert markup is not None
    brightest = _decoded(markup).sum(axis=2, dtype=int).mean(axis=1).argmax()
    # Rows run down from 8000 Hz to 62.5 Hz in 109 equal ratios.
    assert brightest == pytest.approx(109 * np.log(8000 / 1000) / np.log(8000 / 62.5), abs=2)


@pytest.mark.parametrize("modality", ["video", "image", "audio"])
def test_a_file_that_is_gone_or_broken_has_none(tmp_path: Path, modality: str) -> None:
    broken = tmp_path / "broken.bin"
    broken.write_bytes(b"nothing of the kind")
    assert picture_of(str(broken), modality) is None
    assert picture_of(str(tmp_path / "gone"), modality) is None


def test_only_small_sounds_of_a_known_type_are_embedded(small: ReportData, tmp_path: Path) -> None:
    path = small.media["audio"][0].path
    size = Path(path).stat().st_size
    player = player_of(path, size)
    assert player is not None
    start = player.index("base64,") + len("base64,")
    assert base64.b64decode(player[start : player.index('"', start)]) == Path(path).read_bytes()
    assert player_of(path, size - 1) is None
    assert player_of(str(tmp_path / "gone.wav"), 10**9) is None
    (tmp_path / "x.html").write_text("<script>")
    assert player_of(str(tmp_path / "x.html"), 10**9) is None
