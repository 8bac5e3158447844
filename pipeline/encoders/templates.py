"""Zero-shot sentence templates of the published encoders; the first of each is the single template.

Words: `{}` stands for the class name. CLIP's are the seven that its authors found best together; CLAP's first is
LAION's own; ViCLIP's are of the kind that InternVideo uses for Kinetics; those of text encoders are ours. Those of
photographs are CLIP's that speak of nothing else, for text encoders that never saw a picture. Those of actions are the 28 that
CLIP's authors used for Kinetics-700, "a example" included.
"""

CLIP_TEMPLATES = (
    "a photo of a {}.",
    "itap of a {}.",
    "a bad photo of the {}.",
    "a origami {}.",
    "a photo of the large {}.",
    "a {} in a video game.",
    "art of the {}.",
    "a photo of the small {}.",
)
PHOTO_TEMPLATES = (
    "a photo of a {}.",
    "a photo of the large {}.",
    "a photo of the small {}.",
    "a bad photo of the {}.",
)
CLIP_ACTION_TEMPLATES = tuple(
    f"{shown} of {whom}{{}}."
    for shown in ("a photo", "a video", "a example", "a demonstration")
    for whom in (
        "", "a person ", "a person using ", "a person doing ", "a person during ", "a person performing ",
        "a person practicing ",
    )
)  # fmt: skip
CLAP_TEMPLATES = (
    "This is a sound of {}.",
    "The sound of {}.",
    "A recording of {}.",
    "One can hear {}.",
)
VICLIP_TEMPLATES = (
    "a video of a {}.",
    "A photo of action {}.",
    "A picture of action {}.",
    "Human action of {}.",
    "{}, a video of action.",
    "Playing a kind of action, {}.",
    "Doing a kind of action, {}.",
    "Look, the human is {}.",
)
TEXT_TEMPLATES = (
    "This text is about {}.",
    "The topic is {}.",
    "An article on {}.",
    "{}.",
)
