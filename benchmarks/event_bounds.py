"""Whether the bounds of the miniature's events hold for frozen features: neither eyes nor ears alone tell a match, both do.

    python benchmarks/event_bounds.py --seeds 4001 4002 4003

Clips of seeds that nobody has looked at go through H.264, AAC, the sources and the shipped weights; a linear classifier (logistic
regression by L-BFGS) learns the seconds of train from pooled features and is judged on the seconds of test.

Dims: n seconds, d features, k classes and background.
"""

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import nn

import pipeline.miniature
from pipeline.datasets.av import AvClip, read_clips
from pipeline.media import VideoSpec
from pipeline.media.video import decode_video
from pipeline.miniature.train.hts_at import MiniatureHtsAt
from pipeline.miniature.train.swin import MiniatureSwin
from pipeline.miniature.world.events import EVENT_CLASSES
from pipeline.recipe.av_data import MiniatureEventsData
from pipeline.sources import PRESETS
from pipeline.sources.spectrograms import fbank_segments

WEIGHTS = Path(pipeline.miniature.__file__).parent / "weights"
READ = {
    "visual": ("pictures",), "sound": ("sound",), "sound, HTS-AT": ("heard",), "both": ("pictures", "sound"),
    "both, HTS-AT": ("pictures", "heard"),
}  # fmt: skip


def main() -> None:
    """Print a line of JSON a seed: accuracy of the seconds, percent."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[4001, 4002, 4003])
    parser.add_argument("--clips", type=int, nargs=2, default=[96, 64], help="of train and of test")
    options = parser.parse_args()
    swin, heard = _loaded(MiniatureSwin("cpu"), "swin"), _loaded(MiniatureHtsAt("cpu"), "hts-at")
    for seed in options.seeds:
        with tempfile.TemporaryDirectory() as workspace:
            data = MiniatureEventsData(
                layout="miniature", seed=seed, train=options.clips[0], val=1, test=options.clips[1]
            )
            clips = read_clips(data, Path(workspace))
            train, test = (_features(clips.of(split), swin, heard) for split in ("train", "test"))
        truth = np.array([label for clip in clips.of("test") for label in clip.labels])
        known = np.array([label for clip in clips.of("train") for label in clip.labels])
        found = {name: _accuracy(train, known, test, truth, parts) for name, parts in READ.items()}
        bound = 100 * (0.5 + 3 * 0.5 / np.sqrt(len(truth)))
        print(json.dumps({"seed": seed, "seconds": len(truth), "bound_of_one": round(bound, 1), **found}), flush=True)


def _loaded(classifier, name):  # type: ignore[no-untyped-def]
    state = load_file(WEIGHTS / name / "model.safetensors")
    classifier.tower.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in state.items()})
    classifier.tower.eval()
    return classifier


@torch.no_grad()
def _features(clips: tuple[AvClip, ...], swin: MiniatureSwin, heard: MiniatureHtsAt) -> dict[str, np.ndarray]:
    """Pooled features (n, d) of every second."""
    found: dict[str, list[np.ndarray]] = {"pictures": [], "sound": [], "heard": []}
    for clip in clips:
        frames = torch.from_numpy(decode_video(clip.video.path, VideoSpec(frames=10, size=64)))
        found["pictures"].append(swin.features("shapes", frames).numpy())
        for kind, preset, of in (
            ("sound", "copl-miniature", swin.of_spectrograms),
            ("heard", "copl-miniature-hts-at", heard.of_spectrograms),
        ):
            spectrograms = fbank_segments(clip.sound.path, PRESETS[preset])  # type: ignore[arg-type]
            found[kind].append(of(torch.from_numpy(spectrograms)).numpy())
    return {kind: np.concatenate(rows) for kind, rows in found.items()}


def _accuracy(
    train: dict[str, np.ndarray],
    known: np.ndarray,
    test: dict[str, np.ndarray],
    truth: np.ndarray,
    parts: tuple[str, ...],
) -> float:
    seen, judged = (torch.from_numpy(np.concatenate([rows[part] for part in parts], axis=1)) for rows in (train, test))
    mean, scale = seen.mean(0), seen.std(0) + 1e-6
    seen, judged, labels = (seen - mean) / scale, (judged - mean) / scale, torch.from_numpy(known)
    linear = nn.Linear(seen.shape[1], len(EVENT_CLASSES) + 1)
    optimiser = torch.optim.LBFGS(linear.parameters(), max_iter=300, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        value = nn.functional.cross_entropy(linear(seen), labels) + 1e-3 * linear.weight.square().sum()
        torch.autograd.backward(value)
        return value

    torch.nn.init.zeros_(linear.weight)
    optimiser.step(loss)  # type: ignore[no-untyped-call]
    return round(100 * float((linear(judged).argmax(1).numpy() == truth).mean()), 1)


if __name__ == "__main__":
    main()
