"""Four test sets of ImageNet's classes in another guise: what a prompt learned on ImageNet is worth when the images change."""

from pipeline.datasets.few_shot.few_shot_set import FewShotSet, Reader
from pipeline.datasets.few_shot.wordnet_folders import (
    all_classes,
    own_classes,
    read_all_classes,
    read_numbered,
    read_own_classes,
)
from pipeline.recipe.data import ShiftedImagenetData

_NAMES = "classnames.txt             (ImageNet's; not needed where imagenet/classnames.txt lies beside this folder)"


def _shifted(
    name: str, title: str, folder: str, images: str, example: str, read: Reader, disk: str, count: int, source: str
) -> FewShotSet:
    return FewShotSet(
        name=name,
        title=title,
        config=ShiftedImagenetData,
        folder=folder,
        images=images,
        inside=f"{_NAMES}\n{images}/\n  {example}",
        read=read,
        download=source,
        disk=disk,
        count=count,
        judged="domain generalisation, learned on ImageNet",
        classes=own_classes if read is read_own_classes else all_classes,
    )


SHIFTED = {
    one.name: one
    for one in (
        _shifted("imagenet-v2", "ImageNetV2", "imagenetv2", "imagenetv2-matched-frequency-format-val",
            "0/                       (0 to 999, as the labels)", read_numbered, "1.3 GB", 10_000,
            "imagenetv2-matched-frequency.tar.gz as github.com/modestyachts/ImageNetV2 links it"),
        _shifted("imagenet-sketch", "ImageNet-Sketch", "imagenet-sketch", "images",
            "n01440764/sketch_0.JPEG", read_all_classes, "8 GB", 50_889,
            "ImageNet-Sketch from github.com/HaohanWang/ImageNet-Sketch"),
        _shifted("imagenet-a", "ImageNet-A", "imagenet-adversarial", "imagenet-a",
            "n01498041/0.000116_digital clock _ digital clock_0.865662.jpg", read_own_classes, "0.7 GB", 7_500,
            "imagenet-a.tar from github.com/hendrycks/natural-adv-examples"),
        _shifted("imagenet-r", "ImageNet-R", "imagenet-rendition", "imagenet-r",
            "n01443537/art_0.jpg", read_own_classes, "2.2 GB", 30_000,
            "imagenet-r.tar from github.com/hendrycks/imagenet-r"),
    )
}  # fmt: skip
"""Name -> data set, in the order of the published tables."""
