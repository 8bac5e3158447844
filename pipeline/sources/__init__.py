"""Media made ready once and stored, where no encoder decides how: views, spectrograms, optical flow.

A method whose learned part begins at the input (MOV's flow and audio towers, CoPL) reads these instead of files. This page
holds the specs and `PRESETS`, which cost nothing to import; `pipeline.sources.cache.cache_source` makes them.
"""

from pipeline.sources.presets import PRESETS
from pipeline.sources.specs import ClapMelSpec, FbankSpec, FlowSpec, SourceSpec, TvL1, source_artifact
from pipeline.sources.view_specs import AugmentedViewsSpec, DrawnViewsSpec, ImageViewsSpec, VideoViewsSpec

__all__ = [
    "AugmentedViewsSpec",
    "ClapMelSpec",
    "DrawnViewsSpec",
    "FbankSpec",
    "FlowSpec",
    "ImageViewsSpec",
    "PRESETS",
    "SourceSpec",
    "TvL1",
    "VideoViewsSpec",
    "source_artifact",
]
