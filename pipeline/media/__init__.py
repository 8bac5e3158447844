"""Decoding of images, sound and video into plain numpy arrays, free of torch.

This page holds the specs and the error, which cost nothing to import. The decoders are in `pipeline.media.image`,
`.audio` and `.video`; `pipeline.media.isolation.decode_many` runs them in worker processes.
"""

from pipeline.media.errors import MediaError
from pipeline.media.specs import AudioSpec, ImageSpec, MediaSpec, VideoSpec

__all__ = ["AudioSpec", "ImageSpec", "MediaError", "MediaSpec", "VideoSpec"]
