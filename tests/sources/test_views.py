import av
import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms import functional as tv
from torchvision.transforms.functional import InterpolationMode

from pipeline.media import ImageSpec, MediaError
from pipeline.media.image import decode_image
from pipeline.sources import ImageViewsSpec, VideoViewsSpec
from pipeline.sources.sampling import clip_indices
from pipeline.sources.views import crops_of, image_views, video_views

rng = np.random.default_rng(0)
MODES = {"bicubic": InterpolationMode.BICUBIC, "bilinear": InterpolationMode.BILINEAR}


def array(images):
    return np.stack([np.asarray(image) for image in images])


@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear"])
def test_five_crops_of_photographs_are_torchvisions_to_the_bit(shared, interpolation):
    paths = [*shared.glob("*.png"), *shared.glob("imagenet-samples/*.JPEG")]
    assert len(paths) >= 20
    for path in paths:
        views = image_views(str(path), ImageViewsSpec(interpolation=interpolation, flip=True))
        with Image.open(path) as image:
            whole = tv.resize(image, 256, MODES[interpolation]).convert("RGB")
        wanted = array(tv.ten_crop(whole, 224))
        assert views.shape == wanted.shape == ImageViewsSpec(flip=True).shape
        np.testing.assert_array_equal(views, wanted)


@pytest.mark.parametrize("size", [(40, 91), (91, 40), (40, 40), (41, 47)])
def test_three_crops_lie_along_the_longer_side(tmp_path, size):
    Image.fromarray(rng.integers(0, 256, (*size, 3), np.uint8)).save(tmp_path / "x.png")
    spec = ImageViewsSpec(size=24, short_side=30, crops=3)
    views = image_views(str(tmp_path / "x.png"), spec)
    whole = tv.resize(Image.open(tmp_path / "x.png"), 30, InterpolationMode.BICUBIC)
    width, height = whole.size
    if width >= height:
        top = round((height - 24) / 2)
        places = [(top, 0), (top, round((width - 24) / 2)), (top, width - 24)]
    else:
        left = round((width - 24) / 2)
        places = [(0, left), (round((height - 24) / 2), left), (height - 24, left)]
    np.testing.assert_array_equal(views, array([tv.crop(whole, *place, 24, 24) for place in places]))
    centre = image_views(str(tmp_path / "x.png"), ImageViewsSpec(size=24, short_side=30, crops=1))
    np.testing.assert_array_equal(centre[0], np.asarray(tv.center_crop(whole, [24, 24])))


def test_one_crop_at_the_encoders_size_is_the_encoders_picture(shared):
    path = str(shared / "chelsea.png")
    (view,) = image_views(path, ImageViewsSpec(size=224, short_side=224, crops=1))
    np.testing.assert_array_equal(view, decode_image(path, ImageSpec(224)))


def test_crops_of_anything_with_more_dimensions():
    flow = rng.normal(size=(6, 9, 2))
    for crop, (top, left) in zip(crops_of(flow, 5, 4), [(0, 0), (0, 5), (2, 0), (2, 5), (1, 2)], strict=True):
        np.testing.assert_array_equal(crop, flow[top : top + 4, left : left + 4])


def frames_of(path, indices):
    """The frames at these indices, from a plain loop over the file."""
    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "AUTO"
        return {i: frame.to_image() for i, frame in enumerate(container.decode(video=0)) if i in indices}


@pytest.mark.parametrize(("name", "sampler"), [("realshort.mp4", "uniform"), ("cockatoo.mp4", "strided")])
def test_clips_and_crops_of_real_videos(shared, name, sampler):
    spec = VideoViewsSpec(frames=4, sampler=sampler, stride=3, clips=2, size=64, short_side=80)
    views = video_views(str(shared / name), spec)
    assert views.shape == spec.shape == (6, 4, 64, 64, 3) and views.dtype == np.uint8
    clips = clip_indices({"realshort.mp4": 36, "cockatoo.mp4": 280}[name], spec)
    frames = frames_of(shared / name, clips)
    for clip, indices in enumerate(clips):
        for place, index in enumerate(indices):
            whole = tv.resize(frames[index], 80, InterpolationMode.BICUBIC)  # both videos are wider than high
            right = whole.width - 64
            for crop, left in enumerate((0, round(right / 2), right)):
                wanted = np.asarray(tv.crop(whole, 8, left, 64, 64))
                np.testing.assert_array_equal(views[3 * clip + crop, place], wanted)


def test_frames_are_those_that_opencv_reads(shared):
    """Another decoder, another conversion of colours: the same pictures but for rounding."""
    cv2 = pytest.importorskip("cv2", reason="OpenCV is the extra 'flow'")
    spec = VideoViewsSpec(frames=6, stride=5, clips=1, crops=1, size=224, short_side=240)
    views = video_views(str(shared / "realshort.mp4"), spec)
    capture = cv2.VideoCapture(str(shared / "realshort.mp4"))
    frames = []
    while (read := capture.read())[0]:
        frames.append(cv2.cvtColor(read[1], cv2.COLOR_BGR2RGB))
    for view, index in zip(views[0], clip_indices(len(frames), spec)[0], strict=True):
        theirs = frames[index][8:232, 48:272]  # the video is 320 x 240
        difference = {i: np.abs(view.astype(int) - frames[i][8:232, 48:272]).mean() for i in range(len(frames))}
        assert min(difference, key=difference.__getitem__) == index
        assert np.abs(view.astype(int) - theirs).mean() < 1


def test_bad_files_have_reasons(tmp_path):
    (tmp_path / "x").write_bytes(b"nothing of the kind" * 9)
    with pytest.raises(MediaError, match="^not an image$"):
        image_views(str(tmp_path / "x"), ImageViewsSpec())
    with pytest.raises(MediaError, match="^not a video: "):
        video_views(str(tmp_path / "x"), VideoViewsSpec())


def test_views_go_to_torch_without_a_copy(tmp_path):
    Image.new("RGB", (50, 40)).save(tmp_path / "x.png")
    assert torch.from_numpy(image_views(str(tmp_path / "x.png"), ImageViewsSpec())).is_contiguous()
