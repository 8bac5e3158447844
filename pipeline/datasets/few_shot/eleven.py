"""The eleven data sets that prompts are learned on, as CoOp's instructions lay them out.

Sizes and counts are those of the published splits, as the CoOp paper lists them.
"""

from pipeline.datasets.few_shot.aircraft import read_aircraft
from pipeline.datasets.few_shot.few_shot_set import FewShotSet
from pipeline.datasets.few_shot.split_files import read_split_file
from pipeline.datasets.few_shot.wordnet_folders import all_classes, read_imagenet
from pipeline.recipe.data import FewShotData, ImagenetData

_JUDGED = "base to novel (half of the classes each), and across data sets from ImageNet to all classes"


def _with_split_file(
    name: str, title: str, split: str, images: str, example: str, folder: str, disk: str, count: int, source: str
) -> FewShotSet:
    file = f"split_zhou_{split}.json"
    return FewShotSet(
        name=name,
        title=title,
        config=FewShotData,
        folder=folder,
        images=images,
        inside=f"{images}/\n  {example}\n{file}",
        read=read_split_file,
        download=f"{source}; {file} from the link in CoOp's DATASETS.md (github.com/KaiyangZhou/CoOp)",
        disk=disk,
        count=count,
        judged=_JUDGED,
        split_file=file,
        base=images if folder != "stanford_cars" else ".",
    )


IMAGENET = FewShotSet(
    name="imagenet",
    title="ImageNet",
    config=ImagenetData,
    folder="imagenet",
    images="images",
    inside="""classnames.txt             (n01440764 tench)
images/
  train/
    n01440764/
      n01440764_18.JPEG
  val/                       (in folders of classes, too)
    n01440764/
      ILSVRC2012_val_00000293.JPEG""",
    read=read_imagenet,
    download="ILSVRC2012 from image-net.org; classnames.txt from the link in CoOp's DATASETS.md",
    disk="145 GB (val 7 GB)",
    count=50_000,
    judged="base to novel, and the source of transfer across data sets and domains; the validation images are the test set",
    classes=all_classes,
)

AIRCRAFT = FewShotSet(
    name="fgvc-aircraft",
    title="FGVC-Aircraft",
    config=FewShotData,
    folder="fgvc_aircraft",
    images="images",
    inside="""variants.txt
images_variant_test.txt    (1514522 707-320; so for train and val)
images/
  1514522.jpg""",
    read=read_aircraft,
    download="fgvc-aircraft-2013b.tar.gz from robots.ox.ac.uk; its folder data is renamed fgvc_aircraft",
    disk="3 GB",
    count=3_333,
    judged=_JUDGED,
)

ELEVEN = {
    one.name: one
    for one in (
        IMAGENET,
        _with_split_file("caltech101", "Caltech101", "Caltech101", "101_ObjectCategories",
            "airplanes/image_0001.jpg", "caltech-101", "0.2 GB", 2_465,
            "101_ObjectCategories.tar.gz from data.caltech.edu"),
        _with_split_file("oxford-pets", "OxfordPets", "OxfordPets", "images",
            "Abyssinian_1.jpg", "oxford_pets", "0.8 GB", 3_669,
            "images.tar.gz from robots.ox.ac.uk/~vgg/data/pets"),
        _with_split_file("stanford-cars", "StanfordCars", "StanfordCars", "cars_test",
            "00001.jpg               (and cars_train/; the split's paths start with either)", "stanford_cars", "2 GB", 8_041,
            "cars_train.tgz and cars_test.tgz of Stanford Cars"),
        _with_split_file("oxford-flowers", "Flowers102", "OxfordFlowers", "jpg",
            "image_00001.jpg", "oxford_flowers", "0.4 GB", 2_463,
            "102flowers.tgz from robots.ox.ac.uk/~vgg/data/flowers/102"),
        _with_split_file("food101", "Food101", "Food101", "images",
            "apple_pie/1005649.jpg", "food-101", "5 GB", 30_300,
            "food-101.tar.gz from data.vision.ee.ethz.ch"),
        AIRCRAFT,
        _with_split_file("sun397", "SUN397", "SUN397", "SUN397",
            "a/abbey/sun_aaalbzqrimafwbiv.jpg", "sun397", "37 GB", 19_850,
            "SUN397.tar.gz from vision.princeton.edu/projects/2010/SUN"),
        _with_split_file("dtd", "DTD", "DescribableTextures", "images",
            "banded/banded_0002.jpg", "dtd", "0.6 GB", 1_692,
            "dtd-r1.0.1.tar.gz from robots.ox.ac.uk/~vgg/data/dtd"),
        _with_split_file("eurosat", "EuroSAT", "EuroSAT", "2750",
            "AnnualCrop/AnnualCrop_1.jpg", "eurosat", "0.1 GB", 8_100,
            "EuroSAT.zip, the RGB images, from github.com/phelber/EuroSAT"),
        _with_split_file("ucf101-midframes", "UCF101 (middle frames)", "UCF101", "UCF-101-midframes",
            "Apply_Eye_Makeup/v_ApplyEyeMakeup_g01_c01.jpg", "ucf101", "0.3 GB", 3_783,
            "UCF-101-midframes.zip from the link in CoOp's DATASETS.md"),
    )
}  # fmt: skip
"""Name -> data set, in the order of the published tables."""
