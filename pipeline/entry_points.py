"""What other packages add by entry points: imported one by one, so that a package that is broken disturbs nobody else."""

import logging
from collections.abc import Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol, TypeVar

_logger = logging.getLogger(__name__)


class Named(Protocol):
    """Something that recipes call by a name."""

    @property
    def name(self) -> str:
        """What they call it."""


T = TypeVar("T", bound=Named)


def points_of(group: str) -> list[EntryPoint]:
    """The entry points of a group, in an order that does not depend on what was installed when."""
    return sorted(entry_points(group=group), key=lambda point: (point.name, package_of(point), point.value))


def package_of(point: EntryPoint) -> str:
    """The installed package that an entry point is from."""
    return point.dist.name if point.dist is not None else point.value.partition(".")[0]


def with_added(ours: Sequence[T], group: str, kind: type[T]) -> dict[str, T]:
    """Name -> what has it: ours, then what packages add. What cannot be used is left out, and told with its package's name.

    Args:
        ours: what ships here; its names stay ours.
        group: of entry points.
        kind: what each has to be.
    """
    found = {each.name: each for each in ours}
    for point in points_of(group):
        try:
            added = point.load()
            if not isinstance(added, kind):
                raise TypeError(f"it is a {type(added).__name__}, and has to be a {kind.__name__}")
            if added.name in found:
                raise ValueError(f"the name {added.name!r} is taken")
        except Exception as error:  # whatever a module of others does when it is imported
            _logger.warning(
                "the package %s adds %s to %s, which cannot be used (%s: %s); install it anew, or remove it: pip uninstall %s",
                package_of(point), point.value, group, type(error).__name__, error, package_of(point),
            )  # fmt: skip
        else:
            found[added.name] = added
    return found
