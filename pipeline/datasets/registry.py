"""Every layout by its name."""

from difflib import get_close_matches

from pipeline.datasets.av.ave import AVE
from pipeline.datasets.av.events import EVENTS
from pipeline.datasets.av.masks.ms3 import AVSBENCH_MS3
from pipeline.datasets.av.masks.own import MASKS
from pipeline.datasets.av.masks.s4 import AVSBENCH_S4
from pipeline.datasets.av.questions.music_avqa import MUSIC_AVQA
from pipeline.datasets.av.questions.own import QUESTIONS
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.esc50 import ESC50
from pipeline.datasets.few_shot import FEW_SHOT
from pipeline.datasets.hmdb51 import HMDB51
from pipeline.datasets.imagenet_mini import IMAGENET_MINI
from pipeline.datasets.kinetics import KINETICS
from pipeline.datasets.layout import Layout
from pipeline.datasets.mscoco import MSCOCO
from pipeline.datasets.nuswide import NUSWIDE
from pipeline.datasets.objects365 import OBJECTS365
from pipeline.datasets.own import OWN
from pipeline.datasets.ucf101 import UCF101
from pipeline.datasets.urbansound8k import URBANSOUND8K
from pipeline.datasets.vggsound import VGGSOUND
from pipeline.datasets.voc import VOC

PUBLISHED = {
    layout.name: layout
    for layout in (
        UCF101,
        HMDB51,
        *KINETICS.values(),
        VGGSOUND,
        MSCOCO,
        *VOC.values(),
        NUSWIDE,
        IMAGENET_MINI,
        OBJECTS365,
        ESC50,
        URBANSOUND8K,
    )
}
LAYOUTS = PUBLISHED | {one.name: one.layout for one in FEW_SHOT.values()} | {layout.name: layout for layout in OWN}

CLIPS = {layout.name: layout for layout in (AVE, EVENTS)}
"""Layouts of clips whose seconds are labelled: recipes of events name them, `pipeline.datasets.av` reads them."""
MASK_CLIPS = {layout.name: layout for layout in (AVSBENCH_S4, AVSBENCH_MS3, MASKS)}
"""Layouts of clips with masks of what sounds, which `pipeline.datasets.av.masks` reads."""
QUESTIONED = {layout.name: layout for layout in (MUSIC_AVQA, QUESTIONS)}
"""Layouts of clips with questions about them, which `pipeline.datasets.av.questions` reads."""
AUDIO_VISUAL = CLIPS | MASK_CLIPS | QUESTIONED
"""Layouts of clips with pictures and sound."""
ALL = LAYOUTS | AUDIO_VISUAL


def find_layout(name: str) -> Layout:
    """The layout of this name.

    Raises:
        DatasetError: there is none; it names the nearest.
    """
    if name in ALL:
        return ALL[name]
    sets = {layout.label_set: layout.name for layout in PUBLISHED.values() if layout.label_set}
    close = get_close_matches(name.lower(), [*ALL, *sets], n=1)
    hint = f" Did you mean '{sets.get(close[0], close[0])}'?" if close else ""
    raise DatasetError(f"there is no data set '{name}'.{hint} Known: {', '.join(ALL)}.")
