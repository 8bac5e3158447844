"""Make docs/open-clip.md: every architecture of open_clip, and whether it builds and encodes here.

Each is made with random weights and compared with open_clip's own `encode_image` and `encode_text`, padding included. One of
more than 2 GB is made without numbers only, and the table says so.

    python benchmarks/open_clip_architectures.py [--only NAME ...]
"""

import argparse
import copy
import gc
import importlib.metadata
import warnings
from pathlib import Path
from typing import Any

import open_clip
import torch

from pipeline.encoders.cards.open_clip_any import CONTEXT, ends_texts, is_plain_clip
from pipeline.encoders.cards.open_clip_tags import GELU_TAGS, QUICK_GELU_TAGS
from pipeline.encoders.open_clip_image import any_image_tower
from pipeline.encoders.open_clip_model import build, buildable
from pipeline.encoders.open_clip_text import any_text_tower

OUT = Path(__file__).resolve().parents[1] / "docs" / "open-clip.md"
MOST_BYTES = 2e9
MEAN = STD = (0.5, 0.5, 0.5)
CPU = torch.device("cpu")
_HEAD = """# open_clip's architectures

Made by `python benchmarks/open_clip_architectures.py` with open_clip {open_clip}, timm {timm} and
transformers {transformers}, not by hand. Of {total} architectures {encoded} were built with random weights and
encoded a picture and two texts, {meta} of more than 2 GB were built and run without numbers, so that
only the shapes of what they encode are known, and {refused} are refused. No published weights were
loaded for this.

- *(few-shot)*: CLIP's own transformers, inside which few-shot methods and MOV learn.
- *cuts*: named places at which features of pictures and of texts can be stored; 2 are the input and
  `output` alone.
- *padding*: what texts are padded to. `longest` are equal trimmed and padded; `context` read their padding.
- *differs by*: the largest relative distance of a row from open_clip's `encode_image` and
  `encode_text`; `longest` texts were trimmed here and padded there.
- *tokenizer*: of transformers, whose files have to be here ([encoders.md](encoders.md)); `-` is
  CLIP's own.
- *tags*: published weights that open_clip names; any other file is `open_clip:ARCHITECTURE/FILE`.

| architecture | parameters | pixels | cuts | tokens | padding | tokenizer | tags | differs by |
|---|---|---|---|---|---|---|---|---|
"""


def main() -> None:
    """Try all and write the page, or print the rows of some."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", help="architectures that are tried; nothing is written")
    asked = parser.parse_args().only
    rows, counts = [], {"encoded": 0, "meta": 0, "refused": 0}
    for name in asked or open_clip.list_models():
        kind, row = _tried(name)
        counts[kind] += 1
        rows.append(row)
        print(row, flush=True)
        gc.collect()
    if not asked:
        versions = {each: importlib.metadata.version(each) for each in ("timm", "transformers")}
        versions["open_clip"] = importlib.metadata.version("open_clip_torch")
        OUT.write_text(_HEAD.format(total=len(rows), **counts, **versions) + "\n".join(rows) + "\n")


def _tried(name: str) -> tuple[str, str]:
    sizes = open_clip.get_model_config(name)
    text = sizes["text_cfg"]
    context, side = text.get("context_length", CONTEXT), sizes["vision_cfg"].get("image_size", 224)
    padding = "longest" if ends_texts(text) else "context"
    try:
        parameters, cuts, found, kind = _compared(sizes, context, side, padding)
    except Exception as error:
        parameters, cuts, kind = "", "", "refused"
        found = f"refused: {type(error).__name__}: {' '.join(str(error).split())[:120]}"
    base = name.removesuffix("-quickgelu")
    tags = len(QUICK_GELU_TAGS.get(base, [])) + (len(GELU_TAGS.get(base, [])) if base == name else 0)
    shown = f"{name} (few-shot)" if is_plain_clip(sizes) else name
    tokenizer = text.get("hf_tokenizer_name") or "-"
    return (
        kind,
        f"| {shown} | {parameters} | {side} | {cuts} | {context} | {padding} | {tokenizer} | {tags} | {found} |",
    )


def _compared(sizes: dict[str, Any], context: int, side: int, padding: str) -> tuple[str, str, str, str]:
    sizes = copy.deepcopy(sizes)
    with buildable(sizes) as ready:
        with torch.device("meta"):
            empty = build(ready)
        count = sum(each.numel() for each in empty.parameters())
        parameters = f"{count / 1e6:,.0f} M"
        if count * 4 > MOST_BYTES:
            whole = "hf_model_name" not in sizes["text_cfg"]  # what transformers masks has to have numbers
            _require_widths(empty.eval(), side, context if whole else 0, sizes["embed_dim"])
            known = "shapes only" if whole else "shape of pictures only"
            return parameters, _cuts(empty), f"{known} ({count * 4 / 1e9:.1f} GB)", "meta"
        torch.manual_seed(0)
        model = build(ready).eval().requires_grad_(False)
    pixels = torch.randint(0, 256, (1, side, side, 3), dtype=torch.uint8)
    normalised = (pixels.permute(0, 3, 1, 2) / 255 - 0.5) / 0.5
    image = any_image_tower(model, MEAN, STD, CPU, torch.float32).full(pixels)
    by_image = _relative(image, model.encode_image(normalised, normalize=False))
    ids = _ids(model, context)
    tower = any_text_tower(model, CPU, torch.float32)
    wanted = model.encode_text(ids, normalize=False)
    given = ids[:, :8] if padding == "longest" else ids
    by_text = _relative(tower.full(given), wanted)
    if not max(by_image, by_text) < 1e-4:
        raise ArithmeticError(f"image differs by {by_image:.0e}, text by {by_text:.0e}")
    return parameters, _cuts(model), f"image {by_image:.0e}, text {by_text:.0e}", "encoded"


def _require_widths(model: Any, side: int, context: int, dim: int) -> None:
    """Run both towers without numbers, or with no context pictures alone: what comes out is as wide as the configuration says."""
    meta = torch.device("meta")
    image = any_image_tower(model, MEAN, STD, meta, torch.float32)
    found = [image.full(torch.zeros(1, side, side, 3, dtype=torch.uint8, device="meta"))]
    if context:
        ids = torch.zeros(1, context, dtype=torch.int64, device="meta")
        found.append(any_text_tower(model, meta, torch.float32).full(ids))
    if any(tuple(x.shape) != (1, dim) for x in found):
        raise ArithmeticError(f"{[tuple(x.shape) for x in found]} for a width of {dim}")


def _cuts(model: Any) -> str:
    image = any_image_tower(model, MEAN, STD, CPU, torch.float32)
    return f"{len(image.cuts)}, {len(any_text_tower(model, CPU, torch.float32).cuts)}"


def _ids(model: Any, context: int) -> torch.Tensor:
    """Two texts of 4 and 7 tokens, padded to the context."""
    text = getattr(model, "text", model)
    pad = text.config.pad_token_id if hasattr(text, "config") else 0
    end = getattr(text, "text_eos_id", 2) if getattr(text, "text_pool_type", "") == "eos" else text.vocab_size - 1
    ids = torch.full((2, context), pad)
    for row, length in enumerate((3, 6)):
        ids[row, :length] = torch.randint(3, text.vocab_size - 1, (length,))
        ids[row, length] = end
    return ids


def _relative(found: torch.Tensor, wanted: torch.Tensor) -> float:
    return float(((found - wanted).norm(dim=1) / wanted.norm(dim=1)).max())


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    main()
