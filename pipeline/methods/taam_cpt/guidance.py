"""Who guides whom: the pairs of the inter-modal loss (TaAM-CPT, Table 8). Free of torch."""

from collections.abc import Sequence

from pipeline.methods.taam_cpt.config import TaamCptConfig


def guided_pairs(config: TaamCptConfig, weak: Sequence[str], modalities: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """(weak, strong) of every term of equation 8, each once.

    <a, b> -> <c> is `weak: c`: the pairs (c, a) and (c, b). <-> adds each pair with its sides exchanged.

    Args:
        config: names the strong ones, or leaves them to be all that are not weak.
        weak: the guided modalities.
        modalities: of the run, in column order.
    """
    strong = config.strong if config.strong is not None else [m for m in modalities if m not in weak]
    pairs = [(guided, guide) for guided in weak for guide in strong if guide != guided]
    if config.both_ways:
        pairs += [(guide, guided) for guided, guide in pairs]
    return tuple(dict.fromkeys(pairs))


def guidance_told(config: TaamCptConfig, weak: str) -> str:
    """The same in words, e.g. "the others guide video"; `weak` as a checkpoint's notes have it."""
    guides = "the others" if config.strong is None else " and ".join(config.strong)
    through = " through class similarities" if config.inter_through == "similarities" else ""
    if config.both_ways:
        return f"{guides} and {weak} guide each other{through}"
    alone = config.strong is not None and len(config.strong) == 1
    return f"{guides} {'guides' if alone else 'guide'} {weak}{through}"


def unguided(config: TaamCptConfig, modalities: Sequence[str]) -> str | None:
    """What is wrong with the named modalities among those of a recipe, if anything."""
    for option, named in (("weak", config.weak_modalities), ("strong", config.strong or ())):
        stray = [name for name in named if name not in modalities]
        if stray:
            return f"{option} is '{', '.join(stray)}', which is not under 'modalities' ({', '.join(modalities)})"
    if len(modalities) > 1 and set(config.weak_modalities) >= set(modalities) and config.strong is None:
        return "weak names every modality, so that none is left to guide. Leave one out, or name those that guide in strong"
    return None
