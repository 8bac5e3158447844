"""Clips of which something cannot be decoded."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pipeline.sources.cache as source_cache
from pipeline.media import MediaError
from pipeline.media.mask_spec import MaskSpec
from pipeline.sources.specs import FbankSpec


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Make the sound, the pictures or the masks of some files unreadable, by their names without suffix; of none undoes it."""
    make = source_cache.make_source

    def fail(deaf: tuple[str, ...] = (), blind: tuple[str, ...] = (), masks: tuple[str, ...] = ()) -> None:
        def made(path: str, spec: Any) -> np.ndarray:
            names = deaf if isinstance(spec, FbankSpec) else masks if isinstance(spec, MaskSpec) else blind
            if Path(path).stem in names:
                raise MediaError("a codec that is not here")
            return make(path, spec)

        monkeypatch.setattr(source_cache, "make_source", made)

    return fail
