"""How large the checks are: as the field's questions ask on a GPU, small on a CPU, where only the code is tried."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """Sizes of the checks.

    Attributes:
        device: "cuda" or "cpu".
        product: side of the square matrices whose product is timed.
        copied_mb: megabytes of the copies that are timed.
        models: open_clip's names of the image towers.
        images: stored pixels that go through each tower.
        files: JPEG files that go through the smallest one.
        workers: decoding processes.
        sentences: texts that go through the text tower.
        corpus: sentences of a TaAM-CPT epoch.
        classes: classes of a ProMPT step.
        prompt_model: the CLIP of that step.
    """

    device: str
    product: int
    copied_mb: int
    models: tuple[str, ...]
    images: int
    files: int
    workers: int
    sentences: int
    corpus: int
    classes: int
    prompt_model: str


FULL = Sizes(
    "cuda", 8192, 2048, ("ViT-B-32", "ViT-B-16", "ViT-L-14"), 8192, 4096, 14, 65_536, 300_000, 500, "ViT-B-16-quickgelu"
)
SMALL = Sizes("cpu", 256, 4, ("ViT-S-32-alt",), 8, 4, 1, 32, 1536, 5, "ViT-S-32-alt")
