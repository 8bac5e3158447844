"""Zero-shot sentence templates of the published encoders; the first of each is the single template.

Words: `{}` stands for the class name. CLIP's are the seven that its authors found best together; CLAP's first is
LAION's own; ViCLIP's are of the kind that InternVideo uses for Kinetics; those of text encoders are ours.
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
