"""Files that still say the name that a class had: they are found by the names of classes, so nobody judges them."""

from collections.abc import Iterator

from pipeline.alarms import Alarm, listed
from pipeline.labels import Column
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.tasks.sentences.carried import kept


def files_of_old_names(context: BoundSentences) -> Iterator[Alarm]:
    """One alarm a modality whose data names classes that the run calls otherwise by now."""
    renamed = context.record().renamed
    for modality, source in context.sources.items() if renamed else ():
        now = [Column(modality, label) for label in context.labels[modality]]
        files = dict(source.unknown)
        found = kept([Column(modality, name) for name in files], now, renamed).renamed
        if found:
            old, new = tuple(was for _, was, _ in found), tuple(called for _, _, called in found)
            yield Alarm(
                "renamed-class", modality, new,
                f"{sum(files[name] for name in old):,} {modality} files are of {listed(old)}, which the recipe calls "
                f"{listed(new)} by now: nobody judges them",
                "call folders, or what tables say, as the recipe does; then: mmpt-pipeline run RECIPE",
            )  # fmt: skip
