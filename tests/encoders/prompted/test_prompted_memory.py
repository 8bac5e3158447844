"""The count of bytes against the peak of a real run, and the paper's card."""

import subprocess
import sys

import pytest
import torch
from living_bytes import LivingBytes
from plain_towers import TOKENIZE, draw, image_of, real, text_of

from pipeline.encoders.prompted.memory import StepSizes, TowerSizes, image_kept_bytes, kept_bytes, step_bytes
from pipeline.labels.label_set import load_labels

B_16 = TowerSizes(layers=12, width=512, heads=8)
OPENAI_B_16 = TowerSizes(layers=12, width=512, heads=8, quick_gelu=True)
OPENAI_STEP = StepSizes(OPENAI_B_16, TowerSizes(layers=12, width=768, heads=12, quick_gelu=True))


@pytest.fixture(scope="module")
def names():
    return load_labels("imagenet1k")


@pytest.mark.parametrize(
    ("name", "sizes"), [("ViT-B-16", B_16), ("ViT-B-16-quickgelu", OPENAI_B_16)], ids=["gelu", "quick_gelu"]
)
def test_the_count_is_a_real_run_s_peak(name, sizes, names):
    tower = text_of(real(name, image_blocks=1))
    for images, count, prompts, chunk in ((2, 20, 5, None), (1, 20, 5, None), (2, 20, 16, None), (3, 20, 5, 5)):
        classes = tower.classes(names[::50][:count])
        with LivingBytes() as living:
            tower(draw(images, prompts, 512, like=classes.start), classes, chunk=chunk).sum().backward()
        counted = kept_bytes(sizes, images, prompts, classes.packed.lengths, chunk)
        assert 0.82 < counted / living.peak < 1.02, (images, count, prompts, chunk)


@pytest.mark.parametrize(
    ("name", "quick_gelu"), [("ViT-B-16", False), ("ViT-B-16-quickgelu", True)], ids=["gelu", "quick_gelu"]
)
@pytest.mark.parametrize(("images", "prompts", "depth"), [(1, 8, 9), (2, 8, 9), (2, 2, 12), (1, 24, 1)])
def test_the_images_count_is_a_real_run_s_peak(name, quick_gelu, images, prompts, depth):
    tower = image_of(real(name, text_blocks=1))
    tokens = torch.randn(images, 197, 768)
    with LivingBytes() as living:
        output = tower.upper(
            {"activations": tokens},
            "patches",
            prompts=draw(1, depth, prompts, 768, like=tokens).expand(images, -1, -1, -1),
        )
        kept = living.alive
        output.sum().backward()
    counted = image_kept_bytes(TowerSizes(12, 768, 12, quick_gelu), images, 197, prompts, depth)
    assert 0.98 < counted / kept < 1.02
    assert 0.9 < counted / living.peak < 1.02


def test_imagenet_s_base_classes_fit_the_paper_s_card(names):
    """500 classes, batch 4, N = 2, 24 GB: half of it is enough for both towers' weights and all that a step keeps."""
    lengths = [len(row) - 1 for row in TOKENIZE([f"{name}." for name in names[:500]])]
    weights = 4 * 150_000_000
    whole = step_bytes(OPENAI_STEP, 4, lengths)
    assert whole + weights < 24e9 / 2
    assert step_bytes(OPENAI_STEP, 4, lengths, chunk=50) < whole / 5
    padded = [71] * 500  # with the start and five prompts 77 tokens
    assert step_bytes(OPENAI_STEP, 4, padded) > 4 * 24e9
    assert step_bytes(OPENAI_STEP, 4, padded, chunk=250) > 24e9 > step_bytes(OPENAI_STEP, 4, padded, chunk=100)


def test_counting_needs_no_torch():
    code = "import sys, pipeline.encoders.prompted.memory; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
