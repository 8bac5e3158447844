"""A few test images instead of all: what is only looked at need not be made of fifty thousand."""

from pipeline.tasks.few_shot.files import Labelled


def spread(found: Labelled, count: int) -> Labelled:
    """At most `count` images from all over a list, each content once."""
    first = {row.key: i for i, row in reversed(list(enumerate(found.rows)))}
    places = sorted(first.values())
    chosen = [places[i * len(places) // count] for i in range(count)] if len(places) > count else places
    return Labelled(
        found.layout, found.classes, tuple(found.rows[i] for i in chosen), tuple(found.labels[i] for i in chosen)
    )
