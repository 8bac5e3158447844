"""AVSBench's several sources (MS3) as they are published: five seconds a clip, a mask for each, no category."""

from pathlib import Path

from pipeline.datasets.av.masks.avsbench import SEGMENTS, Listed, Places, read_rows, read_set
from pipeline.datasets.av.masks.clips import MaskClips
from pipeline.datasets.av.masks.places import inside, unnamed
from pipeline.datasets.layout import Layout
from pipeline.recipe.mask_data import AvsMs3Data


def read_ms3(config: AvsMs3Data, workspace: Path, workers: int = 1) -> MaskClips:
    """The clips of the layout, in the order of its list.

    Args:
        config: where it lies.
        workspace: where the memory of files lies.
        workers: processes that look at masks; 0 looks in this one.

    Raises:
        DatasetError: the root does not hold the layout, or its list is written otherwise.
        MachineFault: the machine failed while a file was read.
    """
    rows, (frames, masks, sounds) = read_set(AVSBENCH_MS3, config.root, "Multi-sources", "ms3", "split")

    def places(row: Listed) -> Places | str:
        problem = inside(row.name)
        if problem:
            return problem
        numbers = range(1, SEGMENTS + 1)
        return Places(
            frames=tuple(frames / row.name / f"{row.name}.mp4_{number}.png" for number in numbers),
            sound=sounds / row.split / f"{row.name}.wav",
            masks=tuple(masks / row.split / row.name / f"{row.name}_{number}.png" for number in numbers),
        )

    return read_rows(rows, places, "nonzero", workspace, unnamed(frames, {row.name for row in rows}, depth=1), workers)


AVSBENCH_MS3 = Layout(
    name="avsbench-ms3",
    title="AVSBench, several sources a clip (MS3)",
    modality=None,
    label_set=None,
    config=AvsMs3Data,
    labelling="single",
    tree="""ROOT/                            (avsbench_data)
  Multi-sources/
    ms3_meta_data.csv          (first the name; column split)
    ms3_data/
      visual_frames/NAME/NAME.mp4_1.png    (to NAME.mp4_5.png; without a folder of the split)
      gt_masks/train/NAME/NAME_1.png       (to NAME_5.png, in every split)
      audio_wav/train/NAME.wav
audio_log_mel/ is not read: its files are pickles, and spectrograms are made of the wav.""",
    download="frames, masks and sounds as github.com/OpenNLPLab/AVSBench gives them out, unpacked in ROOT",
    disk="500 MB",
    paper="296 clips to learn from, 64 to choose by, 64 to judge by",
    count=424,
)
