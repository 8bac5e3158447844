"""No probabilities of single classes: files show several, labels are held out for them, and nothing can be fitted to those.

Whoever holds files out expects probabilities and thresholds; a ranking is all that is left, so the reason is told.
"""

from collections.abc import Iterator

from pipeline.alarms.alarm import Alarm


def no_probabilities(modality: str, why: str, remedy: str) -> Iterator[Alarm]:
    """An alarm where there is a reason.

    Args:
        modality: of the files.
        why: nothing could be fitted; empty where something was.
        remedy: what to type.
    """
    if why:
        told = (
            f"{modality} files show several classes, and there are no probabilities of single classes, nor thresholds: {why}; "
            "what predict ranks by is no probability"
        )
        yield Alarm("no-probabilities", modality, (), told, remedy)
