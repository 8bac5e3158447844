"""Readers of clips whose seconds are labelled: AVE as it is published, own data, and the miniature world's."""

from pipeline.datasets.av.clips import SPLITS, AvClip, AvClips, Leak, RejectedClip, Split, SplitCount
from pipeline.datasets.av.read import read_clips

__all__ = ["SPLITS", "AvClip", "AvClips", "Leak", "RejectedClip", "Split", "SplitCount", "read_clips"]
