import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from plain_towers import tiny  # noqa: E402


@pytest.fixture(scope="session")
def tiny_clip():
    """Three image blocks of width 8, three text blocks of width 12, float64, every weight drawn."""
    return tiny()
