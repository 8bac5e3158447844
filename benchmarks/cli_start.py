"""How long `mmpt-pipeline --help` takes, beside the interpreter alone, and what it must not import."""

import subprocess
import sys
from pathlib import Path

from side_by_side import Claim, Finding, shown, take_turns, tell

CLAIM = Claim("mmpt-pipeline --help, wall time", 0.4, at_least=False, unit=" s")
HEAVY = ("torch", "transformers", "prefect", "vllm", "open_clip", "pyarrow", "sklearn", "matplotlib")
_PROGRAM = Path(sys.executable).with_name("mmpt-pipeline")
_LIST_HEAVY = f"""
import sys
from pipeline.cli.app import app
try:
    app(["--help"])
except SystemExit:
    pass
print("heavy:", *[name for name in {HEAVY!r} if name in sys.modules])
"""


def measure(rounds: int) -> Finding:
    def run(*command: str) -> str:
        return subprocess.run([*command], check=True, capture_output=True, text=True).stdout

    listed = run(sys.executable, "-c", _LIST_HEAVY).splitlines()[-1]
    heavy = listed.removeprefix("heavy:").split()
    times = take_turns(
        {
            "mmpt-pipeline --help": lambda: run(str(_PROGRAM), "--help"),
            "python -c pass": lambda: run(sys.executable, "-c", "pass"),
        },
        rounds,
    )
    return Finding(
        min(times["mmpt-pipeline --help"]),
        {name: shown(seconds) for name, seconds in times.items()},
        notes=[f"imported of {', '.join(HEAVY)}: {', '.join(heavy) or 'none'}", "the figure is the fastest round"],
        sound=not heavy,
    )


if __name__ == "__main__":
    tell(CLAIM, measure, rounds=9)
