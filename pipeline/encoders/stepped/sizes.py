"""What configurations say of a tower: its sizes, and the spectrograms that it was trained with. Free of torch.

Two are read: that of our own folders, with "family" and "model_cfg", and that of CLAP in a folder of transformers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.encoders.errors import EncoderError
from pipeline.encoders.stepped.known import hts_at, swin_v2
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

_CLAP_AUDIO: dict[str, Any] = {
    "spec_size": 256, "patch_size": 4, "patch_embeds_hidden_size": 96, "depths": (2, 2, 6, 2),
    "num_attention_heads": (4, 8, 16, 32), "window_size": 8, "mlp_ratio": 4.0,
}  # fmt: skip
"""What a configuration of transformers' `ClapAudioConfig` means where it says nothing."""


def read_sizes(name: str, config: Mapping[str, Any], preprocessor: Mapping[str, Any]) -> tuple[TowerShape, Mel | None]:
    """The sizes of a tower, and the spectrograms of one that hears.

    Args:
        name: of the encoder.
        config: what its config.json says.
        preprocessor: what the preprocessor_config.json of a CLAP says; empty where there is none.

    Raises:
        EncoderError: they say other or too little.
    """
    try:
        if "audio_config" in config:
            mel = _clap_mel(preprocessor)
            return _clap_shape(name, config["audio_config"], mel), mel
        sizes = config["model_cfg"]
        if config["family"] == "hts-at":
            mel = Mel(**config["mel"])
            return hts_at(name, mel.frames, mel.bins, **sizes), mel
        if config["family"] == "swin-v2":
            return swin_v2(name, **sizes), None
        raise ValueError(f"the family {config['family']!r}")
    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        raise EncoderError(
            f"encoder {name!r}: its config.json does not say the sizes of a tower ({type(error).__name__}: {error}). It has "
            '"family" ("swin-v2" or "hts-at") and "model_cfg" with size, patch, width, depths, heads and window, or is that of a '
            "CLAP of transformers"
        ) from None


def _clap_mel(given: Mapping[str, Any]) -> Mel:
    return Mel(
        given["sampling_rate"], int(given["max_length_s"]), given["fft_window_size"], given["hop_length"],
        given["feature_size"], int(given["frequency_min"]), int(given["frequency_max"]),
    )  # fmt: skip


def _clap_shape(name: str, given: Mapping[str, Any], mel: Mel) -> TowerShape:
    sizes = {key: given.get(key, value) for key, value in _CLAP_AUDIO.items()}
    patch = sizes["patch_size"]
    if list(given.get("patch_stride", (patch, patch))) != [patch, patch]:
        raise EncoderError(f"encoder {name!r}: its patches overlap, and towers run block by block have none that do")
    return hts_at(
        name, mel.frames, mel.bins, sizes["spec_size"], patch, sizes["patch_embeds_hidden_size"], sizes["depths"],
        sizes["num_attention_heads"], sizes["window_size"], sizes["mlp_ratio"],
    )  # fmt: skip
