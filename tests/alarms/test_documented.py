"""Every warning is on the page of warnings."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = re.compile(r'Alarm\(\s*(?:code=)?"([a-z]+(?:-[a-z]+)*)"')


def test_every_warning_is_on_the_page() -> None:
    made = {code for file in (ROOT / "pipeline").rglob("*.py") for code in CODE.findall(file.read_text("utf-8"))}
    told = re.findall(r"^\| `([a-z-]+)` \|", (ROOT / "docs/warnings.md").read_text("utf-8"), re.MULTILINE)
    assert made == set(told) and len(told) == len(set(told)) and len(made) > 20
