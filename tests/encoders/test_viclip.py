"""ViCLIP against a second implementation in plain tensor algebra."""

import pytest
import torch
from torch.nn import functional as F

from pipeline.encoders.viclip import VICLIP_B16, VICLIP_L14, ViCLIPConfig
from pipeline.encoders.viclip.model import ViCLIP

SMALL = ViCLIPConfig(
    image_size=24, patch_size=8, frames=4, width=32, layers=2, heads=4, embed_dim=16,
    vocab_size=60, context_length=12, text_width=24, text_layers=2, text_heads=3,
)  # fmt: skip


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    model = ViCLIP(SMALL).double().eval().requires_grad_(False)
    torch.nn.init.normal_(model.vision_encoder.temporal_positional_embedding)
    return model


def norm(x, w, name):
    return F.layer_norm(x, x.shape[-1:], w[f"{name}.weight"], w[f"{name}.bias"], 1e-5)


def blocks(x, w, prefix, count, heads, mask):
    """CLIP's residual blocks, one attention head after the other, no fused attention."""
    size = x.shape[-1] // heads
    for i in range(count):
        p = f"{prefix}.transformer.resblocks.{i}"
        y = norm(x, w, f"{p}.ln_1")
        q, k, v = (
            torch.einsum("bsc,dc->bsd", y, weight) + bias
            for weight, bias in zip(
                w[f"{p}.attn.in_proj_weight"].chunk(3), w[f"{p}.attn.in_proj_bias"].chunk(3), strict=True
            )
        )
        mixed = []
        for h in range(heads):
            part = slice(h * size, (h + 1) * size)
            scores = torch.einsum("bqc,bkc->bqk", q[..., part], k[..., part]) / size**0.5 + mask
            mixed.append(torch.einsum("bqk,bkc->bqc", scores.softmax(-1), v[..., part]))
        x = x + torch.cat(mixed, -1) @ w[f"{p}.attn.out_proj.weight"].T + w[f"{p}.attn.out_proj.bias"]
        y = norm(x, w, f"{p}.ln_2") @ w[f"{p}.mlp.c_fc.weight"].T + w[f"{p}.mlp.c_fc.bias"]
        x = x + (y * torch.sigmoid(1.702 * y)) @ w[f"{p}.mlp.c_proj.weight"].T + w[f"{p}.mlp.c_proj.bias"]
    return x


def plain_video(frames, w):
    b, t = frames.shape[:2]
    volume = F.conv3d(frames.transpose(1, 2), w["vision_encoder.conv1.weight"], stride=(1, 8, 8))
    position = w["vision_encoder.positional_embedding"]
    cls = w["vision_encoder.class_embedding"] + position[0]
    rows = []
    for clip in range(b):
        tokens = [cls]
        for row in range(volume.shape[3]):
            for column in range(volume.shape[4]):
                patch = 1 + row * volume.shape[4] + column
                for frame in range(t):
                    time = w["vision_encoder.temporal_positional_embedding"][0, frame]
                    tokens.append(volume[clip, :, frame, row, column] + position[patch] + time)
        rows.append(torch.stack(tokens))
    x = norm(torch.stack(rows), w, "vision_encoder.ln_pre")
    x = blocks(x, w, "vision_encoder", SMALL.layers, SMALL.heads, mask=0.0)
    return norm(x, w, "vision_encoder.ln_post")[:, 0] @ w["vision_encoder.proj"]


def plain_text(ids, w):
    length = ids.shape[1]
    x = w["text_encoder.token_embedding.weight"][ids] + w["text_encoder.positional_embedding"][:length]
    mask = torch.full((length, length), float("-inf"), dtype=x.dtype).triu(1)
    x = blocks(x, w, "text_encoder", SMALL.text_layers, SMALL.text_heads, mask)
    x = norm(x, w, "text_encoder.ln_final")
    ends = torch.stack([row[int(tokens.argmax())] for row, tokens in zip(x, ids, strict=True)])
    return ends @ w["text_encoder.text_projection"]


def test_video_tower_is_the_plain_one(model):
    frames = torch.randn(3, 4, 3, 24, 24, dtype=torch.float64)
    torch.testing.assert_close(model.encode_video(frames), plain_video(frames, model.state_dict()), atol=1e-12, rtol=0)


def test_text_tower_is_the_plain_one(model):
    ids = torch.randint(1, 58, (5, 12))
    ids[:, 0] = 58
    for row, end in enumerate([3, 11, 6, 1, 9]):
        ids[row, end:] = 0
        ids[row, end] = 59
    torch.testing.assert_close(model.encode_text(ids), plain_text(ids, model.state_dict()), atol=1e-12, rtol=0)
    torch.testing.assert_close(model.encode_text(ids[:1, :4]), model.encode_text(ids[:1]), atol=1e-12, rtol=0)


def test_the_order_of_frames_matters_and_that_of_the_batch_does_not(model):
    frames = torch.randn(2, 4, 3, 24, 24, dtype=torch.float64)
    out = model.encode_video(frames)
    assert (model.encode_video(frames.flip(1)) - out).abs().max() > 1e-3
    torch.testing.assert_close(model.encode_video(frames.flip(0)), out.flip(0), atol=1e-12, rtol=0)


def test_a_still_gets_the_mean_of_the_temporal_positions(model):
    still = torch.randn(2, 1, 3, 24, 24, dtype=torch.float64)
    weights = dict(model.state_dict())
    mean = weights["vision_encoder.temporal_positional_embedding"].mean(1, keepdim=True)
    weights["vision_encoder.temporal_positional_embedding"] = mean
    torch.testing.assert_close(model.encode_video(still), plain_video(still, weights), atol=1e-12, rtol=0)


def test_base_16_has_the_published_sizes():
    assert VICLIP_B16.tokens == 1569
    with torch.device("meta"):
        base, large = ViCLIP(VICLIP_B16), ViCLIP(VICLIP_L14)
    assert base.vision_encoder.embed(torch.empty(2, 8, 3, 224, 224, device="meta")).shape == (2, 1569, 768)
    shapes = {name: tuple(x.shape) for name, x in base.state_dict().items() if ".resblocks." not in name}
    assert shapes == {
        "temp": (),
        "vision_encoder.class_embedding": (768,),
        "vision_encoder.positional_embedding": (197, 768),
        "vision_encoder.temporal_positional_embedding": (1, 8, 768),
        "vision_encoder.proj": (768, 512),
        "vision_encoder.conv1.weight": (768, 3, 1, 16, 16),
        "vision_encoder.ln_pre.weight": (768,),
        "vision_encoder.ln_pre.bias": (768,),
        "vision_encoder.ln_post.weight": (768,),
        "vision_encoder.ln_post.bias": (768,),
        "text_encoder.positional_embedding": (32, 512),
        "text_encoder.text_projection": (512, 512),
        "text_encoder.token_embedding.weight": (49408, 512),
        "text_encoder.ln_final.weight": (512,),
        "text_encoder.ln_final.bias": (512,),
    }
    block = [
        name.split("resblocks.11.")[1]
        for name in base.state_dict()
        if "vision_encoder.transformer.resblocks.11." in name
    ]
    parts = ["attn.in_proj", "attn.out_proj", "ln_1", "ln_2", "mlp.c_fc", "mlp.c_proj"]
    names = [f"{part}{'_' if part == 'attn.in_proj' else '.'}{kind}" for part in parts for kind in ("bias", "weight")]
    assert sorted(block) == sorted(names)
    assert round(sum(x.numel() for x in base.parameters()) / 1e6) == 150
    assert large.state_dict()["vision_encoder.proj"].shape == (1024, 768)
    assert "vision_encoder.transformer.resblocks.23.ln_1.bias" in large.state_dict()


def test_another_number_of_frames_is_refused(model):
    with pytest.raises(ValueError, match=r"this ViCLIP takes 4 frames \(or 1\), not 6"):
        model.encode_video(torch.zeros(1, 6, 3, 24, 24, dtype=torch.float64))


def test_config_round_trip_and_refusals():
    assert ViCLIPConfig.from_dict(SMALL.to_dict()) == SMALL
    with pytest.raises(ValueError, match=r"ViCLIPConfig has no field depth; its fields are image_size, patch_size"):
        ViCLIPConfig.from_dict({"depth": 3})
    with pytest.raises(ValueError, match="patch_size must divide image_size; cannot divide 224 by 15"):
        ViCLIPConfig(patch_size=15)
    with pytest.raises(ValueError, match="layers must be positive, not 0"):
        ViCLIPConfig(layers=0)
