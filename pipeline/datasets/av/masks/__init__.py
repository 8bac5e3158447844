"""Readers of clips with masks of what sounds: AVSBench as it is published, own data, and the miniature world's."""

from pipeline.datasets.av.masks.clips import MaskClip, MaskClips
from pipeline.datasets.av.masks.read import read_mask_clips

__all__ = ["MaskClip", "MaskClips", "read_mask_clips"]
