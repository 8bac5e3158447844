"""The sentences that name a class: one a data set for zero-shot CLIP, one for all of them in training."""

TRAINING_TEMPLATE = "a photo of a {}."
"""What learned prompts start from, whatever the data set: the words before the name become vectors, the full stop stays."""

TEMPLATES = {
    "imagenet": "a photo of a {}.",
    "caltech101": "a photo of a {}.",
    "oxford-pets": "a photo of a {}, a type of pet.",
    "stanford-cars": "a photo of a {}.",
    "oxford-flowers": "a photo of a {}, a type of flower.",
    "food101": "a photo of {}, a type of food.",
    "fgvc-aircraft": "a photo of a {}, a type of aircraft.",
    "sun397": "a photo of a {}.",
    "dtd": "{} texture.",
    "eurosat": "a centered satellite photo of {}.",
    "ucf101-midframes": "a photo of a person doing {}.",
    "imagenet-v2": "a photo of a {}.",
    "imagenet-sketch": "a photo of a {}.",
    "imagenet-a": "a photo of a {}.",
    "imagenet-r": "a photo of a {}.",
}
"""Data set -> its hand-written sentence, which the CLIP rows of the published tables use."""
