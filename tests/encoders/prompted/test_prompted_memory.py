"""The count of bytes against the peak of a real run, and the paper's card."""

import subprocess
import sys

import pytest
import torch
from living_bytes import LivingBytes
from plain_towers import TOKENIZE, draw, image_of, real, text_of

from pipeline.encoders.prompted.memory import TextSizes, kept_bytes
from pipeline.labels.label_set import load_labels

B_16 = TextSizes(layers=12, width=512, heads=8)
OPENAI_B_16 = TextSizes(layers=12, width=512, heads=8, quick_gelu=True)


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


def test_imagenet_s_base_classes_fit_the_paper_s_card(names):
    """500 classes, batch 4, N = 2, 24 GB: both iterations' text, the image tower twice, the weights of both towers."""
    model = real("ViT-B-16-quickgelu", text_blocks=1)
    tower = image_of(model)
    tokens = {"activations": torch.randn(1, 197, 768)}
    with LivingBytes() as living:
        tower.upper(tokens, "patches", prompts=draw(1, 9, 8, 768, like=tokens["activations"])).sum().backward()
    lengths = [len(row) - 1 for row in TOKENIZE([f"{name}." for name in names[:500]])]
    weights = 4 * 150_000_000
    text = 2 * kept_bytes(OPENAI_B_16, 4, 5, lengths)
    assert text + 2 * 4 * living.peak + weights < 24e9 / 2
    in_chunks = 2 * kept_bytes(OPENAI_B_16, 4, 5, lengths, chunk=50)
    assert in_chunks < text / 5
    assert 2 * kept_bytes(OPENAI_B_16, 4, 5, [71] * 500) > 24e9  # at 77 tokens it would not


def test_counting_needs_no_torch():
    code = "import sys, pipeline.encoders.prompted.memory; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
