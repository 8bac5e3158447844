"""CLIP weights as open_clip publishes them: tags, folders, hub ids, files; and contradictions, which are refused."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import huggingface_hub.constants
import open_clip
import pytest
import torch
from open_clip.pretrained import _PRETRAINED
from PIL import Image
from safetensors.torch import load_file, save_file

from pipeline.encoders.cards import card, hub_files
from pipeline.encoders.cards.clip_facts import ClipFacts, tag_facts
from pipeline.encoders.cards.open_clip_any import ends_texts, is_plain_clip
from pipeline.encoders.clip_source import require_activation
from pipeline.encoders.errors import EncoderError
from pipeline.encoders.load import load_encoder
from pipeline.media import ImageSpec
from pipeline.media.image import decode_image
from pipeline.tasks.few_shot.bound import encoder_card
from pipeline.tasks.few_shot.errors import FewShotError
from pipeline.tasks.few_shot.recipe import FewShotRecipe

VISION = {"image_size": 32, "patch_size": 8, "width": 64, "layers": 3, "head_width": 32}
TEXT = {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2}
SIZES = {"embed_dim": 24, "vision_cfg": VISION, "text_cfg": TEXT}
REVISION, OTHER_REVISION = "abc1" * 10, "def4" * 10
COLOURS = {"mean": [0.4, 0.45, 0.5], "std": [0.2, 0.25, 0.3]}


def write_folder(folder, sizes=SIZES, preprocessing=COLOURS, pickled=False, seed=0):
    """What `open_clip.push_to_hf_hub` writes."""
    folder.mkdir(parents=True)
    torch.manual_seed(seed)
    model = open_clip.CLIP(**sizes)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    if pickled:
        torch.save(model.state_dict(), folder / "open_clip_pytorch_model.bin")
    else:
        save_file(model.state_dict(), folder / "open_clip_model.safetensors")
    config = {"model_cfg": sizes, "preprocess_cfg": preprocessing}
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    return folder


def edit_config(folder, change):
    file = folder / "open_clip_config.json"
    config = json.loads(file.read_text())
    change(config)
    file.write_text(json.dumps(config))


@pytest.fixture
def folder(tmp_path):
    return write_folder(tmp_path / "model")


@pytest.fixture
def picture(tmp_path):
    pixels = torch.randint(0, 256, (50, 70, 3), dtype=torch.uint8).numpy()
    Image.fromarray(pixels).save(tmp_path / "picture.png")
    return tmp_path / "picture.png"


def assert_is_open_clips(folder, picture):
    """Everything from the file to the embedding, against open_clip's own loading of the same folder."""
    model, _, transform = open_clip.create_model_and_transforms(f"local-dir:{folder}")
    encoder = load_encoder(card(f"open_clip:{folder}"), "cpu")
    pixels = torch.as_tensor(decode_image(str(picture), encoder.card.media))[None]
    with Image.open(picture) as image, torch.no_grad():
        wanted = model.eval().encode_image(transform(image)[None])
    torch.testing.assert_close(encoder.media.full(pixels), wanted, atol=1e-5, rtol=0)
    texts = ["A photo of a dog", "rain  &amp; snow", ""]
    with torch.no_grad():
        wanted = model.encode_text(open_clip.get_tokenizer("ViT-B-32")(texts))
    ours = encoder.text.full(encoder.collate(encoder.tokenize(texts)))
    torch.testing.assert_close(ours, wanted, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    "changes", [{"no_causal_mask": True, "pool_type": "last"}, {"pool_type": "last"}, {"no_causal_mask": True}]
)
def test_a_text_tower_that_reads_padding_gets_it(tmp_path, picture, changes):
    folder = write_folder(tmp_path / "model", {**SIZES, "text_cfg": {**TEXT, **changes}})
    assert card(f"open_clip:{folder}").padding == "context"
    assert_is_open_clips(folder, picture)
    recipe = {
        "name": "x", "encoder": f"open_clip:{folder}", "data": {"layout": "miniature-shapes"}, "methods": {"coop": {}},
    }  # fmt: skip
    with pytest.raises(FewShotError, match="is not causal up to an end token that is read"):
        encoder_card(FewShotRecipe.model_validate(recipe))


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"clean": "whitespace"}, "clean: whitespace"),
        ({"reduction_mask": "random"}, "clean: lower, reduction_mask: random"),
    ],
)
def test_a_tokenizer_that_is_set_in_an_unknown_way_is_refused(folder, settings, told):
    edit_config(folder, lambda config: config["model_cfg"]["text_cfg"].update(tokenizer_kwargs=settings))
    with pytest.raises(EncoderError, match=f"sets its tokenizer in a way that is not known here \\({told}\\)"):
        card(f"open_clip:{folder}")


@pytest.mark.parametrize(("clean", "cleaning"), [("lower", "none"), ("canonicalize", "repaired canonical")])
def test_a_tokenizer_cleans_as_its_configuration_says(folder, clean, cleaning):
    edit_config(folder, lambda config: config["model_cfg"]["text_cfg"].update(tokenizer_kwargs={"clean": clean}))
    texts = ["A photo, of a &amp;dog_s!", "Ã¤ rain…  &lt;b&gt;"]
    wanted = open_clip.get_tokenizer(f"local-dir:{folder}")(texts)
    encoder = load_encoder(card(f"open_clip:{folder}"), "cpu")
    assert encoder.card.cleaning == cleaning
    assert torch.equal(encoder.collate(encoder.tokenize(texts), "context"), wanted)


SQUASHED = {**COLOURS, "size": [32, 32], "mode": "RGB", "interpolation": "bilinear", "resize_mode": "squash"}


@pytest.mark.parametrize(
    ("preprocessing", "quick_gelu", "pickled"),
    [(COLOURS, False, False), (COLOURS, True, True), (SQUASHED, True, False)],
)
def test_a_folder_is_what_open_clip_makes_of_it(tmp_path, picture, preprocessing, quick_gelu, pickled):
    sizes = {**SIZES, "quick_gelu": True} if quick_gelu else SIZES
    folder = write_folder(tmp_path / "model", sizes, preprocessing, pickled)
    assert_is_open_clips(folder, picture)
    described = card(f"open_clip:{folder}")
    assert (described.modality, described.family, described.dim) == ("image", "clip", 24)
    squash = preprocessing.get("resize_mode") == "squash"
    assert described.media == ImageSpec(32, *(("squash", "bilinear") if squash else ()))


def test_the_activation_of_a_folder_changes_the_embedding(tmp_path, picture):
    outputs = []
    for name, sizes in (("gelu", SIZES), ("quick", {**SIZES, "quick_gelu": True})):
        encoder = load_encoder(card(f"open_clip:{write_folder(tmp_path / name, sizes)}"), "cpu")
        outputs.append(encoder.media.full(decode_image(str(picture), encoder.card.media)[None]))
    assert (outputs[0] - outputs[1]).abs().max() > 1e-3


def test_the_digest_of_a_folder_is_that_of_its_weights_and_configuration(tmp_path, folder):
    first = card(f"open_clip:{folder}")
    assert card(f"open_clip:{write_folder(tmp_path / 'same')}").digest == first.digest
    assert card(f"open_clip:{write_folder(tmp_path / 'other', seed=1)}").digest != first.digest
    edit_config(folder, lambda config: config["preprocess_cfg"].update(mean=[0.5, 0.5, 0.5]))
    assert card(f"open_clip:{folder}").digest != first.digest


def without(config, *path):
    *outer, last = path
    for key in outer:
        config = config[key]
    del config[last]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: without(c, "preprocess_cfg"), "preprocess_cfg.mean of its open_clip_config.json must be three"),
        (lambda c: without(c, "preprocess_cfg", "std"), "preprocess_cfg.std of its .* found None"),
        (lambda c: c["preprocess_cfg"].update(mean=[123.7, 116.3, 103.5]), "where white is 1, .*found .123.7"),
        (lambda c: c["preprocess_cfg"].update(mean=[0.5, 0.5]), r"must be three numbers .*found \[0.5, 0.5\]"),
        (lambda c: c["preprocess_cfg"].update(std=[0.0, 0.2, 0.2]), r"found \[0.0, 0.2, 0.2\]"),
        (lambda c: c["preprocess_cfg"].update(std="0.2"), "found '0.2'"),
        (lambda c: c["preprocess_cfg"].update(size=224), "has pictures of 224 pixels for a model of 32"),
        (lambda c: c["preprocess_cfg"].update(resize_mode="longest"), "has resize_mode 'longest' .*known are shortest"),
        (lambda c: c["preprocess_cfg"].update(interpolation="random"), "interpolation 'random'; known are"),
        (lambda c: without(c, "model_cfg"), "has no model_cfg with the sizes of a CLIP"),
        (
            lambda c: c["model_cfg"]["text_cfg"].update(hf_tokenizer_name="bert"),
            "reads the tokens of 'bert', whose token",
        ),
        (lambda c: c["model_cfg"]["vision_cfg"].update(image_size=[32, 48]), "has pictures of|here they are squares"),
        (lambda c: c["model_cfg"]["text_cfg"].update(hf_model_name="me/it"), "hf download me/it config.json"),
        (lambda c: c["model_cfg"]["text_cfg"].update(context_length="77"), "gives '77' for 'context'"),
        (lambda c: c["model_cfg"]["text_cfg"].update(context_length=-5), "gives -5 for 'context'"),
    ],
)
def test_a_configuration_that_says_too_little_or_wrong_is_refused(folder, change, message):
    edit_config(folder, change)
    with pytest.raises(EncoderError, match=message):
        card(f"open_clip:{folder}")


def test_a_folder_without_weights_or_with_others_is_refused(folder):
    edit_config(folder, lambda config: config["model_cfg"].update(embed_dim=25))
    with pytest.raises(EncoderError, match=r"2 of another shape: text_projection \(32, 24\) for \(32, 25\), visual.pr"):
        load_encoder(card(f"open_clip:{folder}"), "cpu")
    (folder / "open_clip_model.safetensors").unlink()
    with pytest.raises(EncoderError, match="has none of open_clip_model.safetensors, open_clip_pytorch_model.bin"):
        card(f"open_clip:{folder}")


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A cache of the hub that holds one published model."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    kept = tmp_path / "hub" / "models--someone--CLIP-tiny"
    write_folder(kept / "snapshots" / REVISION)
    (kept / "refs").mkdir()
    (kept / "refs" / "main").write_text(REVISION)
    return kept


def test_a_hub_id_is_read_from_the_cache(hub, picture):
    described = card("open_clip:hf-hub:someone/CLIP-tiny")
    local = card(f"open_clip:{hub / 'snapshots' / REVISION}")
    assert replace(described, name="", weights="", digest="") == replace(local, name="", weights="", digest="")
    pixels = decode_image(str(picture), described.media)[None]
    ours, wanted = (load_encoder(known, "cpu").media.full(pixels) for known in (described, local))
    torch.testing.assert_close(ours, wanted, atol=0, rtol=0)


def test_a_hub_id_is_known_by_its_revision(hub):
    first = card("open_clip:hf-hub:someone/CLIP-tiny")
    (hub / "snapshots" / REVISION).rename(hub / "snapshots" / OTHER_REVISION)
    (hub / "refs" / "main").write_text(OTHER_REVISION)
    assert card("open_clip:hf-hub:someone/CLIP-tiny").digest != first.digest


def test_what_is_missing_of_a_hub_id_is_named_with_the_command_that_fetches_it(hub):
    fetch = "hf download someone/CLIP-big open_clip_config.json open_clip_model.safetensors"
    with pytest.raises(EncoderError, match=f"is not in the cache of the hub. Fetch it once by: {fetch}"):
        card("open_clip:hf-hub:someone/CLIP-big")
    with pytest.raises(EncoderError, match="'CLIP' is no hub id; type open_clip:hf-hub:OWNER/NAME"):
        card("open_clip:hf-hub:CLIP")
    (hub / "snapshots" / REVISION / "open_clip_model.safetensors").unlink()
    with pytest.raises(EncoderError) as error:
        load_encoder(card("open_clip:hf-hub:someone/CLIP-tiny"), "cpu")
    assert "are not in the cache and cannot be downloaded (open_clip_model.safetensors: " in str(error.value)
    assert "Fetch them by: hf download someone/CLIP-tiny open_clip_model.safetensors" in str(error.value)


def test_describing_a_hub_id_imports_no_torch_and_opens_no_connection(hub):
    code = (
        "import sys, socket\n"
        "def refuse(*_, **__): raise AssertionError('a connection')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "from pipeline.encoders.cards import card\n"
        "print(card('open_clip:hf-hub:someone/CLIP-tiny').dim, 'torch' in sys.modules)"
    )
    environment = {"HF_HUB_CACHE": str(hub.parent), "PATH": ""}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert (done.stdout, done.stderr) == ("24 False\n", "")


def facts_of_open_clip(tag):
    return ClipFacts(
        quick_gelu=bool(tag.get("quick_gelu", False)),
        mean=tuple(tag["mean"]),
        std=tuple(tag["std"]),
        resize={"shortest": "shortest_edge"}.get(tag["resize_mode"], tag["resize_mode"]),
        interpolation=tag["interpolation"],
    )


def test_every_tag_has_the_facts_of_open_clips_own_table(tmp_path, monkeypatch):
    """All 196; a tokenizer of transformers is a folder with some vocabulary here, which a card does not read."""
    (tmp_path / "vocab.txt").write_text("a\nb\n")
    monkeypatch.setattr(hub_files, "cached_hub_file", lambda hub_id, name, revision=None: tmp_path / "vocab.txt")
    described, families = 0, set()
    for model, tags in _PRETRAINED.items():
        config = open_clip.get_model_config(model)
        for tag, values in tags.items():
            known, facts = card(f"open_clip:{model}/{tag}"), facts_of_open_clip(values)
            if model == "roberta-ViT-B-32":  # whose configuration, not whose tag, says the activation
                facts = replace(facts, quick_gelu=config["quick_gelu"])
            assert tag_facts("x", model, tag) == facts, (model, tag)
            assert known.media == ImageSpec(config["vision_cfg"]["image_size"], facts.resize, facts.interpolation)
            assert (known.dim, known.context) == (config["embed_dim"], config["text_cfg"].get("context_length", 77))
            if "SigLIP" in model:
                assert (known.padding, known.cleaning, known.score.kind) == ("context", "repaired canonical", "sigmoid")
            described += 1
            families.add(known.family)
    assert (described, families) == (196, {"clip", "open-clip"})


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("open_clip:ViT-B-32-quickgelu/laion2b_s34b_b79k", "'laion2b_s34b_b79k' was trained with GELU, and "
         "ViT-B-32-quickgelu has QuickGELU; type open_clip:ViT-B-32/laion2b_s34b_b79k"),
        ("open_clip:ViT-B-32/laion", "open_clip has no weights 'laion' for ViT-B-32; it has openai, laion400m_e31"),
        ("open_clip:ViT-L-14-336-quickgelu/laion", "for ViT-L-14-336-quickgelu; it has openai"),
        ("open_clip:ViT-S-16/laion", "open_clip has no weights 'laion' for ViT-S-16; it has none"),
        ("open_clip:ViT-H-14-worldwide/metaclip2_worldwide", "hf download facebook/xlm-v-base tokenizer.json tokenizer_c"),
        ("open_clip:/gone", "names no weights; type open_clip:MODEL/TAG or open_clip:MODEL/FILE, or the path of a folder"),
    ],
)  # fmt: skip
def test_tags_that_cannot_be_are_refused_before_anything_is_loaded(asked, message):
    with pytest.raises(EncoderError) as error:
        card(asked)
    assert message in str(error.value)


def test_the_presets_have_the_activation_that_they_were_trained_with():
    presets = {name: card(name) for name in ("clip-vit-b32-laion2b", "clip-vit-b16-openai", "clip-vit-l14-openai")}
    assert [tag_facts(p.name, p.model, p.weights).quick_gelu for p in presets.values()] == [False, True, True]
    assert [p.dim for p in presets.values()] == [512, 512, 768]


@pytest.fixture
def beside(tmp_path):
    """A file that only its folder's configuration tells about; it is described, never loaded."""
    save_file({"x": torch.zeros(1)}, tmp_path / "mine.safetensors")

    def write(**preprocessing):
        sizes = {**open_clip.get_model_config("ViT-B-16"), **preprocessing.pop("model_cfg", {})}
        config = {"model_cfg": sizes, "preprocess_cfg": {"mean": [0.48145466, 0.4578275, 0.40821073],
                  "std": [0.26862954, 0.26130258, 0.27577711], **preprocessing}}  # fmt: skip
        (tmp_path / "open_clip_config.json").write_text(json.dumps(config))
        return tmp_path / "mine.safetensors"

    return write


def test_a_file_must_agree_with_the_configuration_beside_it(beside, tmp_path):
    file = beside()
    assert card(f"open_clip:ViT-B-16/{file}").media == ImageSpec(224)
    with pytest.raises(EncoderError) as error:
        card(f"open_clip:ViT-B-16-quickgelu/{file}")
    assert (
        "ViT-B-16-quickgelu has QuickGELU, and the open_clip_config.json beside 'mine.safetensors' says GELU; type "
        in (str(error.value))
    )
    beside(model_cfg={"quick_gelu": True})
    assert card(f"open_clip:ViT-B-16-quickgelu/{file}").dim == 512
    with pytest.raises(EncoderError, match="ViT-B-16 has GELU, and .* says QuickGELU; type open_clip:"):
        card(f"open_clip:ViT-B-16/{file}")
    for change in ({"mean": [0.5, 0.5, 0.5]}, {"resize_mode": "squash"}, {"interpolation": "bilinear"}):
        beside(**change)
        with pytest.raises(EncoderError, match=f"another preprocessing than OpenAI's, .*; type open_clip:{tmp_path}"):
            card(f"open_clip:ViT-B-16/{file}")


def openai_state():
    """Matrices rounded to half precision, everything else whole, as OpenAI's `convert_weights` leaves a CLIP."""
    torch.manual_seed(0)
    model = open_clip.CLIP(**SIZES)
    layers = (torch.nn.Conv2d, torch.nn.Linear, torch.nn.MultiheadAttention)
    names = {
        f"{owner}.{name}" for owner, m in model.named_modules() if isinstance(m, layers)
        for name, _ in m.named_parameters(recurse=False)
    } | {"text_projection", "visual.proj"}  # fmt: skip
    state = {name: x.half() if name in names else x for name, x in model.state_dict().items()}
    return {**state, "input_resolution": torch.tensor(32), "context_length": torch.tensor(77),
            "vocab_size": torch.tensor(49408)}  # fmt: skip


@pytest.mark.parametrize("widened", [False, True])
def test_openais_weights_are_known_by_their_numbers_and_refused_in_a_gelu_model(folder, widened):
    state = openai_state()
    if widened:  # what a conversion script writes
        state = {name: x.float() if x.is_floating_point() else x for name, x in state.items()}
    save_file(state, folder / "open_clip_model.safetensors")
    with pytest.raises(EncoderError) as error:
        load_encoder(card(f"open_clip:{folder}"), "cpu")
    assert "these look like OpenAI's weights" in str(error.value)
    assert 'which were trained with QuickGELU, and the model has GELU: set "quick_gelu": true' in str(error.value)
    for stated in (True, False):
        edit_config(folder, lambda config, stated=stated: config["model_cfg"].update(quick_gelu=stated))
        assert load_encoder(card(f"open_clip:{folder}"), "cpu").card.dim == 24


def test_a_file_of_openais_weights_is_told_its_model_name():
    facts, known = ClipFacts(quick_gelu=False, stated=False), card("clip-vit-b16-openai")
    mine = replace(known, name="mine", weights="openai.pt")
    with pytest.raises(EncoderError, match="type open_clip:ViT-B-16-quickgelu/openai.pt"):
        require_activation(mine, facts, openai_state())
    require_activation(mine, replace(facts, quick_gelu=True), openai_state())


@pytest.mark.parametrize("kind", ["single", "half", "bfloat16"])
def test_other_weights_are_not_taken_for_openais(kind):
    state = openai_state()
    if kind == "single":
        state = {name: torch.randn(x.shape) for name, x in state.items()}
    else:
        state = {name: x.to(getattr(torch, {"half": "float16"}.get(kind, kind))) for name, x in state.items()}
    require_activation(card("clip-vit-b32-laion2b"), ClipFacts(quick_gelu=False, stated=False), state)


def test_a_training_checkpoint_of_open_clip_loads(folder, picture):
    before = load_encoder(card(f"open_clip:{folder}"), "cpu")
    state = {f"module.{name}": x for name, x in load_file(folder / "open_clip_model.safetensors").items()}
    (folder / "open_clip_model.safetensors").unlink()
    torch.save({"epoch": 3, "name": "run", "state_dict": state}, folder / "open_clip_pytorch_model.bin")
    after = load_encoder(card(f"open_clip:{folder}"), "cpu")
    pixels = decode_image(str(picture), before.card.media)[None]
    torch.testing.assert_close(after.media.full(pixels), before.media.full(pixels), atol=0, rtol=0)


def test_the_page_of_architectures_has_all_and_says_how_texts_are_padded():
    page = (Path(__file__).resolve().parents[2] / "docs/open-clip.md").read_text("utf-8")
    if f"open_clip {open_clip.__version__}" not in page:
        pytest.skip("the page was made with another version of open_clip")
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines() if line.startswith("| ")][1:]
    found = {row[0].removesuffix(" (few-shot)"): row for row in rows}
    assert set(found) == set(open_clip.list_models()) and len(found) == len(rows)
    for name, row in found.items():
        sizes = open_clip.get_model_config(name)
        assert row[5] == ("longest" if ends_texts(sizes["text_cfg"]) else "context"), name
        assert row[0].endswith("(few-shot)") == is_plain_clip(sizes), name
        assert int(row[4]) == sizes["text_cfg"].get("context_length", 77), name
