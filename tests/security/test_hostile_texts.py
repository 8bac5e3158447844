"""What a model, a label or a file name says is shown and does nothing, in the report or on a terminal; nor does it take long."""

import io
import re
import time

import pytest
from hostile import XSS, Seen
from rich.console import Console

from pipeline.cli.output import print_table
from pipeline.printable import printable
from pipeline.report.html import Markup, details, join, page, table, tag
from pipeline.telemetry.progress import Progress
from pipeline.text.filters import reject_reason
from pipeline.text.near_duplicates import NearDuplicates
from pipeline.text.parse import parse_answer


@pytest.mark.parametrize("text", XSS)
def test_text_stays_text_wherever_it_stands(text: str) -> None:
    built = page(
        text, "p {}", tag("p", text, title=text, id=text), table([text], [[text]], cls=text), details(text, text, [text])
    )  # fmt: skip
    seen = Seen(built)
    ours = "html head meta title style body p div table thead tbody tr th td details summary"
    assert set(seen.tags) <= set(ours.split())
    assert {name for name, _ in seen.attributes} <= {
        "lang",
        "charset",
        "http-equiv",
        "content",
        "name",
        "title",
        "id",
        "class",
    }
    assert seen.text.count(text.replace("\0", "\ufffd")) + seen.text.count(text) >= 5


def test_joined_markup_is_text_again() -> None:
    assert Seen(join([Markup("<b>x</b>") + "<i>"])).tags == []


def test_a_page_may_load_nothing() -> None:
    seen = Seen(page("t", "", "x"))
    policy = next(v for n, v in seen.attributes if v and "default-src" in v)
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules == {
        "default-src": "'none'", "img-src": "data:", "media-src": "data:", "style-src": "'unsafe-inline'",
        "base-uri": "'none'", "form-action": "'none'",
    }  # fmt: skip


ESCAPES = "\x1b[2J\x1b]0;title\x07\x9b31m\r\x08\x7f\u202eabc"


def test_a_terminal_is_not_steered(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    Progress(Console(file=out, width=200)).say(f"[/red] [bold] {ESCAPES} [link=http://x]y")
    print_table(["a"], [[f"[/red] {ESCAPES}"], ["[bold]x"]], title=f"[/x] {ESCAPES}")
    shown = out.getvalue() + capsys.readouterr().out
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", shown)
    assert shown.count("[/red]") == 2 and "[bold]x" in shown and "[/x]" in shown and "[link=http://x]y" in shown


def test_what_people_write_is_left_alone() -> None:
    text = "naïve “café” – 猫 🐱 a\tb\nc \u200d"
    assert printable(text) == text


@pytest.mark.parametrize(
    "answer",
    [
        "(" * 100_000,
        "1. " * 50_000,
        '"' * 100_000,
        "a." + " " * 100_000 + "x",
        "* _" * 50_000,
        "1." + "\t" * 100_000,
        ("a" * 20 + "'") * 5_000,
        "-" * 100_000,
        "Sure! " * 20_000,
        "“" * 50_000 + "”" * 50_000,
        ". 1" * 40_000,
        "a'" * 50_000 + "!",
        "\u2028".join(["x y z."] * 20_000),
        "[1]" * 30_000,
    ],
    ids=range(14),
)
def test_long_hostile_answers_are_read_quickly(answer: str) -> None:
    start = time.process_time()
    parsed = parse_answer(answer, cut=False)
    index = NearDuplicates(0.8)
    for sentence in parsed.sentences[:50]:
        reject_reason(sentence, ["cat", "vacuum cleaner"], 25)
        index.has_like("cat", sentence)
        index.add("cat", sentence)
    assert time.process_time() - start < 5, "by far: a quadratic reader takes minutes"
