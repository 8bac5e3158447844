"""Classes of which there is no sentence, or few, while others have some.

Few is less than a quarter of what is wanted: of the quota, or, where all that a file holds is taken, of an even share
of its sentences over the classes that have some. The mean of n sentences wanders by 1/√n of their spread: with a
quarter of the others' sentences a class is placed half as well as they are, and its errors are no longer those of its
neighbours.
"""

from collections.abc import Iterator, Mapping
from statistics import fmean

from pipeline.alarms.alarm import Alarm, listed

SHARE = 0.25


def few_sentences(modality: str, kept: Mapping[str, int], quota: int | None, remedy: str) -> Iterator[Alarm]:
    """An alarm for the classes without a sentence, and one for those with few.

    Args:
        modality: of the sentences.
        kept: class -> its sentences.
        quota: sentences wanted of every class; None where there is no such number.
        remedy: what to type.
    """
    some = sorted(count for count in kept.values() if count)
    if not some:  # there is nothing to learn from, and training says so
        return
    wanted = fmean(some) if quota is None else quota
    none = tuple(name for name, count in kept.items() if not count)
    few = tuple(name for name, count in kept.items() if 0 < count < SHARE * wanted)
    others = f"{some[0]:,}" if some[0] == some[-1] else f"{some[0]:,} to {some[-1]:,}"
    if none:
        have = "have" if len(none) > 1 else "has"
        told = (
            f"{listed(none)} {have} no sentence, while {len(some):,} other class{'es' * (len(some) > 1)} of {modality} "
        )
        told += f"{'have' if len(some) > 1 else 'has'} {others}: nothing is learned about {_them(none)} but the name"
        yield Alarm("no-sentence", modality, none, told, remedy)
    if few:
        counts = sorted(kept[name] for name in few)
        have = f"{counts[0]:,}" if counts[0] == counts[-1] else f"{counts[0]:,} to {counts[-1]:,}"
        typical = f"of {wanted:,} wanted" if quota is not None else f"where classes have {wanted:,.0f} on average"
        told = (
            f"{listed(few)} {'have' if len(few) > 1 else 'has'} only {have} sentence{'s' * (counts[-1] > 1)} {typical} "
            f"(less than a quarter): {modality} files of {_them(few)} will be taken for classes that have more"
        )
        yield Alarm("few-sentences", modality, few, told, remedy)


def _them(names: tuple[str, ...]) -> str:
    return "them" if len(names) > 1 else "it"
