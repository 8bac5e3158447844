"""Batch files: what they ask, and that answers which come in them are the texts that one-by-one asking gives, byte by byte."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from served_batches import Batches, output_line, served_batches

from pipeline.text.batch.book import Book
from pipeline.text.batch.send import PartStanding, cancel_batch, collect_batch, submit_batch
from pipeline.text.batch.server import BatchServer
from pipeline.text.batch.take import NOT_ANSWERED, Taken, give_up, take_files
from pipeline.text.batch.write import Written, opened_book, write_batch
from pipeline.text.config import GenerateConfig
from pipeline.text.errors import EngineError, TextError
from pipeline.text.generate import generate_texts, plan_texts
from pipeline.text.spec import texts_spec
from stores import Store, Writer
from stores.journal import Journal

LABELS = ["circle", "star", "vacuum cleaner", "box"]
SECRET = "sk-very-secret-0123456789"


@pytest.fixture
def server() -> Iterator[Batches]:
    with served_batches() as running:
        yield running


@pytest.fixture
def config(server: Batches) -> GenerateConfig:
    return made(server)


def made(server: Batches, **settings: Any) -> GenerateConfig:
    part: dict[str, Any] = {"url": server.url, "attempts": 2, "timeout_s": 20, "longest_wait_s": 0.1}
    sizes = {"engine": "openai", "model": "words", "sentences_per_class": 25, "queries_per_shard": 4, "seed": 5}
    part |= settings.pop("where", {})
    return GenerateConfig.model_validate(sizes | {"server": part} | settings)


def files(workspace: Path) -> dict[str, bytes]:
    return {str(p.relative_to(workspace)): p.read_bytes() for p in sorted(workspace.rglob("*")) if p.is_file()}


class Way:
    """A workspace whose texts come in batches."""

    def __init__(self, root: Path, config: GenerateConfig, labels: list[str] | None = None):
        self.store, self.config, self.root = Store(root / "workspace"), config, root
        self.labels = labels or LABELS

    def write(self, most: int = 1000) -> Written:
        return write_batch(self.store, self.config, "image", self.labels, self.root / "batches", most)

    def submit(self) -> int:
        return len(submit_batch(self.store, self.config, "image", BatchServer(self.config.server)))

    def collect(self) -> tuple[list[PartStanding], Taken]:
        taken = Taken()
        found = collect_batch(self.store, self.config, "image", BatchServer(self.config.server), taken)
        self.publish()
        return found, taken

    def take(self, *lines: str, name: str = "out.jsonl") -> Taken:
        file = self.root / name
        file.write_text("".join(line + "\n" for line in lines))
        taken = take_files(self.store, self.config, ["image"], [file])
        self.publish()
        return taken

    def publish(self) -> None:
        generate_texts(self.store, self.config, "image", self.labels, only_collected=True)

    def book(self) -> tuple[int, int, int]:
        """Files out, answers that wait, failures."""
        with opened_book(self.store, self.config, "image") as (book, _, _):
            return len(book.parts), book.waiting, len(book.failed)

    def rounds(self, most: int = 1000) -> int:
        """Write, submit and collect until nothing is left to ask."""
        for number in range(20):
            if not self.write(most).parts:
                return number
            self.submit()
            self.collect()
        raise AssertionError("it never ends")

    @property
    def files(self) -> dict[str, bytes]:
        return files(self.root / "workspace")


@pytest.fixture
def way(tmp_path: Path, config: GenerateConfig) -> Way:
    return Way(tmp_path / "way", config)


@pytest.fixture
def one_by_one(tmp_path: Path, config: GenerateConfig) -> dict[str, bytes]:
    """The workspace of a run that asked the same server query by query."""
    generate_texts(Store(tmp_path / "online"), config, "image", LABELS)
    return files(tmp_path / "online")


def lines_of(written: Written) -> list[str]:
    return [line for part in written.parts for line in Path(part.path).read_text().splitlines()]


@pytest.mark.parametrize("most", [1000, 7])
def test_texts_that_came_in_batches_are_those_that_were_asked_one_by_one(
    way: Way, server: Batches, one_by_one: dict[str, bytes], most: int
) -> None:
    online, server.online = server.online, 0
    assert way.rounds(most) >= 2  # the word list is refused now and then, so there are rounds that top up
    assert way.files == one_by_one
    assert len(server.asked) == len(set(server.asked)) == online  # nothing twice, and nothing that was not asked so
    assert server.online == 0
    assert plan_texts(way.store, way.config, "image", LABELS).queries == 0


def test_a_line_is_what_the_server_would_have_been_sent(server: Batches, tmp_path: Path) -> None:
    config = made(server, structured=True, stop=["\n6."], chat_template_kwargs={"enable_thinking": False})
    way = Way(tmp_path, config)
    (line, *_) = lines_of(way.write())
    asked = json.loads(line)
    fingerprint = texts_spec(config, "image").fingerprint
    assert asked["custom_id"].startswith(f"image-{fingerprint[:12]}-") and len(asked["custom_id"]) <= 64
    assert (asked["method"], asked["url"]) == ("POST", "/v1/chat/completions")
    wanted = {"model": "words", "max_tokens": 256, "temperature": 0.7, "top_p": 0.95, "top_k": 10, "stop": ["\n6."]}
    assert wanted.items() <= asked["body"].items()
    assert asked["body"]["response_format"]["json_schema"]["schema"]["required"] == ["sentences"]
    assert asked["body"]["chat_template_kwargs"] == {"enable_thinking": False}
    raw = Way(tmp_path / "raw", made(server, prompt_format="raw"))
    (line, *_) = lines_of(raw.write())
    assert json.loads(line)["url"] == "/v1/completions" and json.loads(line)["body"]["prompt"]


def test_a_tool_elsewhere_answers_in_any_order_and_in_several_files(way: Way, one_by_one: dict[str, bytes]) -> None:
    while written := lines_of(way.write()):
        answers = [output_line(line) for line in reversed(written)]
        half = len(answers) // 2
        taken = way.take(*answers[:half])
        assert taken.answered == half and way.book()[0] == (1 if answers[half:] else 0)
        assert way.take(*answers[half:], *answers).answered == len(answers) - half
        assert way.book() == (0, 0, 0)
        again = way.take(*answers)  # nothing is out: told, and changes nothing
        assert (again.answered, again.late) == (0, len(answers))
    assert way.files == one_by_one


def test_a_second_write_is_refused_while_files_are_out_and_one_by_one_asking_too(way: Way, server: Batches) -> None:
    first = way.write()
    before = way.files
    second = way.write()
    assert second.parts == () and second.out == first.parts
    with pytest.raises(
        TextError, match=r"queries are out in batch files \(image-.*nothing is asked twice.*batch collect"
    ):
        generate_texts(way.store, way.config, "image", LABELS)
    assert way.files == before and server.online == 0
    ending, back = cancel_batch(way.store, way.config, "image", BatchServer(way.config.server))
    assert (ending, [part.name for part in back]) == ([], [part.name for part in first.parts])
    assert lines_of(way.write()) == lines_of(first)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_kill_anywhere_and_the_same_commands_again_end_in_the_same_bytes(
    server: Batches, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    config = made(server, sentences_per_class=10, queries_per_shard=2)
    generate_texts(Store(tmp_path / "online"), config, "image", LABELS[:2])
    way, online, kills = Way(tmp_path / "way", config, LABELS[:2]), server.online, 0

    chance = random.Random(seed)

    def dying(original: Any) -> Any:
        def killed(*arguments: Any, **named: Any) -> Any:
            if chance.random() < 0.15:
                raise KeyboardInterrupt
            return original(*arguments, **named)

        return killed

    for owner, name in ((Book, "_keep"), (Book, "answered"), (Writer, "publish"), (Journal, "drop")):
        monkeypatch.setattr(owner, name, dying(getattr(owner, name)))
    for _ in range(60):
        try:
            if not way.write(3).parts and way.book() == (0, 0, 0):
                break
            way.submit()
            way.collect()
        except KeyboardInterrupt:
            kills += 1
    monkeypatch.undo()
    assert kills > 3 and way.files == files(tmp_path / "online")
    assert len(server.asked) == len(set(server.asked)) == online


def test_a_batch_that_was_started_although_its_answer_was_lost_is_found(way: Way, server: Batches) -> None:
    server.new_file("")
    server.batches["batch_1"] = {"id": "batch_1", "input_file_id": "file-1", "status": "completed"}  # somebody else's
    way.write()
    server.hide = "POST batches"
    with pytest.raises(EngineError, match=r"failed 1 times in a row.*run the same command again"):
        way.submit()
    assert len(server.batches) == 2
    assert way.submit() == 1 and len(server.batches) == 2
    assert way.submit() == 0
    assert [each.part.batch_id for each in way.collect()[0]] == ["batch_2"]


def test_batches_at_work_stay_out(way: Way, server: Batches) -> None:
    way.write()
    (unsent,), _ = way.collect()
    assert unsent.standing is None
    way.submit()
    server.status = "in_progress"
    (found,), taken = way.collect()
    assert (found.standing.status, found.standing.over, taken.answered) == ("in_progress", False, 0)  # type: ignore[union-attr]
    assert way.book()[0] == 1 and way.write().parts == ()


def failing(code: str, count: int):  # type: ignore[no-untyped-def]
    """Lines of which some came to nothing."""

    def spoil(lines: list[str]) -> tuple[list[str], list[str]]:
        errors = [
            {
                "custom_id": json.loads(line)["custom_id"],
                "response": None,
                "error": {"code": code, "message": "no time"},
            }
            for line in lines[1 : 1 + count]
        ]
        return [lines[0], *lines[1 + count :]], [json.dumps(error) for error in errors]

    return spoil


@pytest.mark.parametrize("status", ["completed", "expired"])
def test_failed_lines_are_told_and_asked_again_and_nothing_else_is(
    way: Way, server: Batches, one_by_one: dict[str, bytes], status: str
) -> None:
    written = lines_of(way.write())
    way.submit()
    server.status, server.spoil = status, failing("batch_expired", 3)
    _, taken = way.collect()
    assert taken.answered == len(written) - 3 and set(taken.failed.values()) == {"batch_expired: no time."}
    # The first shard lacks three answers, so nothing is published yet: shards are those of one-by-one asking.
    assert way.book() == (0, len(written) - 3, 3)
    assert lines_of(way.write()) == written[1:4]
    server.status, server.spoil = "completed", lambda lines: (lines, [])
    way.submit()
    way.collect()
    way.rounds()
    assert way.files == one_by_one
    assert len(server.asked) == len(set(server.asked)) + 3


def test_one_by_one_asking_goes_on_where_a_batch_ended(way: Way, server: Batches, one_by_one: dict[str, bytes]) -> None:
    online, server.online = server.online, 0
    written = lines_of(way.write())
    way.submit()
    server.spoil = failing("server_error", 3)
    way.collect()
    generate_texts(way.store, way.config, "image", LABELS)
    assert way.files == one_by_one
    assert server.online == online - (len(written) - 3)


def test_what_fails_every_time_can_be_given_up(way: Way, server: Batches) -> None:
    way.write()
    way.submit()
    server.spoil = failing("content_filter", 2)
    way.collect()
    assert give_up(way.store, way.config, "image") == 2
    way.publish()
    assert way.book()[1] == 0
    rejected = way.store.artifact(texts_spec(way.config, "image")).rejected()
    assert sum(row.reason == NOT_ANSWERED for row in rejected) == 2
    server.spoil = lambda lines: (lines, [])
    way.rounds()
    assert len(server.asked) == len(set(server.asked))


def test_a_batch_that_failed_as_a_whole_says_why_and_is_asked_again(way: Way, server: Batches) -> None:
    first = lines_of(way.write())
    way.submit()
    server.status = "failed"
    (found,), taken = way.collect()
    assert found.standing is not None and found.standing.said == "no such model."
    assert set(taken.failed.values()) == {"no line about it in a batch that is failed: no such model."}
    assert lines_of(way.write()) == first


def test_a_cancelled_batch_keeps_what_it_has_answered(way: Way, server: Batches, one_by_one: dict[str, bytes]) -> None:
    written = lines_of(way.write())
    way.submit()
    server.spoil = lambda lines: (lines[:6], [])
    ending, back = cancel_batch(way.store, way.config, "image", BatchServer(way.config.server))
    assert ([part.batch_id for part in ending], back) == (["batch_1"], [])
    assert way.write().parts == ()
    _, taken = way.collect()
    assert taken.answered == 6 and len(taken.failed) == len(written) - 6
    server.spoil = lambda lines: (lines, [])
    way.rounds()
    assert way.files == one_by_one
    assert not [name for name in way.files if "batch" in name]


def test_a_query_that_is_too_long_is_an_answer_as_it_is_one_by_one(way: Way) -> None:
    (first, *rest) = lines_of(way.write())
    said = {"error": {"message": "This model's maximum context length is 512 tokens."}}
    error = {"custom_id": json.loads(first)["custom_id"], "response": {"status_code": 400, "body": said}, "error": None}
    taken = way.take(json.dumps(error), *map(output_line, rest))
    assert (taken.answered, taken.failed) == (len(rest) + 1, {})
    reasons = [row.reason for row in way.store.artifact(texts_spec(way.config, "image")).rejected()]
    assert reasons.count("query too long") == 1


def test_lines_of_others_are_refused_or_listed(way: Way, server: Batches, tmp_path: Path) -> None:
    other = Way(tmp_path / "other", made(server, temperature=0.1))
    foreign = [output_line(line) for line in lines_of(other.write())]
    mine = [output_line(line) for line in lines_of(way.write())]
    before = way.files
    with pytest.raises(TextError) as caught:
        way.take(*foreign)
    fingerprint = texts_spec(way.config, "image").fingerprint[:12]
    assert "holds no answer to a query of this recipe" in str(caught.value)
    assert f"begin with image-{fingerprint}-. Nothing was taken" in str(caught.value)
    with pytest.raises(TextError, match="no line of it has a custom_id"):
        way.take("nonsense", '{"a": 1}')
    with pytest.raises(TextError, match="cannot be read: No such file or directory"):
        take_files(way.store, way.config, ["image"], [tmp_path / "nothing.jsonl"])
    assert way.files == before
    stranger = json.dumps({"custom_id": f"image-{fingerprint}-" + "0" * 40, "response": {}})
    taken = way.take(*mine[:2], foreign[0], stranger, mine[2][:50])
    assert (taken.answered, taken.late) == (2, 1)
    assert taken.unknown[0] == f"out.jsonl:3: {json.loads(foreign[0])['custom_id']}"
    assert taken.unknown[1].startswith('out.jsonl:5: is no line of a batch\'s output: {"id": "x"')
    assert way.book()[0] == 1


@pytest.mark.parametrize(
    ("line", "failure"),
    [
        ({"response": {"status_code": 500, "body": {"error": {"message": "oops"}}}}, "status 500: oops."),
        ({"response": {"status_code": 200, "body": {"choices": []}}}, "an answer without a choice: {'choices': []}."),
        ({"response": None, "error": {"message": f"bad {SECRET}"}}, "status 200: bad ***."),
        ({"error": "busy", "response": [1]}, "status 200: busy."),
    ],
)
def test_lines_without_an_answer(line: dict[str, object], failure: str) -> None:
    from pipeline.text.batch.lines import read_lines

    (found,) = read_lines(json.dumps({"custom_id": "a", **line}).encode(), chat=True, key=SECRET)
    assert (found.answer, found.failure) == (None, failure)


def test_a_body_without_a_frame_is_read(way: Way) -> None:
    lines = [json.loads(output_line(line)) for line in lines_of(way.write())]
    taken = way.take(*(json.dumps({**line, "response": line["response"]["body"]}) for line in lines))
    assert taken.answered == len(lines) and taken.failed == {}


def test_a_file_that_was_changed_or_lost_is_not_submitted(way: Way, server: Batches) -> None:
    (part,) = way.write().parts
    path = Path(part.path)
    content = path.read_text()
    path.write_text(content + "\n")
    with pytest.raises(TextError, match="is not what was written there.*batch cancel RECIPE, then"):
        way.submit()
    path.unlink()
    with pytest.raises(TextError, match="cannot be read"):
        way.submit()
    assert server.seen == []
    path.write_text(content)
    assert way.submit() == 1


def test_a_server_without_batches_is_told_with_the_other_ways(way: Way, server: Batches) -> None:
    server.without = ("files",)
    way.write()
    with pytest.raises(
        EngineError, match=r"refused files with status 404.*vllm run-batch -i FILE.*--from results.jsonl"
    ):
        way.submit()


def test_another_address_is_refused_until_the_batch_is_over(way: Way, server: Batches) -> None:
    way.write()
    way.submit()
    way.config = made(server, where={"url": "http://127.0.0.1:9/v1"})
    for ask in (way.submit, way.collect):
        with pytest.raises(TextError, match=r"was submitted to http.*Set it back"):
            ask()
    _, back = cancel_batch(way.store, way.config, "image", None)
    assert len(back) == 1 and way.book()[0] == 0


def test_a_batch_that_the_server_has_forgotten(way: Way, server: Batches) -> None:
    way.write()
    way.submit()
    server.batches.clear()
    with pytest.raises(EngineError, match=r"status 404: not found.*batch cancel RECIPE --forget"):
        way.collect()


def test_the_key_is_sent_and_written_nowhere(server: Batches, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMPT_TEST_KEY", SECRET)
    server.key = SECRET
    part = {"url": server.url, "key_env": "MMPT_TEST_KEY"}
    way = Way(tmp_path, made(server, where=part))
    way.rounds()
    server.key = "another"
    with pytest.raises(EngineError) as caught:
        BatchServer(way.config.server).upload("x", b"")
    assert SECRET not in str(caught.value) and "the key in MMPT_TEST_KEY was sent" in str(caught.value)
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]


def test_other_engines_have_no_batches(way: Way) -> None:
    way.config = GenerateConfig(engine="deterministic")
    with pytest.raises(TextError, match="this recipe has generate.engine: deterministic"):
        way.write()


def test_answers_wait_for_the_labels_that_they_were_asked_with(way: Way, one_by_one: dict[str, bytes]) -> None:
    """A run of another recipe over the same texts forgets what belongs to nobody, but nothing that was paid for."""
    written = lines_of(way.write())
    way.take(*map(output_line, written[1:]))
    cancel_batch(way.store, way.config, "image", None)
    waiting = way.book()[1]
    generate_texts(Store(way.root / "workspace"), way.config, "image", ["siren"])
    assert way.book()[1] == waiting == len(written) - 1
    assert lines_of(way.write()) == written[:1]


def test_clean_up_leaves_what_is_out(way: Way) -> None:
    """Nothing is published yet, and the answers that will come are paid for."""
    way.write()
    assert way.store.gc((), delete=True) == []
    assert way.book()[0] == 1


def test_a_workspace_on_object_storage(tmp_path: Path, server: Batches, s3: str) -> None:
    config = made(server, sentences_per_class=5)
    way, there = Way(tmp_path / "here", config, LABELS[:1]), Way(tmp_path / "there", config, LABELS[:1])
    there.store = Store(s3)
    way.rounds()
    for _ in range(20):
        if not there.write().parts:
            break
        assert there.write().parts == ()  # it is remembered before anything else happens
        there.submit()
        assert there.submit() == 0
        there.collect()
    spec = texts_spec(config, "image")
    rows = [store.artifact(spec).table().to_pylist() for store in (way.store, there.store)]
    assert rows[0] == rows[1] and rows[0]
    assert there.book() == (0, 0, 0)
