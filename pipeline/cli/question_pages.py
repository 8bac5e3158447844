"""What `mmpt-pipeline datasets check` prints of questions about clips."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.cli.listed_pages import check_listed, print_counts, print_problems

if TYPE_CHECKING:
    from pipeline.datasets.av.questions import AvQuestions
    from pipeline.datasets.layout import Layout


def check_questions(layout: "Layout", config: Any, workspace: Path, as_json: bool) -> None:
    """Read the questions and print what can be used of each split and kind; leave with status 1 if nothing can.

    Pictures and sound of every video are looked at, without decoding them.
    """
    from pipeline.datasets.av.questions import read_questions

    check_listed(layout, read_questions(config, workspace), _values, _print, as_json)


def _values(found: "AvQuestions") -> dict[str, Any]:
    from dataclasses import asdict

    from pipeline.datasets.av import SPLITS

    return {
        "version": found.version,
        "answers": found.answers,
        "words": len(found.words),
        "longest": found.longest,
        "splits": {
            split: {
                "found": len(found.of(split)),
                "listed": found.listed(split),
                "videos": len(found.videos(split)),
            }
            for split in SPLITS
        },
        "counts": [asdict(one) for one in found.counts],
        "rejected": [asdict(one) for one in found.refused],
        "leaks": [asdict(one) for one in found.leaks],
        "left_out": found.left_out,
        "strange": found.strange,
        "unsaid": [{"split": split, "answer": answer, "questions": count} for split, answer, count in found.unsaid],
        "notes": found.notes,
    }


def _print(layout: "Layout", found: "AvQuestions") -> None:
    from pipeline.datasets.av import SPLITS

    names = list(dict.fromkeys(one.label for one in found.counts))
    title = f"{layout.title} ({found.version})" if found.version else layout.title
    print_counts(found, names, "kind", "questions", title)
    for split in SPLITS:
        about = f", about {len(found.videos(split)):,} videos" if found.of(split) else ""
        print(f"{split}: {len(found.of(split)):,} of {found.listed(split):,} questions can be used{about}")
    print(f"{len(found.answers):,} answers, {len(found.words):,} words, {found.longest:,} in the longest question")
    unsaid = [f"{answer} ({split}): {count:,} questions" for split, answer, count in found.unsaid]
    print_problems(found, {"Left out": found.left_out, "Right answers that train never has": unsaid})
