"""What `mmpt-pipeline encoders check` prints: what an encoder does here, and how well it tells files apart by names."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.operations.encoder_check import EncoderCheck
    from pipeline.operations.encoder_names import Separation


def check_values(checked: "EncoderCheck", separated: "Separation | None") -> dict[str, Any]:
    """The same as values."""
    names = asdict(separated) if separated else None
    return {**asdict(checked), "problems": list(checked.problems), "names": names}


def print_check(checked: "EncoderCheck", separated: "Separation | None") -> None:
    """The page of `encoders check`."""
    from pipeline.cli.output import print_table
    from pipeline.printable import printable

    print(f"{printable(checked.encoder)}: loaded in {checked.seconds_to_load:.1f} s")
    rows = [
        [
            tower.tower,
            f"{tower.rows_per_second:,.1f}",
            f"{max(tower.cuts.values()):.0e}",
            ", ".join(f"{name} {value:.0e}" for name, value in tower.notes.items()),
            f"{', '.join(tower.cuts)}",
        ]
        for tower in checked.towers
    ]
    print_table(["tower", "rows/s", "cuts differ by", "tolerances", "cuts"], rows)
    if separated is not None:
        shares = ", ".join(f"{name} {100 * share:.1f} %" for name, share in separated.top1.items())
        error = f"standard error {100 * separated.standard_error:.1f}"
        print(f"{separated.files} files, {separated.classes} classes: {shares} ({error})")
        pairs = "; ".join(f"{a} and {b} ({cosine:.2f})" for a, b, cosine in separated.nearest)
        print(printable(f"names that are told apart worst, by the cosine of their sentences: {pairs}"))
    for problem in checked.problems:
        print(f"problem: {printable(problem)}")
    count = len(checked.problems)
    print("no problems" if not count else f"{count} problem{'s' if count > 1 else ''}")
