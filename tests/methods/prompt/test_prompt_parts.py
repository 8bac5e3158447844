"""ProMPT's table: without the filter, without one side, and CoOp's epochs; each against loops of its own in float64."""

from pathlib import Path

import pytest
import torch
from plain_prompt import NAMES, WIDTH, cosine, shift, world
from plain_towers import plain_image, plain_text
from pydantic import ValidationError

from pipeline.methods.base import Sizes
from pipeline.methods.baselines.config import CoCoOpConfig, CoOpConfig
from pipeline.methods.few_shot.task import Shots
from pipeline.methods.prompt.config import PROMPT, PromptConfig, trainable_numbers
from pipeline.methods.prompt.model import ProMPT
from pipeline.studies.few_shot.run import FEW_SHOT_STUDIES
from pipeline.studies.load import load_study
from pipeline.studies.settings import Places, Settings
from pipeline.tasks.few_shot.recipe import FewShotRecipe
from pipeline.tasks.load import check_recipe, load_recipe

SIZES = {"vision_prompts": 3, "depth": 2, "text_prompts": 5, "iterations": 3}


def made(towers, **options):
    learner = ProMPT(PromptConfig(**{**SIZES, **options}), towers, WIDTH, 7).double()
    generator = torch.Generator().manual_seed(3)
    for parameter in learner.parameters():
        parameter.data += 0.3 * torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
    return learner


def same_with_gradients(learner, ours, wanted):
    """Logits of all iterations and the gradients of a random sum of them, whole tensors."""
    assert ours.shape == wanted.shape
    torch.testing.assert_close(ours, wanted, rtol=1e-11, atol=1e-11)
    weights = torch.randn(wanted.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    own = dict(learner.named_parameters())
    mine, theirs = (torch.autograd.grad((x * weights).sum(), list(own.values())) for x in (ours, wanted))
    for name, a, b in zip(own, mine, theirs, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-8, atol=1e-10, msg=name)
        assert b.abs().max() > 1e-6, name


@pytest.mark.parametrize("names", [NAMES, NAMES[:3], NAMES[:2]], ids=["K > a", "K = a", "K < a"])
def test_without_the_filter_every_class_s_text_feature_makes_a_prompt(names):
    model, towers, shots, classes = world(names)
    learner = made(towers, feature_filter=False)
    own, everything = dict(learner.named_parameters()), []
    for b in range(3):
        x, z, p = shots.features[b], classes.features, own["text_prompts"]
        # One row for every class; of O^0 the rows 0 .. a-1 and, with more classes, again from row 0.
        o = [torch.stack([own["vision_prompts"][j][k % 3] for k in range(len(names))]) for j in range(2)]
        logits = []
        for _ in range(3):
            for j in range(2):
                rows = []
                for k in range(len(names)):
                    feature = z[k] / z[k].norm()
                    hidden = own["vision_generator.weight_in"] @ feature + own["vision_generator.bias_in"][j]
                    out = own["vision_generator.weight_out"] @ hidden.clamp_min(0) + own["vision_generator.bias_out"][j]
                    rows.append(out + o[j][k])
                o[j] = torch.stack(rows)
            x = plain_image(model, shots.activations["activations"][b : b + 1], torch.stack(o)[None])[0]
            p = p + shift(own, x)
            z = plain_text(model, p[None], names)[0]
            logits.append(model.logit_scale.exp() * torch.stack([cosine(x, z_k) for z_k in z]))
        everything.append(torch.stack(logits))
    same_with_gradients(learner, torch.stack(learner(shots, classes)), torch.stack(everything, dim=1))


def test_without_filter_and_generator_the_prompts_are_the_learned_ones_alone():
    model, towers, shots, classes = world()
    learner = made(towers, feature_filter=False, vision_generator=False, text_generator=False)
    own = dict(learner.named_parameters())
    vision = own["vision_prompts"][None].expand(3, -1, -1, -1)
    image = plain_image(model, shots.activations["activations"], vision)
    texts = plain_text(model, own["text_prompts"][None], NAMES)[0]
    wanted = model.logit_scale.exp() * torch.stack([cosine(row, texts) for row in image])
    same_with_gradients(learner, torch.stack(learner(shots, classes)), torch.stack([wanted] * 3))


def test_without_vision_prompts_the_image_is_clip_s_and_no_pixel_is_needed():
    model, towers, shots, classes = world()
    learner = made(towers, vision_prompts=0)
    own = dict(learner.named_parameters())
    assert set(own) == {
        "text_prompts",
        *(f"text_generator.{layer}.{kind}" for layer in ("into", "out") for kind in ("weight", "bias")),
    }
    everything = []
    for x in shots.features:
        logits = []
        for n in (1, 2, 3):  # x never changes, so P^n = P^0 + n G^T(x)
            prompts = own["text_prompts"] + n * shift(own, x)
            texts = plain_text(model, prompts[None], NAMES)[0]
            logits.append(model.logit_scale.exp() * torch.stack([cosine(x, z) for z in texts]))
        everything.append(torch.stack(logits))
    features_only = Shots(shots.features, {}, shots.labels)
    same_with_gradients(learner, torch.stack(learner(features_only, classes)), torch.stack(everything, dim=1))
    sizes = Sizes("x", WIDTH, 8, 12, 12)
    assert set(PROMPT.learns(learner.config, sizes)) == {"text"}
    assert set(PROMPT.learns(PromptConfig(text_prompts=0), sizes)) == {"image"}


def test_without_text_prompts_the_texts_are_the_hand_written_ones():
    model, towers, shots, classes = world()
    learner = made(towers, text_prompts=0)
    own, z = dict(learner.named_parameters()), classes.features
    assert "text_prompts" not in own and not any(name.startswith("text_generator") for name in own)
    everything = []
    for b in range(3):
        x, o, logits = shots.features[b], list(own["vision_prompts"]), []
        for _ in range(3):
            ranked = sorted(range(5), key=lambda k, x=x: -cosine(x, z[k]).item())[:3]
            for j in range(2):
                chosen = torch.stack([z[k] / z[k].norm() for k in ranked])
                hidden = (chosen @ own["vision_generator.weight_in"].T + own["vision_generator.bias_in"][j]).clamp_min(
                    0
                )
                o[j] = hidden @ own["vision_generator.weight_out"].T + own["vision_generator.bias_out"][j] + o[j]
            x = plain_image(model, shots.activations["activations"][b : b + 1], torch.stack(o)[None])[0]
            logits.append(model.logit_scale.exp() * torch.stack([cosine(x, row) for row in z]))
        everything.append(torch.stack(logits))
    same_with_gradients(learner, torch.stack(learner(shots, classes)), torch.stack(everything, dim=1))


@pytest.mark.parametrize("options", [{"vision_prompts": 0}, {"text_prompts": 0}, {"feature_filter": False}])
def test_the_count_is_that_of_the_parameters(options):
    _, towers, _, _ = world()
    learner = made(towers, **options)
    parts = trainable_numbers(learner.config, WIDTH, 8, 12)
    assert sum(parts.values()) == sum(parameter.numel() for parameter in learner.parameters()) and all(parts.values())


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"vision_prompts": 0, "vision_generator": True}, "vision_prompts: 0 leaves vision_generator nothing to make"),
        ({"text_prompts": 0, "text_generator": True}, "text_prompts: 0 leaves text_generator nothing to make"),
        ({"vision_prompts": 0, "text_prompts": 0}, "nothing is learned: that is zero-shot"),
        ({"vision_prompts": 0, "late": True}, "late says where vision prompts enter"),
        ({"text_prompts": 0, "text_start": "learned"}, "counts the start token among text_prompts, which are 0"),
    ],
)
def test_what_cannot_be_learned_is_refused(options, told):
    with pytest.raises(ValidationError, match=told):
        PromptConfig(**options)


def test_names_of_learned_prompts_stay_and_what_learns_otherwise_has_another():
    """Of ProMPT whole, and of the mean, which was what `feature_filter: false` meant before."""
    before = {
        "method": "prompt", "epochs": 5, "batch_size": 4, "lr": 0.008, "momentum": 0.9, "weight_decay": 5e-4, "iterations": 2,
        "loss_decay": 1.0, "vision_prompts": 8, "depth": 9, "vision_init": "normal", "maple_ln_pre": False, "late": False,
        "text_prompts": 5, "text_init": "a photo of a", "text_start": "fixed", "full_stop": True, "feature_filter": True,
        "few_classes": "fewer-slots", "slots": "rank", "vision_generator": True, "text_generator": True,
        "layer_biases": "both", "generator_init": "default", "normalise_conditions": True, "detach": False,
        "templates": "single",
    }  # fmt: skip
    assert PromptConfig(chunk=7).naming_fields() == PromptConfig(unfiltered="mean").naming_fields() == before
    mean = PromptConfig(feature_filter=False, unfiltered="mean").naming_fields()
    assert mean == {**before, "feature_filter": False}
    assert PromptConfig(feature_filter=False).naming_fields() == {**mean, "unfiltered": "all"}
    assert PromptConfig(vision_prompts=0) == PromptConfig(vision_prompts=0, vision_generator=False)
    assert CoOpConfig(chunk=3).naming_fields() == CoOpConfig().model_dump(exclude={"chunk"})


def recipe(layout: str, **coop: object) -> FewShotRecipe:
    content = {
        "name": "x",
        "data": {"layout": layout, "root": "d"},
        "methods": {"coop": coop, "mine": {"method": "coop"}, "cocoop": {}},
    }
    return FewShotRecipe.model_validate(content)


def test_coop_learns_as_long_as_its_authors_let_it():
    """Their configurations from base to new classes: 200 epochs, 50 on ImageNet, "a photo of a", 32 images at 0.002."""
    config = CoOpConfig()
    assert (config.epochs, config.batch_size, config.lr, config.text_prompts) == (200, 32, 0.002, 4)
    assert config.text_init == "a photo of a" and CoCoOpConfig().epochs == 10
    for layout, epochs in (("eurosat", 200), ("imagenet", 50), ("dtd", 200)):
        found = recipe(layout).methods
        assert (found["coop"].epochs, found["mine"].epochs, found["cocoop"].epochs) == (epochs, epochs, 10)
        assert recipe(layout, epochs=7).methods["coop"].epochs == 7
    study = load_study("prompt-table1")
    for number, data_set in enumerate(study.data, start=1):
        row = FEW_SHOT_STUDIES.content("prompt-table1", number, study, Settings(Places(Path("d"))))
        checked = check_recipe(row, where="row", base=Path())
        assert checked.methods["coop"].epochs == (50 if data_set == "imagenet" else 200)
    for name in ("prompt-table2", "prompt-table3"):  # which learn from ImageNet
        row = FEW_SHOT_STUDIES.content(name, 1, load_study(name), Settings(Places(Path("d"))))
        assert check_recipe(row, where="row", base=Path()).methods["coop"].epochs == 50


def test_the_recipe_of_the_parts_has_every_reading():
    methods = load_recipe("prompt-components").methods
    told = {
        "prompt": {},
        "without-vision-generator": {"vision_generator": False},
        "without-text-generator": {"text_generator": False},
        "without-generators": {"vision_generator": False, "text_generator": False},
        "without-filter": {"feature_filter": False},
        "without-vision-prompts": {"vision_prompts": 0},
        "without-text-prompts": {"text_prompts": 0},
        "mean-for-filter": {"feature_filter": False, "unfiltered": "mean"},
    }
    assert methods == {name: PromptConfig(chunk=128, **options) for name, options in told.items()}
