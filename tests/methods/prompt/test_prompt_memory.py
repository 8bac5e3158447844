"""The count of a whole training step's bytes against real steps, both towers at full size."""

import pytest
import torch
from living_bytes import LivingBytes
from plain_towers import image_of, real, text_of

from pipeline.encoders.prompted.memory import StepSizes, TowerSizes, step_bytes
from pipeline.labels.label_set import load_labels
from pipeline.methods.few_shot.objective import Objective
from pipeline.methods.few_shot.task import ClassTexts, Shots, Towers
from pipeline.methods.prompt.config import PromptConfig
from pipeline.methods.prompt.model import ProMPT


@pytest.fixture(scope="module")
def towers():
    model = real("ViT-B-16-quickgelu")
    return Towers(text_of(model), image_of(model), "patches")


@pytest.mark.parametrize(
    ("classes", "images", "iterations", "chunk"), [(20, 2, 2, None), (20, 2, 2, 5), (10, 1, 3, None)]
)
def test_the_count_is_a_real_step_s_peak(towers, classes, images, iterations, chunk):
    tokens = towers.text.classes(load_labels("imagenet1k")[::50][:classes])
    numbers = torch.Generator().manual_seed(0)
    features, texts = torch.randn(images, 512, generator=numbers), torch.randn(classes, 512, generator=numbers)
    shots = Shots(features, {"activations": torch.randn(images, 197, 768)}, torch.arange(images))
    learner = ProMPT(PromptConfig(iterations=iterations, chunk=chunk), towers, 512, seed=1)
    objective = Objective(learner, ClassTexts(texts, tokens))
    with LivingBytes() as living:
        objective(shots)[0].backward()
    text, image = TowerSizes(12, 512, 8, quick_gelu=True), TowerSizes(12, 768, 12, quick_gelu=True)
    counted = step_bytes(StepSizes(text, image, iterations=iterations), images, tokens.packed.lengths, chunk)
    assert 0.9 < counted / living.peak < 1.02
