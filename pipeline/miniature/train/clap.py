"""The miniature CLAP: transformers' `ClapModel` with a small HTS-AT and a small RoBERTa, for 2 s at 16 kHz.

126 mel frames of 32 bins are stretched to 128 and folded into a 64 x 64 picture, as the full model folds
1,001 x 64 into 256 x 256.

Dims: b batch, s samples, k classes, d shared space.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor, nn
from transformers import AutoTokenizer, ClapConfig, ClapFeatureExtractor, ClapModel

from pipeline.miniature.train import export
from pipeline.miniature.train.tokenizers import write_roberta_tokenizer
from pipeline.miniature.train.trainee import Example
from pipeline.miniature.world.captions import caption_sound
from pipeline.miniature.world.classes import AUDIO_CLASSES, EXTRA_AUDIO_CLASSES
from pipeline.miniature.world.sounds import SoundScene, render_sound, sample_sound
from pipeline.miniature.world.synths import SAMPLE_RATE

WIDTH, DEPTHS, HEADS, DIM = 40, (2, 2, 2), (2, 4, 8), 128
CONTEXT = 77
TEMPLATES = (
    "this is a sound of {}.", "the sound of {}.", "a recording of {}.", "a clip with {}.", "you can hear {}.",
    "there is {} in the background.", "listen to {}.",
)  # fmt: skip


class MiniatureClap:
    """CLAP under training; see `trainee.Trainee`."""

    name: str = "clap"
    modality: str = "audio"
    classes: tuple[str, ...] = AUDIO_CLASSES + EXTRA_AUDIO_CLASSES
    judged: tuple[str, ...] = AUDIO_CLASSES
    templates: tuple[str, ...] = TEMPLATES
    module: nn.Module

    def __init__(self, folder: Path, texts: Sequence[str], names: Sequence[str], device: str):
        """Learns the tokeniser, writes it and the feature extractor to `folder`, and makes fresh towers."""
        vocabulary = write_roberta_tokenizer(folder, texts, names)
        self.device = device
        self.tokenizer = AutoTokenizer.from_pretrained(str(folder))
        self.extractor = feature_extractor()
        self.clap = ClapModel(model_config(vocabulary))
        self._class_head = nn.Linear(DIM, len(self.classes))
        self.module = nn.ModuleDict({"towers": self.clap, "class": self._class_head}).to(device)
        self._window = torch.hann_window(self.extractor.fft_window_size).to(device)
        self._mel = torch.from_numpy(np.asarray(self.extractor.mel_filters_slaney)).float().to(device)

    def sample(self, rng: Generator, judged: bool, ease: float = 0.0) -> SoundScene:
        """See `trainee.Trainee`; a judged one holds one event."""
        return sample_sound(rng, self.judged, 1) if judged else sample_sound(rng, self.classes, 3, ease)

    def render(self, scene: SoundScene, rng: Generator) -> Example:
        """See `trainee.Trainee`; at the size that the encoder takes."""
        return Example(render_sound(scene, rng), np.zeros(0), scene.labels, scene)

    def caption(self, scene: SoundScene, rng: Generator) -> tuple[str, tuple[str, ...]]:
        """See `trainee.Trainee`."""
        return caption_sound(scene, rng)

    def embed_media(self, examples: Sequence[Example]) -> tuple[Tensor, Tensor]:
        """See `trainee.Trainee`; there is no dense head, its loss is 0."""
        waves = torch.from_numpy(np.stack([example.media for example in examples])).to(self.device)
        pooled = self.clap.audio_model(input_features=self.log_mel(waves)[:, None]).pooler_output
        return self.clap.audio_projection(pooled), waves.new_zeros(())

    def log_mel(self, waves: Tensor) -> Tensor:
        """Waves (b, s) of exactly two seconds to decibels (b, frames, bins), as in `ClapFeatureExtractor`."""
        size, hop = self.extractor.fft_window_size, self.extractor.hop_length
        spectrum = torch.stft(
            waves, size, hop, window=self._window, center=True, pad_mode="reflect", return_complex=True
        )
        power = spectrum.abs().square().transpose(1, 2) @ self._mel
        return 10 * torch.log10(power.clamp(min=1e-10))

    def embed_text(self, texts: Sequence[str]) -> Tensor:
        """See `trainee.Trainee`."""
        tokens = self.tokenizer(list(texts), padding=True, truncation=True, max_length=CONTEXT, return_tensors="pt").to(
            self.device
        )
        pooled = self.clap.text_model(tokens["input_ids"], attention_mask=tokens["attention_mask"]).pooler_output
        embeddings: Tensor = self.clap.text_projection(pooled)
        return embeddings

    def class_logits(self, embeddings: Tensor) -> Tensor:
        """See `trainee.Trainee`."""
        logits: Tensor = self._class_head(embeddings)
        return logits

    def scale(self) -> Tensor:
        """See `trainee.Trainee`; the second scale of the model follows the first."""
        with torch.no_grad():
            self.clap.logit_scale_t.copy_(self.clap.logit_scale_a)
        return self.clap.logit_scale_a.clamp(max=4.0).exp()

    def save(self, folder: Path) -> None:
        """See `trainee.Trainee`; transformers' own layout."""
        config = self.clap.config.to_dict() | {"architectures": ["ClapModel"], "dtype": "float16"}
        export.write_json(folder / "config.json", config)
        export.write_json(folder / "preprocessor_config.json", self.extractor.to_dict())
        export.write_json(folder / "templates.json", list(TEMPLATES))
        export.write_weights(folder / "model.safetensors", self.clap)


def feature_extractor() -> ClapFeatureExtractor:
    """Two seconds at 16 kHz as 126 frames of 32 mel bins; LAION's lowest frequency of 50 Hz."""
    return ClapFeatureExtractor(
        feature_size=32, sampling_rate=SAMPLE_RATE, hop_length=256, max_length_s=2, fft_window_size=512,
        frequency_min=50, frequency_max=8000, truncation="rand_trunc", padding="repeatpad",
    )  # fmt: skip


def model_config(vocabulary: int) -> ClapConfig:
    """The `ClapModel` configuration of the miniature."""
    text = {
        "vocab_size": vocabulary, "hidden_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4,
        "intermediate_size": 384, "max_position_embeddings": CONTEXT + 3, "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0, "initializer_factor": 1.0,
    }  # fmt: skip
    audio = {
        "window_size": 4, "num_mel_bins": 32, "spec_size": 64, "patch_size": 4, "patch_stride": [4, 4],
        "patch_embeds_hidden_size": WIDTH, "depths": list(DEPTHS), "num_attention_heads": list(HEADS),
        "hidden_size": WIDTH * 2 ** (len(DEPTHS) - 1), "hidden_dropout_prob": 0.0, "num_classes": len(AUDIO_CLASSES),
        "num_hidden_layers": len(DEPTHS),
    }  # fmt: skip
    return ClapConfig(text_config=text, audio_config=audio, projection_dim=DIM)
