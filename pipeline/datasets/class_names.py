"""From the spellings of a data set to the class names of a run.

`ApplyEyeMakeup`, `apply_eye_makeup` and `apply eye makeup` are one name: case, blanks and signs do not tell classes
apart. What differs by more (`airplane` in ESC-50's table, `aeroplane` in the label set) is an alias, written down beside
the layout it belongs to.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

_AMBIGUOUS = ""


class ClassNames:
    """Finds the class of a run that a data set's name means.

    Args:
        labels: the classes of the run.
        aliases: spelling in the data set -> spelling in the label set.
        own: the data set's whole label set, where the run may have a part of it: two names in it that differ in case or signs
            only (Objects365's `bread` and `Bread`) are two classes whichever of them the run has.
        exact: whether only a class spelled exactly so counts: for own files, whose labels are as their owner wants them.
    """

    def __init__(
        self,
        labels: Sequence[str],
        aliases: Mapping[str, str] | None = None,
        *,
        own: Sequence[str] = (),
        exact: bool = False,
    ) -> None:
        self._found: dict[str, str | None] = {label: label for label in labels}
        self._plain: dict[str, str] = {}
        twins = {plain for plain, count in Counter(map(_plain, own)).items() if count > 1}
        for label in () if exact else labels:
            plain = _plain(label)
            self._plain[plain] = _AMBIGUOUS if plain in self._plain or plain in twins else label
        self._plain.pop("", None)  # a class named by signs only is known by its exact name
        self._aliases = {_plain(name): label for name, label in (aliases or {}).items()}

    def label(self, name: str) -> str | None:
        """The class that `name` means; None if the run has no such class.

        A class spelled exactly so comes first, then one that differs in case and signs only, then an alias.
        """
        if name not in self._found:
            plain = _plain(name)
            alias = _plain(self._aliases.get(plain, ""))
            self._found[name] = self._plain.get(plain) or self._plain.get(alias) or None
        return self._found[name]


def _plain(name: str) -> str:
    return "".join(sign for sign in name.casefold() if sign.isalnum())
