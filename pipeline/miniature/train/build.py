"""Makes the miniature weights again: CLIP, CLAP, ViCLIP, a LLaMA, Swin-V2 and HTS-AT.

Encoders learn from scenes of `seed`; the media that they are judged on come from other seeds (`world.write`).
"""

from collections.abc import Iterable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.miniature.errors import MiniatureError
from pipeline.telemetry.progress import Progress

if TYPE_CHECKING:
    from pipeline.miniature.train.trainee import Trainee

CLASSIFIERS = ("swin", "hts-at")
MODELS = ("clip", "clap", "viclip", "llama", *CLASSIFIERS)
DEFAULT_MINUTES = {"clip": 12.0, "clap": 12.0, "viclip": 34.0, "llama": 25.0, "swin": 2.6, "hts-at": 0.4}
PLANS: dict[str, dict[str, Any]] = {
    "clip": {"batch": 96, "pool": 5000, "fresh_share": 0.35},
    "clap": {"batch": 96, "pool": 4000, "fresh_share": 0.3},
    "viclip": {"batch": 64, "pool": 2000, "fresh_share": 0.3},
    "swin": {"shapes": 40, "sounds": 8},
    "hts-at": {"sounds": 48},
}


def build_miniature(
    out: Path,
    *,
    only: Iterable[str] | None = None,
    minutes: float | None = None,
    seed: int = 11,
    device: str = "auto",
    progress: Progress | None = None,
) -> dict[str, dict[str, float]]:
    """Trains the miniature models one after the other and writes them below `out`.

    Args:
        out: Folder that receives one sub-folder a model.
        only: Names of `MODELS` to build; all of them by default.
        minutes: Time for all chosen models together, shared in proportion to `DEFAULT_MINUTES`.
        seed: Seed of scenes, captions and initial weights.
        device: "cpu", "cuda" or "auto".
        progress: Where to show how it goes.

    Returns:
        Validation scores of each encoder, percent: zero-shot, of Swin-V2 and HTS-AT those of a linear probe.

    Raises:
        MiniatureError: an unknown model was asked for, or the time is not positive.
    """
    chosen = _chosen(only)
    if minutes is not None and minutes <= 0:
        raise MiniatureError(
            f"miniature build: --minutes is {minutes:g}; it must be more than 0, for example --minutes 60"
        )
    share = 1.0 if minutes is None else minutes / sum(DEFAULT_MINUTES[name] for name in chosen)
    progress = progress or Progress.silent()
    scores: dict[str, dict[str, float]] = {}
    for name in chosen:
        folder = out / name
        folder.mkdir(parents=True, exist_ok=True)
        length = DEFAULT_MINUTES[name] * share
        if name == "llama":
            from pipeline.miniature.train.llama import build_llama

            build_llama(folder, seconds=length * 60, seed=seed, device=device, progress=progress)
        elif name in CLASSIFIERS:
            scores[name] = build_classifier(name, folder, length, seed, device, progress)
        else:
            scores[name] = build_encoder(name, folder, length, seed, device, progress)
    return scores


def build_encoder(
    name: str, folder: Path, minutes: float, seed: int, device: str, progress: Progress
) -> dict[str, float]:
    """Trains one encoder into `folder`; see `build_miniature`."""
    import torch

    from pipeline.miniature.train.contrastive import TrainPlan, train_encoder
    from pipeline.miniature.train.tokenizers import caption_corpus

    torch.manual_seed(seed)
    where = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
    trainee = _trainee(name, folder, list(caption_corpus(seed)), _general_names(), where)
    progress.say(f"{name}: {minutes:.1f} minutes on {where}")
    scores = train_encoder(trainee, TrainPlan(minutes=minutes, seed=seed, **PLANS[name]), folder, progress)
    progress.say(f"{name}: zero-shot on held-out scenes {scores}")
    return scores


def build_classifier(
    name: str, folder: Path, minutes: float, seed: int, device: str, progress: Progress
) -> dict[str, float]:
    """Trains Swin-V2 or HTS-AT into `folder`; see `build_miniature`."""
    import torch

    from pipeline.miniature.train.hts_at import MiniatureHtsAt
    from pipeline.miniature.train.supervised import SupervisedPlan, train_classifier
    from pipeline.miniature.train.swin import MiniatureSwin

    torch.manual_seed(seed)
    where = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
    progress.say(f"{name}: {minutes:.1f} minutes on {where}")
    plan = SupervisedPlan(minutes=minutes, seed=seed, **PLANS[name])
    classifier = MiniatureSwin(where) if name == "swin" else MiniatureHtsAt(where)
    scores = train_classifier(classifier, plan, folder, progress)
    progress.say(f"{name}: linear probe on held-out scenes {scores}")
    return scores


def _general_names() -> list[str]:
    """Class names of all shipped label sets, so that names from outside the world are cut into sensible tokens."""
    sets = sorted((files("pipeline.labels") / "sets").iterdir(), key=lambda entry: entry.name)
    lines = [line.strip() for entry in sets for line in entry.read_text("utf-8").splitlines()]
    return list(dict.fromkeys(line for line in lines if line and not line.startswith("#")))


def _trainee(name: str, folder: Path, texts: Sequence[str], names: Sequence[str], device: str) -> "Trainee":
    if name == "clip":
        from pipeline.miniature.train.clip import MiniatureClip

        return MiniatureClip(folder, texts, names, device)
    if name == "clap":
        from pipeline.miniature.train.clap import MiniatureClap

        return MiniatureClap(folder, texts, names, device)
    from pipeline.miniature.train.viclip import MiniatureViclip

    return MiniatureViclip(folder, texts, names, device)


def _chosen(only: Iterable[str] | None) -> list[str]:
    names = list(MODELS if only is None else only)
    unknown = [name for name in names if name not in MODELS]
    if unknown or not names:
        raise MiniatureError(
            f"miniature build: no model called {', '.join(map(repr, unknown)) or 'nothing'}; "
            f"the models are {', '.join(MODELS)}, for example --only clip,clap"
        )
    return [name for name in MODELS if name in names]
