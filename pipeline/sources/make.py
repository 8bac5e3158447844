"""One media file to one array, as a source's spec says; worker processes run it."""

import numpy as np

from pipeline.media import AudioSpec, ImageSpec, MediaError, VideoSpec
from pipeline.media.isolation import decode_media
from pipeline.media.mask_spec import MaskSpec
from pipeline.sources.specs import ClapMelSpec, ClapSegmentsSpec, FbankSpec, FlowSpec, SourceSpec
from pipeline.sources.view_specs import AugmentedViewsSpec, DrawnViewsSpec, ImageViewsSpec, VideoViewsSpec


def make_source(path: str, spec: SourceSpec) -> np.ndarray:
    """Make the array of one file; its shape is `spec.shape`.

    Raises:
        MediaError: the file cannot be decoded, or is a sound longer than the window of which more than the centre is kept.
    """
    match spec:
        case ImageSpec() | AudioSpec() | VideoSpec():
            array = decode_media(path, spec)
            if array.shape != spec.shape:
                raise MediaError("rows of a source have one length: only the centre of a long sound can be kept")
            return array
        case ImageViewsSpec():
            from pipeline.sources.views import image_views

            return image_views(path, spec)
        case AugmentedViewsSpec():
            from pipeline.sources.augmented import augmented_views

            return augmented_views(path, spec)
        case VideoViewsSpec():
            from pipeline.sources.views import video_views

            return video_views(path, spec)
        case DrawnViewsSpec():
            from pipeline.sources.drawn_views import drawn_views

            return drawn_views(path, spec)
        case FlowSpec():
            from pipeline.sources.flow import flow_views

            return flow_views(path, spec)
        case FbankSpec():
            from pipeline.sources.spectrograms import fbank_segments

            return fbank_segments(path, spec)
        case ClapMelSpec():
            from pipeline.sources.spectrograms import clap_mel

            return clap_mel(path, spec)
        case ClapSegmentsSpec():
            from pipeline.sources.spectrograms import clap_segments

            return clap_segments(path, spec)
        case MaskSpec():
            from pipeline.media.masks import decode_mask

            return decode_mask(path, spec)
