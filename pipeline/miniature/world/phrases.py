"""The words of the captions: frames, asides, attribute words and verb forms."""

IMAGE_BARE = (
    "a photo of {}.", "a photo of {}", "{}", "an image of {}", "a picture of {}.", "a drawing of {}", "this is {}.",
)  # fmt: skip
IMAGE_FRAMES = (
    "{things}", "{things}", "{things} on {a} {look} background", "{things} on {a} {look} background",
    "{things} on {a} {look} ground", "{things} over {a} {look} background", "{things} before {a} {look} wall",
    "{a} {look} picture with {things}", "{a} {look} image showing {things}", "{there} {things} in the picture",
    "{there} {things} on the {look} page", "i can see {things}", "someone drew {things} on {a} {look} wall",
    "look at {things}", "a photo shows {things}", "a photo of {things} over {a} {look} surface",
    "the picture contains {things}", "{things} printed on {look} paper", "{things} against {a} {look} backdrop",
    "in this image we see {things}", "the artist painted {things}", "a child draws {things} on {look} paper",
    "{things} stands out on the {look} canvas", "a sign with {things} hangs on the {look} wall",
    "the teacher shows {things} to the class", "we found {things} on the {look} card", "{things} can be seen here",
    "a poster has {things}", "a simple drawing of {things}", "{things} is visible in the {look} scene",
    "the {look} board displays {things}", "she points at {things}", "the logo uses {things}",
)  # fmt: skip
IMAGE_ASIDES = (
    "in the morning", "for the poster", "on the table", "near the window", "for a friend", "with a soft light",
    "in the middle of the page", "with some specks around", "with thin lines around it", "at school", "in the book",
    "that looks nice", "drawn by hand", "on a quiet day", "with great care", "in the room", "for the children",
    "and nothing else", "under the lamp", "in the corner of the street",
)  # fmt: skip
SIZE_WORDS = {"small": ("small", "tiny", "little"), "large": ("large", "big", "huge")}

SOUND_BARE = (
    "this is a sound of {}.", "the sound of {}", "{}", "{}", "a recording of {}", "this is {}.", "a sound of {}.",
)  # fmt: skip
SOUND_FRAMES = (
    "{things}", "{things}", "you can hear {things}", "we hear {things} with {noise}", "there is {things}",
    "{things} with {noise}", "{things} over {noise}", "{noise} behind {things}", "{things} under {noise}",
    "a recording of {things} with {noise}", "listen to {things} over {noise}",
    "{things} in the background", "{things} over {noise}", "{things} and {noise} behind it", "a recording of {things}",
    "a clip with {things}", "the sound of {things} fills the room", "i heard {things} outside", "listen to {things}",
    "the microphone picks up {things}", "{things} can be heard from the street", "someone records {things}",
    "suddenly {things} breaks the silence", "a sound of {things} near the house", "at night we hear {things}",
    "the machine makes {things}", "people notice {things}", "a short clip of {things}", "an audio file with {things}",
    "{things} echoes in the hall", "{things} comes from the next room",
)  # fmt: skip
SOUND_VERBS = (
    "{things} is heard twice", "{things} goes on for a while", "{things} rings out", "{things} stops at last",
)  # fmt: skip
SOUND_LINKS = (" and ", " and ", " then ", " followed by ", " with ", " while there is ", ", ")
SOUND_ASIDES = (
    "in the distance", "in the kitchen", "near the door", "during the night", "from far away", "in the street",
    "in an empty room", "next to the window", "at the station", "on the radio", "while people wait", "again and again",
    "in the morning", "without any voice", "behind the wall",
)  # fmt: skip
SOUND_WORDS = {
    "loud": ("loud", "strong"), "quiet": ("quiet", "faint", "soft"), "high": ("high", "high pitched", "bright"),
    "low": ("low", "deep", "dark"), "fast": ("fast", "quick", "rapid"), "slow": ("slow", "lazy"),
    "short": ("short", "brief"), "long": ("long", "steady"), "distant": ("distant", "far", "muffled"),
}  # fmt: skip
MASS_SOUNDS = ("knocking", "clicking", "hissing", "rumbling", "wind", "crackling")

VIDEO_BARE = (
    "a video of a {}.", "a video of {}.", "{}", "{}", "a clip of {}", "this is a video of {}.", "something {}",
)  # fmt: skip
VIDEO_FRAMES = (
    "{things}", "{things}", "{things} on a {look} background", "a video where {things}",
    "{things} over a {look} ground", "on a {look} background {things}", "{things} before a {look} wall",
    "in this clip {things}", "we see how {things}", "a short video shows that {things}", "{things} across the screen",
    "in the animation {things}", "{things} in front of a {look} wall", "the camera films how {things}",
    "you can watch as {things}", "look how {things}", "here {things}", "on the {look} stage {things}",
    "the children watch while {things}", "a cartoon in which {things}", "again {things}",
)  # fmt: skip
VIDEO_ASIDES = (
    "in the video", "for a moment", "during the game", "in the middle of the screen", "without stopping",
    "all the time",
    "over the floor", "near the edge", "on the screen", "in a quiet room", "before the clip ends", "for a few seconds",
    "as everyone watches", "in the evening", "like a toy",
)  # fmt: skip
PACE_WORDS = {"fast": ("quickly", "fast", "rapidly"), "slow": ("slowly", "gently", "calmly")}

_VERBS = {
    "sliding": ("slides", "slid", "slide"), "rising": ("rises", "rose", "rise"), "falling": ("falls", "fell", "fall"),
    "growing": ("grows", "grew", "grow"), "shrinking": ("shrinks", "shrank", "shrink"),
    "bouncing": ("bounces", "bounced", "bounce"), "circling": ("circles", "circled", "circle"),
    "swinging": ("swings", "swung", "swing"), "shaking": ("shakes", "shook", "shake"),
    "blinking": ("blinks", "blinked", "blink"), "fading": ("fades", "faded", "fade"),
    "spinning": ("spins", "spun", "spin"), "zigzagging": ("zigzags", "zigzagged", "zigzag"),
    "jumping": ("jumps", "jumped", "jump"), "drifting": ("drifts", "drifted", "drift"),
    "hopping": ("hops", "hopped", "hop"), "spiraling": ("spirals", "spiraled", "spiral"),
}  # fmt: skip


def motion_forms(label: str) -> tuple[str, str, str]:
    """Present, past and infinitive of a motion: "sliding left" gives "slides left", "slid left", "can slide left"."""
    verb, _, rest = label.partition(" ")
    present, past, infinitive = _VERBS[verb]
    tail = f" {rest}" if rest else ""
    return present + tail, past + tail, f"can {infinitive}{tail}"
