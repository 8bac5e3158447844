"""Sentences written by hand, with a place for the class name: what the engine "templates" has in the place of a language model.

Names come as they are, in the singular, in the plural, as a mass or as an action, so no sentence needs an article or an ending
of its own. They tell a text encoder the medium and nothing of the class that its name does not tell.
"""

from collections.abc import Mapping

__all__ = ["JOINED_BY", "SENTENCE_TEMPLATES"]

JOINED_BY = " and "
"""Between the names of several classes."""

SENTENCE_TEMPLATES: Mapping[str, tuple[str, ...]] = {
    "image": (
        "A photo of {labels}.",
        "A close view of {labels}.",
        "A small drawing of {labels}.",
        "A blurred snapshot with {labels} in it.",
        "A bright scene with {labels} in the middle.",
        "A dark room where we see {labels}.",
        "In the background stands or lies {labels}.",
        "Somebody took a picture of {labels} outdoors.",
        "On a white background there is {labels} only.",
        "People look at {labels} in the street.",
        "A black and white image of {labels}.",
        "An old postcard shows {labels}.",
        "The camera caught {labels} from far away.",
        "Beside other things we find {labels}.",
        "A painting of {labels} hangs there.",
        "A cropped photograph showing part of {labels}.",
    ),
    "video": (
        "A video of {labels}.",
        "A short clip that shows {labels}.",
        "A person doing {labels}.",
        "Several people take part in {labels}.",
        "Slow motion footage of {labels}.",
        "The camera follows {labels} for a while.",
        "A demonstration of {labels} for beginners.",
        "Outdoors, somebody films {labels}.",
        "Indoors, we watch {labels} from the side.",
        "A recording of {labels} on a sunny day.",
        "At a competition there is {labels}.",
        "A child tries {labels} at home.",
        "The film begins with {labels}.",
        "An amateur video showing {labels} with friends.",
        "A television programme about {labels}.",
        "A close view of hands and feet during {labels}.",
    ),
    "audio": (
        "The sound of {labels}.",
        "A recording of {labels}.",
        "We hear {labels} nearby.",
        "Far away there is {labels}.",
        "A loud noise of {labels}.",
        "A quiet sound, probably {labels}.",
        "Suddenly {labels} can be heard.",
        "In the background one hears {labels}.",
        "The microphone caught {labels} outdoors.",
        "Inside a room sounds {labels}.",
        "Again and again {labels} is audible.",
        "A short audio clip with {labels} only.",
        "Through the window comes {labels}.",
        "People listen to {labels} in silence.",
        "A noisy street, and then {labels}.",
        "A sound effect of {labels} for a film.",
    ),
    "text": (
        "This text is about {labels}.",
        "The topic is {labels}.",
        "A kind of {labels}.",
        "An example of {labels}.",
        "Something that belongs to {labels}.",
        "News and facts about {labels}.",
        "An article on {labels} for beginners.",
        "A short definition from the field of {labels}.",
        "It is all about {labels}.",
        "Questions and answers concerning {labels}.",
        "The author describes {labels}.",
        "A book chapter on the subject of {labels}.",
        "A message that mentions {labels}.",
        "One part or form of {labels}.",
        "People talk about {labels}.",
        "A note in the category {labels}.",
    ),
}
"""By modality."""
