"""An image encoder over the frames of a video.

Dims: b videos, t frames, h and w pixels, d width.
"""

import torch
from torch.nn import functional as F

from pipeline.encoders.cards import EncoderCard, card
from pipeline.encoders.encoder import Encoder
from pipeline.encoders.load import load_encoder
from pipeline.encoders.tower import Activations, StagedTower, Tower

_DTYPES = {torch.float32: "float32", torch.float16: "float16", torch.bfloat16: "bfloat16"}


def load_frames(found: EncoderCard, device: torch.device, dtype: torch.dtype) -> Encoder:
    """Load the image encoder that looks at the frames.

    Raises:
        EncoderError: it cannot be loaded.
    """
    image = load_encoder(card(found.model), str(device), _DTYPES[dtype])
    return Encoder.of_media(found, mean_of_frames(image.media, device, dtype))


def mean_of_frames(tower: Tower, device: torch.device, dtype: torch.dtype) -> StagedTower:
    """Average a tower of pictures over the frames of each video.

    The mean is of embeddings of length 1, so that no frame counts for more than another; so PE-Core's authors embed videos.

    Args:
        tower: takes pictures uint8 (b, h, w, 3) to embeddings (b, d).
        device: where it runs.
        dtype: what it computes in.

    Returns:
        A tower of videos uint8 (b, t, h, w, 3).
    """

    def average(acts: Activations) -> Activations:
        videos = acts["activations"]
        # As many frames at once as the batch has videos: that much fits.
        seen = [F.normalize(tower.full(videos[:, frame]), dim=-1) for frame in range(videos.shape[1])]
        return {"vectors": torch.stack(seen).mean(dim=0)}

    return StagedTower(("frames", "output"), (average,), device, dtype)
