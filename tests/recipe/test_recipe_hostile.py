"""Values that no recipe can mean: each is one message of a few lines that says in which line it stands, whoever refuses it."""

import time
from pathlib import Path

import pytest

from pipeline.cli.options import open_bound
from pipeline.recipe.errors import RecipeError
from pipeline.stages.plan import plan_run
from pipeline.tasks.load import load_recipe, parse_recipe
from stores.errors import MmptError

SENTENCES = """\
name: mine
seed: 1
workspace: work
modalities:
  image:
    labels: [cat, dog]
    encoder: miniature-clip
    media: {{}}
    data: {{layout: folder, root: pictures}}
{added}"""
FEW_SHOT = """\
name: mine
encoder: miniature-clip
data: {{layout: oxford-pets, root: pictures}}
methods: {{prompt: }}
{added}"""
LONG = "'" + "a" * 300 + "'"
DEEP = "'" + "a/" * 3000 + "'"
NO_YAML = [
    "2026-13-45", "2002-02-30T25:61:61Z", "2001-12-14t21:59:43.10-99:99", "0000-01-01", "!!int abc", "!!int ''", "!!int 1.5",
    "9" * 5000, "-" + "9" * 5000, "!!bool maybe", "!!float x", "!!float ''", "!!timestamp x",
    "!!timestamp 2026-02-30", "!!binary a",
    "!!binary ä", "!!omap x", "!!pairs x", "!!map [1]", "!!set [1]", "!!seq {a: 1}", "!!str [1]", "!foo x", "!!merge x", "=",
    "*gone",
    "&a [*a]", "&a {b: *a}", '"\\0"', '"\\ud800"', '"a\\udcff"', "{a: 1, a: 2}", "!!python/name:os.system", "{[1]: 2}",
    "{? {a: 1} : 2}",
    "\x00", "\x1b[31m", "\ufffe", "[1, 2", "'open", "{a: b: c}", "@x", "%x", "\t- a",
]  # fmt: skip
NO_NUMBER = [
    ".inf", "-.inf", ".nan", "1e400", "10e17", str(2**64), str(2**200), "1.5", "'x'", "''", "[]", "{}", "[1]", "~nosuchuser",
    "2026-11-27",
    "-1", "0x", "null", "!!null 5", "{a: 1}", LONG,
]  # fmt: skip
NO_COUNT = [
    *NO_NUMBER,
    "100000000000000000",
    str(2**63),
    "1.0e+17",
    "'100000000000000000'",
    "100000000000000000.5",
    "0",
]
COUNTS = {
    "train: {{epochs: {}}}": 10, "train: {{batch_size: {}}}": 10, "generate: {{sentences_per_class: {}}}": 10,
    "generate: {{max_rounds: {}}}": 10, "generate: {{max_new_tokens: {}}}": 10, "generate: {{queries_per_shard: {}}}": 10,
}  # fmt: skip
NO_PATH = ["~nosuchuser", "~nosuchuser/x", LONG, DEEP]
NO_FOLDER = ["/dev/null/x", f"/{'a' * 300}", "r.yaml/x", "/etc/passwd/x"]
PATHS = {
    "workspace: {}": 1, "modalities: {{image: {{labels: {}, encoder: miniature-clip}}}}": 1, "generate: {{model: {}}}": 1,
    "modalities: {{image: {{labels: [a], encoder: miniature-clip, data: {{layout: folder, root: {}}}}}}}": 1,
    "modalities: {{image: {{labels: [a], encoder: miniature-clip, data: {{layout: table, file: {}}}}}}}": 1,
    "evaluate: {{ensemble: {{image: {}}}}}": 1, "generate: {{engine: import, imports: {{files: {{image: {}}}}}}}": 1,
}  # fmt: skip
NO_ADDRESS = [
    "http://127.0.0.1:99999/v1", "http://127.0.0.1:0/v1", "http://127.0.0.1:-1", "http://127.0.0.1:x", "'http://[::1/v1'", "http:///v1",
    "ftp://x/v1", "//x", "'http://a b/v1'", '"http://\\u202ex/"', '"http://x\\n/"', '"http://x\\t/v1"', f"http://{'a' * 300}/",
    "http://.x./", "http://a..b/", "'http://'", "'http://:80'", "localhost:8000", "file:///etc/passwd", "javascript:alert(1)",
]  # fmt: skip
ODD_KEYS = [
    "0b101",
    "12:30:45",
    "~",
    "yes",
    "2001-01-01",
    "!!float .inf",
    "!!binary AAAA",
    "'..'",
    "'a.b'",
    "train.epochs",
    "1.5",
]
TIMES = [
    "cache: {{timeout_s: {}}}",
    "generate: {{server: {{timeout_s: {}}}}}",
    "evaluate: {{temperature: {}}}",
    "train: {{margin: {}}}",
]
WRONG = [
    *[(SENTENCES.format(added=f"train: {{epochs: {value}}}"), 10) for value in NO_YAML],
    *[(SENTENCES.format(added=field.format(value)), line) for field, line in COUNTS.items() for value in NO_COUNT],
    *[(SENTENCES.format(added="").replace("seed: 1", f"seed: {value}"), 2) for value in NO_NUMBER],
    *[(f"{field.format(value)}\nname: mine\n", line) for field, line in PATHS.items() for value in NO_PATH],
    *[(SENTENCES.format(added=time.format(value)), 10) for time in TIMES for value in (".inf", ".nan", "1.0e+300", "-1", "soon")],
    *[(FEW_SHOT.format(added=f"{key}: {value}"), 5) for key in ("shots", "views") for value in NO_COUNT],
    *[(FEW_SHOT.format(added=f"seeds: [1, {value}]"), 5) for value in NO_NUMBER],
    *[(FEW_SHOT.format(added="").replace("pictures", value), 3) for value in NO_PATH],
    *[(SENTENCES.format(added=f"{key}: 1"), 10) for key in ODD_KEYS],
    *[(SENTENCES.format(added=f"generate: {{server: {{url: {url}}}}}"), 10) for url in NO_ADDRESS],
    *[(SENTENCES.format(added="").replace("media: {}", f"media: {{{key}: 1}}"), 8) for key in ODD_KEYS],
    *[(SENTENCES.format(added=f"task: {value}"), 10) for value in ("[]", "{}", "[sentences]", "1", "true", "'x'", LONG)],
    *[(SENTENCES.format(added="").replace("miniature-clip", f"clip:{path}"), 7) for path in NO_FOLDER],
]  # fmt: skip


def test_the_list_is_long() -> None:
    assert len(WRONG) > 300
    parse_recipe(
        SENTENCES.format(added="train: {epochs: 3}"), where="r.yaml", base=Path()
    )  # what they all are but for one value
    parse_recipe(FEW_SHOT.format(added="shots: 3"), where="r.yaml", base=Path())


@pytest.mark.parametrize(("text", "line"), WRONG, ids=range(len(WRONG)))
def test_one_message_with_the_line(text: str, line: int, tmp_path: Path) -> None:
    start = time.monotonic()
    with pytest.raises(RecipeError) as caught:
        parse_recipe(text, where="r.yaml", base=tmp_path)
    told = str(caught.value)
    found = [
        number
        for number in range(1, 12)
        if f"line {number})" in told or f"line {number}," in told or f"line {number}:" in told
    ]
    assert line in found and len(told) < 5000, told
    assert time.monotonic() - start < 5


@pytest.mark.parametrize("value", [1, 2**32, 2**63, 2**64 - 1])
def test_seeds_up_to_64_bits_are_taken(value: int) -> None:
    assert (
        parse_recipe(SENTENCES.format(added="").replace("seed: 1", f"seed: {value}"), where="r", base=Path()).seed
        == value
    )


def test_what_is_text_stays_text() -> None:
    recipe = parse_recipe(SENTENCES.format(added="generate: {stop: ['2026-13-45', \"\\n\"]}"), where="r", base=Path())
    assert recipe.generate.stop == ("2026-13-45", "\n")


def test_long_recipes_and_long_lists_of_mistakes(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(f"name: {'x' * (5 << 20)}\n")
    with pytest.raises(
        RecipeError, match="it is longer than 4,194,304 bytes; keep class names in a text file of their own"
    ):
        load_recipe(tmp_path / "r.yaml")
    with pytest.raises(RecipeError, match="it is longer than 4,194,304 bytes"):
        load_recipe("/dev/zero")
    with pytest.raises(RecipeError) as caught:
        parse_recipe("name: x\nmodalities: {}\n" + "".join(f"k{i}: 1\n" for i in range(2000)), where="r", base=Path())
    assert "r: 2001 mistakes" in str(caught.value) and "… and 1951 more" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 52


@pytest.mark.parametrize("workspace", ["/dev/null", "/dev/zero", "/proc/self/mem", "r.yaml", "r.yaml/below"])
def test_a_workspace_that_is_no_folder_ends_a_plan(
    workspace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pictures" / "cat").mkdir(parents=True)
    (tmp_path / "pictures" / "cat" / "0.png").write_bytes(b"no picture")
    Path("r.yaml").write_text(SENTENCES.format(added="").replace("workspace: work", f"workspace: {workspace}"))
    with pytest.raises(
        MmptError, match=r"is a file[,;].*use a folder|which is a file; use a folder|is a file, and a folder"
    ):
        plan_run(open_bound("r.yaml", None, draws=False))


def test_keys_are_counted_in_no_time() -> None:
    start = time.monotonic()
    with pytest.raises(RecipeError, match="a recipe"):
        parse_recipe("- {" + ", ".join(f"k{i}: 1" for i in range(30_000)) + "}", where="r", base=Path())
    assert time.monotonic() - start < 20  # a minute and more where every key is compared with every other


@pytest.mark.parametrize("workspace", ["~nosuchuser", "~nosuchuser/x"])
def test_a_home_of_nobody_given_by_hand(workspace: str) -> None:
    with pytest.raises(
        MmptError, match="~nosuchuser is the home of nobody here. Write the folder in full, or ./~nosuchuser"
    ):
        open_bound("miniature", Path(workspace))
