"""The miniature world: procedural media with class names, captions and ordinary files."""

from pipeline.miniature.world.classes import (
    AUDIO_CLASSES,
    EXTRA_AUDIO_CLASSES,
    EXTRA_IMAGE_CLASSES,
    EXTRA_VIDEO_CLASSES,
    IMAGE_CLASSES,
    VIDEO_CLASSES,
    WORLD_VERSION,
)
from pipeline.miniature.world.write import write_images, write_shapes, write_sounds, write_videos

__all__ = [
    "AUDIO_CLASSES",
    "EXTRA_AUDIO_CLASSES",
    "EXTRA_IMAGE_CLASSES",
    "EXTRA_VIDEO_CLASSES",
    "IMAGE_CLASSES",
    "VIDEO_CLASSES",
    "WORLD_VERSION",
    "write_images",
    "write_shapes",
    "write_sounds",
    "write_videos",
]
