"""AVSBench's single sources (S4) as they are published: five seconds a clip, of train a mask of the first alone."""

from pathlib import Path

from pipeline.datasets.av.masks.avsbench import SEGMENTS, Listed, Places, read_rows, read_set
from pipeline.datasets.av.masks.clips import MaskClips
from pipeline.datasets.av.masks.places import inside, unnamed
from pipeline.datasets.layout import Layout
from pipeline.recipe.mask_data import AvsS4Data


def read_s4(config: AvsS4Data, workspace: Path, workers: int = 1) -> MaskClips:
    """The clips of the layout, in the order of its list.

    Args:
        config: where it lies.
        workspace: where the memory of files lies.
        workers: processes that look at masks; 0 looks in this one.

    Raises:
        DatasetError: the root does not hold the layout, or its list is written otherwise.
        MachineFault: the machine failed while a file was read.
    """
    rows, (frames, masks, sounds) = read_set(AVSBENCH_S4, config.root, "Single-source", "s4", "category", "split")

    def places(row: Listed) -> Places | str:
        problem = inside(row.name) or inside(row.category)
        if problem:
            return problem
        given = 1 if row.split == "train" else SEGMENTS
        folder = Path(row.split) / row.category
        names = [f"{row.name}_{number}.png" for number in range(1, SEGMENTS + 1)]
        return Places(
            frames=tuple(frames / folder / row.name / name for name in names),
            sound=sounds / folder / f"{row.name}.wav",
            masks=tuple(masks / folder / row.name / name for name in names[:given]),
        )

    known = {f"{row.split}/{row.category}/{row.name}" for row in rows}
    return read_rows(rows, places, "half", workspace, unnamed(frames, known, depth=3), workers)


AVSBENCH_S4 = Layout(
    name="avsbench-s4",
    title="AVSBench, a single source a clip (S4)",
    modality=None,
    label_set=None,
    config=AvsS4Data,
    labelling="single",
    tree="""ROOT/                            (avsbench_data)
  Single-source/
    s4_meta_data.csv           (first the name; columns category and split)
    s4_data/
      visual_frames/train/dog_barking/NAME/NAME_1.png   (to NAME_5.png)
      gt_masks/train/dog_barking/NAME/NAME_1.png        (of val and test to NAME_5.png)
      audio_wav/train/dog_barking/NAME.wav
audio_log_mel/ is not read: its files are pickles, and spectrograms are made of the wav.""",
    download="frames, masks and sounds as github.com/OpenNLPLab/AVSBench gives them out, unpacked in ROOT",
    disk="5 GB",
    paper="CoPL: 3,452 clips to learn from, 740 to choose by, 740 to judge by; 23 categories",
    count=4_932,
)
