"""What methods on masks read of clips; free of torch."""

from pipeline.caching.needs import Need
from pipeline.methods.copl.masks.config import MasksOptions
from pipeline.methods.copl.masks.pyramid import mask_reads
from pipeline.tasks.av.sources import Form, needs_at
from pipeline.tasks.av.towers import ROLES, Towers

PAPERS, HEARD_S = "copl-avs", 1.95
"""LAVISH's and CoPL's spectrograms of AVSBench: with every second nearly two are heard."""
_PAPERS_INPUT = (192, 192)


def form_of(towers: Towers, segments: int, segment_s: float) -> Form:
    """How clips are read: to the paper's tower as LAVISH and CoPL read AVSBench, to others second by second."""
    papers = towers.shapes["audio"].input[:2] == _PAPERS_INPUT and segment_s == 1
    return Form(segments, segment_s, PAPERS, HEARD_S) if papers else Form(segments, segment_s)


def mask_needs(towers: Towers, role: str, options: MasksOptions, form: Form) -> tuple[Need, ...]:
    """What a method reads in a role: of pictures the maps of lower stages, too, where those are stored.

    Raises:
        CoplError: the options do not fit the towers.
    """
    return needs_at(towers, role, mask_reads(options, *towers.pair)[ROLES.index(role)], form)
