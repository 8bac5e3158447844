"""What configurations say of a tower: its sizes, and the spectrograms that it was trained with. Free of torch.

Three are read: the arguments of timm's `SwinTransformerV2`, as beside the miniature's weights; transformers' `ClapAudioConfig`;
and its `ClapConfig`, whose audio half is taken. Spectrograms are told by a preprocessor_config.json; a tower without one was
trained with others than CLAP's, and reads only those that are stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.encoders.errors import EncoderError
from pipeline.encoders.stepped.known import IMAGENET_MEAN, IMAGENET_STD, hts_at, swin_v2
from pipeline.encoders.stepped.shape import TowerShape


@dataclass(frozen=True)
class Mel:
    """Log mel spectrograms that an HTS-AT was trained with, in decibels; its defaults are AudioSet's.

    Attributes:
        sampling_rate: Hz.
        seconds: length of the window, whole seconds; a shorter clip is repeated and padded.
        fft: samples of a frame.
        hop: samples from frame to frame.
        bins: mel bins, Slaney's.
        low_hz: where they begin.
        high_hz: where they end.
    """

    sampling_rate: int = 32_000
    seconds: int = 10
    fft: int = 1024
    hop: int = 320
    bins: int = 64
    low_hz: int = 50
    high_hz: int = 14_000

    @property
    def frames(self) -> int:
        """Of one window."""
        return 1 + self.sampling_rate * self.seconds // self.hop


CLAP_MEL = Mel(sampling_rate=48_000, hop=480)
"""LAION's."""

_SWIN = {
    "img_size": "size", "patch_size": "patch", "embed_dim": "width", "depths": "depths", "num_heads": "heads",
    "window_size": "window",
}  # fmt: skip
_SWIN_TOLD = {"class": "SwinTransformerV2", "mean": list(IMAGENET_MEAN), "std": list(IMAGENET_STD)}
"""What else such a configuration may say, and then says so."""
_CLAP_AUDIO: dict[str, Any] = {
    "spec_size": 256, "num_mel_bins": 64, "patch_size": 4, "patch_embeds_hidden_size": 96, "depths": (2, 2, 6, 2),
    "num_attention_heads": (4, 8, 16, 32), "window_size": 8, "mlp_ratio": 4.0,
}  # fmt: skip
"""What a `ClapAudioConfig` means where it says nothing."""


def read_sizes(name: str, config: Mapping[str, Any], preprocessor: Mapping[str, Any]) -> tuple[TowerShape, Mel | None]:
    """The sizes of a tower, and the spectrograms of one that hears, where they are told.

    Args:
        name: of the encoder.
        config: what its config.json says.
        preprocessor: what the preprocessor_config.json beside it says; empty where there is none.

    Raises:
        EncoderError: they say other or too little.
    """
    try:
        audio = config.get("audio_config", config if config.get("model_type") == "clap_audio_model" else None)
        if audio is None:
            return _swin_shape(name, config), None
        mel = _mel(preprocessor) if preprocessor else None
        return _clap_shape(name, audio, mel), mel
    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        raise EncoderError(
            f"encoder {name!r}: its config.json does not say the sizes of a tower ({type(error).__name__}: {error}). It has the "
            f"arguments of timm's SwinTransformerV2 ({', '.join(_SWIN)}), or is that of a CLAP or of its audio half as "
            "transformers writes it"
        ) from None


def _swin_shape(name: str, given: Mapping[str, Any]) -> TowerShape:
    for key, value in given.items():
        if key not in _SWIN and value != _SWIN_TOLD.get(key):
            raise ValueError(f"{key}: {value!r}")
    return swin_v2(name, **{ours: given[theirs] for theirs, ours in _SWIN.items()})


def _mel(given: Mapping[str, Any]) -> Mel:
    return Mel(
        given["sampling_rate"], int(given["max_length_s"]), given["fft_window_size"], given["hop_length"],
        given["feature_size"], int(given["frequency_min"]), int(given["frequency_max"]),
    )  # fmt: skip


def _clap_shape(name: str, given: Mapping[str, Any], mel: Mel | None) -> TowerShape:
    sizes = {key: given.get(key, value) for key, value in _CLAP_AUDIO.items()}
    patch, bins, side = sizes["patch_size"], sizes["num_mel_bins"], sizes["spec_size"]
    if list(given.get("patch_stride", (patch, patch))) != [patch, patch]:
        raise EncoderError(f"encoder {name!r}: its patches overlap, and towers run block by block have none that do")
    if mel is not None and mel.bins != bins:
        raise EncoderError(f"encoder {name!r}: its spectrograms have {mel.bins} mel bins, and its tower reads {bins}")
    return hts_at(
        name, mel.frames if mel else side * (side // bins), bins, side, patch, sizes["patch_embeds_hidden_size"],
        sizes["depths"], sizes["num_attention_heads"], sizes["window_size"], sizes["mlp_ratio"],
    )  # fmt: skip
