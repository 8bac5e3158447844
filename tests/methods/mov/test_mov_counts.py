"""Numbers learned, by formula and by counting; the figures of the full size."""

from pathlib import Path

import pytest
import torch
import yaml
from mov_world import FLOW, KINDS, ONE, SOUND, classes, learner
from open_clip.transformer import VisionTransformer
from plain_towers import image_of, text_of, tiny

from pipeline.methods.mov.baselines import ClipAdapter, VideoCoOp
from pipeline.methods.mov.batch import Classes, VideoTowers
from pipeline.methods.mov.config import ClipAdapterOptions, MovOptions, VideoCoOpOptions
from pipeline.methods.mov.counts import TowerShape, count, first_learned, numbers
from pipeline.methods.mov.frozen import frozen_tower
from pipeline.methods.mov.learner import MovLearner
from pipeline.methods.mov.methods import METHODS
from pipeline.methods.mov.tower import shape_of

B16 = TowerShape(512, 768, 12, 12, 16, 224, 3072)
L14 = TowerShape(768, 1024, 24, 16, 14, 224, 4096)


def counted(module):
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        (MovOptions(), 105_108_992),
        (MovOptions(other="sound"), 101_060_608),
        (MovOptions(other="sound", audio_tokens="one"), 101_060_608 - 526_336),
        (MovOptions(positions="learned"), 105_108_992 + 2 * 8192),
        (MovOptions(other="sound", positions="learned"), 101_060_608 + 8192),
    ],
)
def test_the_figures_of_the_full_size(options: MovOptions, wanted: int) -> None:
    assert count(options, B16) == wanted


def test_the_parts_of_the_full_size() -> None:
    flow, sound = numbers(MovOptions(), B16), numbers(MovOptions(other="sound"), B16)
    assert flow["tower"] == 86_192_640 and sum(flow.values()) - flow["tower"] == 18_916_352
    assert sound["tower"] == 86_192_640 + 156_672 and sum(sound.values()) - sound["tower"] == 14_711_296


@pytest.mark.parametrize("train_layers", ["all", 12, 9, 6, 3, 1])
@pytest.mark.parametrize("kind", ["flow", "patches", "one"])
def test_the_formula_counts_vit_b_16(kind: str, train_layers) -> None:
    own = {"flow": {}, "patches": {"other": "sound"}, "one": {"other": "sound", "audio_tokens": "one"}}[kind]
    options = MovOptions(train_layers=train_layers, **own)
    with torch.device("meta"):
        visual = VisionTransformer(224, 16, 768, 12, 12, 4.0, output_dim=512)
    frozen = frozen_tower(visual, (0.5,) * 3, (0.5,) * 3, options)
    made = MovLearner(options, VideoTowers(other=frozen), Classes(torch.zeros(3, 512)), 0)
    assert counted(made) == count(options, B16)
    assert counted(made.tower) == numbers(options, B16)["tower"]
    assert shape_of(frozen) == B16


@pytest.mark.parametrize("changes", [
    {}, {"positions": "learned"}, {"fusion": "scores"}, {"layers": 1, "mlp_ratio": 3}, {"train_layers": 2}, {"heads": None},
])  # fmt: skip
@pytest.mark.parametrize("kind", KINDS)
def test_the_formula_counts_every_variant(kind, changes) -> None:
    made = learner(KINDS[kind], **changes)
    shape = TowerShape(6, 8, 3, 2, 4, 12, 32, text_width=12)
    assert counted(made) == count(made.options, shape)


def test_l_14() -> None:
    assert MovOptions(other="sound").fit.batch == 1024
    heads = sum(numbers(MovOptions(), L14).values()) - numbers(MovOptions(), L14)["tower"]
    with torch.device("meta"):
        visual = VisionTransformer(224, 14, 1024, 24, 16, 4.0, output_dim=768)
    made = MovLearner(
        MovOptions(), VideoTowers(other=frozen_tower(visual, (0.5,) * 3, (0.5,) * 3, MovOptions())),
        Classes(torch.zeros(2, 768)), 0,
    )  # fmt: skip
    assert counted(made.head) == heads and counted(made) == count(MovOptions(), L14)
    assert made.head.phi_v.layers[0].attention.heads == 12


def test_baselines() -> None:
    model = tiny()
    text, shape = text_of(model), TowerShape(6, 8, 3, 2, 4, 12, 32, text_width=12)
    given = VideoTowers(image_of(model), None, text)
    bound = Classes(classes().texts, text.classes(["a", "b", "c", "d", "e"]))
    coop, adapter = VideoCoOpOptions(text_prompts=3), ClipAdapterOptions(reduction=2)
    assert counted(VideoCoOp(coop, given, bound, 0)) == count(coop, shape) == 36
    assert counted(ClipAdapter(adapter, given, bound, 0)) == count(adapter, shape) == 4 * 6 * 3
    single = ClipAdapterOptions(reduction=2, text_ratio=0)
    assert counted(ClipAdapter(single, given, bound, 0)) == count(single, shape) == 2 * 6 * 3


def test_what_a_task_is_told_of_the_methods() -> None:
    assert list(METHODS) == ["mov", "coop", "clip-adapter", "frozen-clip"]
    mov, coop = METHODS["mov"], METHODS["coop"]
    assert (mov.reads(SOUND), mov.cut(MovOptions(train_layers=3), B16), mov.count(MovOptions(), B16)) == (
        "sound", "block08", 105_108_992,
    )  # fmt: skip
    assert (coop.reads(VideoCoOpOptions()), coop.cut(VideoCoOpOptions(), B16)) == (None, None)
    assert METHODS["frozen-clip"].count(METHODS["frozen-clip"].options(), B16) == 0
    assert first_learned(ONE, B16) == first_learned(FLOW, B16) == "pixels"


def test_shapes_of_published_sizes() -> None:
    import open_clip

    assert TowerShape.of_clip(open_clip.get_model_config("ViT-B-16")) == B16
    assert TowerShape.of_clip(open_clip.get_model_config("ViT-L-14"), quick_gelu=True) == TowerShape(
        768, 1024, 24, 16, 14, 224, 4096, True, 768
    )


def test_the_document_names_every_option_with_its_default_and_every_figure() -> None:
    text = (Path(__file__).resolve().parents[3] / "docs/mov.md").read_text("utf-8")
    found = {}
    for line in text.partition("## Options")[2].partition("## Numbers")[0].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 3 and cells[0].startswith("`"):
            names = [name.strip("` ") for name in cells[0].split(",")]
            defaults = yaml.safe_load(f"[{cells[1].replace('`', '')}]")
            found |= dict(zip(names, defaults, strict=True))
    for name, default in found.items():
        if isinstance(default, dict):  # "none: what that means"
            assert set(default) == {"none"}
            found[name] = None
    defaults = {name: field.default for name, field in MovOptions.model_fields.items() if name != "method"}
    assert found == {**defaults, "betas": list(defaults["betas"])}
    for figure in ("105,108,992", "101,060,608", "100,534,272", "156,672", "14,184,960"):
        assert figure in text
