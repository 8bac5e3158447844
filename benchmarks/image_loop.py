"""Image features out of JPEG files, against the DataLoader loop that one writes around open_clip.

The loop decodes with open_clip's own transform in the worker processes of a plain DataLoader and calls `encode_image`. Ours is
the whole cache stage of images: it limits time and memory of every file, lists what is broken, and writes the store. Same
weights, same files, as many workers, batches of the same size; both have the model in memory when the clock starts.
"""

import random
import tempfile
from pathlib import Path
from unittest.mock import patch

from side_by_side import Claim, Finding, ratio, shown, take_turns, tell
from vit_b32_text import encoder_of, random_model

CLAIM = Claim("image features of ViT-B-32 from JPEG files: a DataLoader loop around open_clip / ours", 1.0)
FILES, BATCH, WORKERS, SIZE = 384, 32, 1, (500, 375)


def measure(rounds: int) -> Finding:
    import numpy as np
    import open_clip
    import torch
    from open_clip.transform import image_transform
    from PIL import Image
    from torch.utils.data import DataLoader, Dataset

    from pipeline.caching.media import cache_media
    from pipeline.caching.specs import media_features_spec
    from pipeline.datasets.rows import MediaRow
    from pipeline.telemetry.progress import Progress
    from stores import Store, file_key

    model = random_model()
    encoder = encoder_of(model, open_clip.OPENAI_DATASET_MEAN, open_clip.OPENAI_DATASET_STD)
    transform = image_transform(
        224, is_train=False, mean=open_clip.OPENAI_DATASET_MEAN, std=open_clip.OPENAI_DATASET_STD
    )

    class Files(Dataset):
        def __init__(self, paths: list[str]) -> None:
            self.paths = paths

        def __len__(self) -> int:
            return len(self.paths)

        def __getitem__(self, index: int) -> torch.Tensor:
            with Image.open(self.paths[index]) as image:
                return transform(image)

    def loop() -> np.ndarray:
        with torch.no_grad():
            batches = DataLoader(Files(paths), batch_size=BATCH, num_workers=WORKERS)
            return torch.cat([model.encode_image(batch) for batch in batches]).numpy()

    walls: list[str] = []

    def ours() -> np.ndarray:
        with tempfile.TemporaryDirectory() as folder, patch("pipeline.caching.media.load_encoder", lambda *_: encoder):
            store = Store(folder)
            options = {"device": "cpu", "dtype": "float32", "workers": WORKERS, "batch_size": BATCH}
            summary = cache_media(store, encoder.card, rows, progress=Progress.silent(), **options)
            walls.append("decoding" if summary.decode_s > summary.encode_s else "encoding")
            artifact = store.artifact(media_features_spec(encoder.card, dtype="float32"))
            return artifact.arrays([row.key for row in rows])["vectors"]

    with tempfile.TemporaryDirectory() as folder:
        paths = write_photographs(Path(folder), FILES)
        rows = [MediaRow(file_key(path), path, ()) for path in paths]
        difference = float(np.abs(ours() - loop()).max())
        times = take_turns({"DataLoader loop": loop, "ours": ours}, rounds)
    return Finding(
        ratio(times["DataLoader loop"], times["ours"]),
        {name: [*shown(seconds), f"{FILES / min(seconds):.0f}"] for name, seconds in times.items()},
        columns=("fastest", "median", "files/s"),
        notes=[
            f"{FILES} JPEG files of {SIZE[0]} x {SIZE[1]} pixels, {WORKERS} worker, batches of {BATCH}",
            f"features: largest absolute difference {difference:.1e} (allowed 1e-4); the wall was {walls[-1]}",
        ],
        sound=difference <= 1e-4,
    )


def write_photographs(folder: Path, count: int) -> list[str]:
    """Pictures of the size and the weight of ImageNet's: blurred noise of some colours, 40 to 100 kB each."""
    from PIL import Image, ImageFilter

    paths = []
    for number in range(count):
        rng = random.Random(number)
        small = Image.frombytes("RGB", (125, 94), rng.randbytes(125 * 94 * 3)).filter(ImageFilter.GaussianBlur(1))
        small.resize(SIZE, Image.Resampling.BILINEAR).save(folder / f"{number}.jpg", quality=92)
        paths.append(str(folder / f"{number}.jpg"))
    return paths


if __name__ == "__main__":
    tell(CLAIM, measure, rounds=3)
