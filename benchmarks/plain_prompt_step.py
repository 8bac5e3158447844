"""ProMPT's step as one writes it around open_clip: batched, and without anything shared, trimmed or stored."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import open_clip
    from torch import Tensor, nn

PIXEL_MEAN, PIXEL_STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


class PlainPrompt:
    """Every iteration sends all images, with prompts, and all class names, for every image, through the whole towers.

    The features of iteration 0 are made of the pixels in every step; those of the classes once.

    Args:
        model: frozen.
        own: what is learned, by the names of `ProMPT`.
        ids: rows of 77 tokens, with dummies in the prompts' places (K, 77).
        z0: class features of iteration 0 (K, d).
        iterations: N.
    """

    def __init__(
        self, model: "open_clip.CLIP", own: dict[str, "nn.Parameter"], ids: "Tensor", z0: "Tensor", iterations: int
    ):
        self._model, self._own, self._z0, self._iterations = model, own, z0, iterations
        self._words, self._ends = model.token_embedding(ids), ids.argmax(1)

    def loss(self, pixels: "Tensor", labels: "Tensor") -> "Tensor":
        """Eq. 14 of images, uint8 (B, h, w, 3)."""
        import torch
        from torch.nn import functional as F

        scaled = (pixels.float() / 255 - torch.tensor(PIXEL_MEAN)) / torch.tensor(PIXEL_STD)
        inputs = scaled.permute(0, 3, 1, 2)
        with torch.no_grad():
            x = F.normalize(self._model.encode_image(inputs), dim=-1)
        z = F.normalize(self._z0, dim=-1).expand(len(x), -1, -1)
        vision, text = list(self._own["vision_prompts"]), self._own["text_prompts"]
        loss = torch.zeros(())
        for _ in range(self._iterations):
            slots = torch.einsum("bd,bkd->bk", x, z).topk(vision[0].shape[-2]).indices
            vision = self._vision(z.gather(1, slots[:, :, None].expand(-1, -1, z.shape[2])), vision)
            x = F.normalize(self._images(inputs, vision), dim=-1)
            text = text + self._shift(x)[:, None]
            z = F.normalize(self._texts(text), dim=-1)
            loss = loss + F.cross_entropy(self._model.logit_scale.exp() * torch.einsum("bd,bkd->bk", x, z), labels)
        return loss

    def _vision(self, chosen: "Tensor", before: Sequence["Tensor"]) -> list["Tensor"]:
        from torch.nn import functional as F

        into, out = self._own["vision_generator.weight_in"], self._own["vision_generator.weight_out"]
        biases = zip(self._own["vision_generator.bias_in"], self._own["vision_generator.bias_out"], strict=True)
        made = [F.linear(F.linear(chosen, into, hidden).relu(), out, bias) for hidden, bias in biases]
        return [new + old for new, old in zip(made, before, strict=True)]

    def _shift(self, x: "Tensor") -> "Tensor":
        from torch.nn import functional as F

        weight, bias = self._own["text_generator.into.weight"], self._own["text_generator.into.bias"]
        hidden = F.linear(x, weight, bias).relu()
        return F.linear(hidden, self._own["text_generator.out.weight"], self._own["text_generator.out.bias"])

    def _images(self, inputs: "Tensor", vision: Sequence["Tensor"]) -> "Tensor":
        """The image tower with prompts at the end, as MaPLe's code has them."""
        import torch

        visual = self._model.visual
        x = visual._embeds(inputs)
        tokens = x.shape[1]
        for layer, block in enumerate(visual.transformer.resblocks):
            if layer < len(vision):
                x = torch.cat([x[:, :tokens], vision[layer]], dim=1)
            x = block(x)
        return visual.ln_post(x[:, 0]) @ visual.proj

    def _texts(self, prompts: "Tensor") -> "Tensor":
        """Features (B, K, d) of rows [start, prompts, name, full stop, end, padding]: (B K, 77, c)."""
        import torch

        (images, count), classes = prompts.shape[:2], len(self._words)
        words = self._words.expand(images, -1, -1, -1)
        own = prompts[:, None].expand(-1, classes, -1, -1)
        x = torch.cat([words[:, :, :1], own, words[:, :, 1 + count :]], dim=2).flatten(0, 1)
        x = self._model.transformer(x + self._model.positional_embedding, attn_mask=self._model.attn_mask)
        ends = self._model.ln_final(x)[torch.arange(len(x)), self._ends.repeat(images)]
        return (ends @ self._model.text_projection).unflatten(0, (images, classes))
