import numpy as np
import pytest

from pipeline.media import VideoSpec
from pipeline.media.video import sample_indices
from pipeline.sources import VideoViewsSpec
from pipeline.sources.sampling import clip_indices


def test_strided_clips_of_an_ordinary_video():
    clips = clip_indices(300, VideoViewsSpec(frames=16, stride=4, clips=4))
    assert clips[:, 0].tolist() == [0, 80, 159, 239]  # 300 - 61 = 239 in three steps
    assert clips[:, -1].tolist() == [60, 140, 219, 299]
    assert (np.diff(clips, axis=1) == 4).all()


def test_one_strided_clip_lies_in_the_middle():
    assert clip_indices(21, VideoViewsSpec(frames=3, stride=4, clips=1)).tolist() == [[6, 10, 14]]


def test_a_video_that_is_too_short_is_looped():
    clips = clip_indices(5, VideoViewsSpec(frames=4, stride=2, clips=2))
    assert clips.tolist() == [[0, 2, 4, 1], [0, 2, 4, 1]]
    assert clip_indices(1, VideoViewsSpec(frames=3, clips=2)).tolist() == [[0, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize("clips", [1, 2, 3, 5])
@pytest.mark.parametrize("stride", [1, 2, 4])
def test_strided_clips_by_a_search(clips, stride):
    """Second derivation: of all legal starts, the one nearest to where clip k should begin."""
    for count in range(1, 60):
        taken = clip_indices(count, VideoViewsSpec(frames=4, stride=stride, clips=clips))
        starts = [s for s in range(count) if s + 3 * stride < count] or [0]
        for number, clip in enumerate(taken):
            wanted = starts[-1] * number / (clips - 1) if clips > 1 else starts[-1] // 2
            first = clip[0]
            assert first in starts and abs(first - wanted) == min(abs(s - wanted) for s in starts)
            assert clip.tolist() == [[*range(count)][(first + i * stride) % count] for i in range(4)]


def test_one_uniform_clip_is_the_sampler_of_the_encoders():
    for count in range(1, 200):
        (clip,) = clip_indices(count, VideoViewsSpec(frames=8, sampler="uniform", clips=1))
        assert clip.tolist() == sample_indices(count, VideoSpec(frames=8))


def test_uniform_clips_share_no_frame_and_lie_inside_their_intervals():
    clips = clip_indices(240, VideoViewsSpec(frames=8, sampler="uniform", clips=3))
    assert clips[:, :2].tolist() == [[4, 34], [14, 44], [24, 54]]  # middles of the thirds of 30 frames
    for count in range(24, 120):
        clips = clip_indices(count, VideoViewsSpec(frames=8, sampler="uniform", clips=3))
        edges = [int(count * i / 8) for i in range(9)]
        for interval in range(8):
            inside = clips[:, interval]
            assert len(set(inside.tolist())) == 3
            assert (np.diff(inside) > 0).all() and edges[interval] <= inside[0] and inside[-1] < edges[interval + 1]
