"""From the spellings of a data set to the class names of a run, by the rule of `pipeline.labels.names`.

Published data sets also differ by blanks and punctuation (`ApplyEyeMakeup` is `apply eye makeup`). What differs by more
(`airplane` in ESC-50's table, `aeroplane` in the label set) is an alias, written down beside the layout it belongs to.
"""

from collections.abc import Mapping, Sequence

from pipeline.datasets.errors import DatasetError
from pipeline.labels.errors import AmbiguousName
from pipeline.labels.names import Names, bare


class ClassNames:
    """Finds the class of a run that a data set's name means.

    Args:
        labels: the classes of the run.
        aliases: spelling in the data set -> spelling in the label set.
        own: the data set's whole label set, where the run may have a part of it: two names in it that differ in case or signs
            only (Objects365's `bread` and `Bread`) are two classes whichever of them the run has.
        loose: whether blanks and punctuation tell no classes apart; of own files they do.
        where: file or folder that holds the names, for messages.

    Raises:
        DatasetError: two classes of the run are one class of the data set, or one may be two.
    """

    def __init__(
        self,
        labels: Sequence[str],
        aliases: Mapping[str, str] | None = None,
        *,
        own: Sequence[str] = (),
        loose: bool = True,
        where: str = "the data set",
    ) -> None:
        self._where = where
        self._labels, self._own = Names(labels, loose=loose), Names(own, loose=loose)
        self._aliases = {bare(name): label for name, label in (aliases or {}).items()}
        self._run_of: dict[str, str] = {}
        self._found: dict[str, str | None] = {}
        exact_first = sorted(labels, key=lambda label: self._own.exact(label) is None)
        for label in exact_first:
            theirs = self._in(self._own, label)
            other = label if theirs is None else self._run_of.setdefault(theirs, label)
            if other != label and self._own.exact(other) is None:
                raise DatasetError(
                    f"data: the classes {other!r} and {label!r} of the run are both {theirs!r} of the data set. Name one of them."
                )

    def exact(self, name: str) -> str | None:
        """The class of the run that is spelled exactly so."""
        return self._labels.exact(name)

    def label(self, name: str) -> str | None:
        """The class that `name` means; None if the run has no such class.

        A class spelled exactly so comes first, then one that differs in case and signs only, then an alias.

        Raises:
            DatasetError: no class is spelled so, and several differ from it in case and signs only.
        """
        if name not in self._found:
            self._found[name] = self._look_up(name)
        return self._found[name]

    def _look_up(self, name: str) -> str | None:
        exact = self._labels.exact(name)
        if exact is not None:
            return exact
        theirs = self._in(self._own, name)
        return self._in(self._labels, name) if theirs is None else self._run_of.get(theirs)

    def _in(self, names: Names, name: str) -> str | None:
        try:
            found = names.find(name)
            alias = self._aliases.get(bare(name))
            return names.find(alias) if found is None and alias is not None else found
        except AmbiguousName as error:
            raise DatasetError(f"data: {self._where}: the class name {error}") from error
