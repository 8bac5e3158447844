import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from random_towers import KINDS, tower_of  # noqa: E402


@pytest.fixture(scope="session")
def towers():
    """Kind -> a small tower in float64."""
    return {kind: tower_of(kind) for kind in KINDS}
