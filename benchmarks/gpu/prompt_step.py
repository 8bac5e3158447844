"""One training step of ProMPT, batch 4, two iterations: seconds, and its peak of memory against the count."""

from gpu.clock import seconds, wait
from gpu.encoders import random_encoder
from gpu.sizes import Sizes

_BATCH = 4


def measure(sizes: Sizes) -> dict:
    """With all classes at once and in chunks of 100; what the count says stands beside what the card gave."""
    import torch

    from pipeline.encoders.prompted.memory import StepSizes, step_bytes
    from pipeline.labels.label_set import load_labels
    from pipeline.methods.few_shot.objective import Objective
    from pipeline.methods.few_shot.task import ClassTexts, Shots, Towers
    from pipeline.methods.prompt.config import PromptConfig
    from pipeline.methods.prompt.model import ProMPT

    torch.manual_seed(0)
    device, found = sizes.device, {}
    encoder = random_encoder(sizes.prompt_model, device)
    image, text = encoder.prompted_image, encoder.prompted_text
    names = load_labels("imagenet1k")[: sizes.classes]
    classes = text.classes(names)
    z0 = encoder.text.full(encoder.collate(encoder.tokenize([f"a photo of a {name}." for name in names])))
    pixels = torch.randint(0, 256, (_BATCH, 224, 224, 3), dtype=torch.uint8)
    labels = torch.arange(_BATCH, device=device)
    shots = Shots(image.lower(pixels, "output")["vectors"], image.lower(pixels, "patches"), labels)
    tokens = shots.activations["activations"].shape[1]
    towers = StepSizes(*_tower_sizes(sizes.prompt_model), tokens)
    lengths = [len(row) - 1 for row in encoder.tokenize([f"{name}." for name in names])]
    for chunk in (None, 100):
        config = PromptConfig(chunk=chunk)
        learner = ProMPT(config, Towers(text, image, "patches"), z0.shape[1], seed=0).to(device)
        objective = Objective(learner, ClassTexts(z0, classes), config.loss_decay)
        optimiser = torch.optim.SGD(learner.parameters(), lr=0.008, momentum=0.9)

        def step(objective: Objective = objective, optimiser: torch.optim.SGD = optimiser) -> None:
            optimiser.zero_grad()
            objective(shots)[0].backward()
            optimiser.step()

        entry = {"step_s": seconds(step, device, 3, 1), "counted_gb": step_bytes(towers, _BATCH, lengths, chunk) / 1e9}
        if device == "cuda":
            optimiser.zero_grad()
            wait(device)
            torch.cuda.reset_peak_memory_stats()
            before = torch.cuda.memory_allocated()
            step()
            wait(device)
            entry["peak_gb"] = (torch.cuda.max_memory_allocated() - before) / 1e9
            entry["peak_over_count"] = entry["peak_gb"] / entry["counted_gb"]
        found["all classes at once" if chunk is None else f"in chunks of {chunk}"] = entry
        del learner, objective, optimiser, step
    return {"classes": sizes.classes, "batch": _BATCH, "iterations": 2, **found}


def _tower_sizes(model: str) -> tuple:
    """Of the text tower and of the image tower, from open_clip's configuration."""
    import open_clip

    from pipeline.encoders.prompted.memory import TowerSizes

    config = open_clip.get_model_config(model)
    text, vision, quick = config["text_cfg"], config["vision_cfg"], config.get("quick_gelu", False)
    heads = vision["width"] // vision.get("head_width", 64)
    return (
        TowerSizes(text["layers"], text["width"], text["heads"], quick),
        TowerSizes(vision["layers"], vision["width"], heads, quick),
    )
