"""What the flows are made of: which failures are tried again, bare names, what goes on a page."""

import asyncio
import errno
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from prefect.client.schemas.actions import WorkPoolCreate

from flows import bare_names, page
from flows.deploy import NotDeployed, make_pools, runs_at_once
from flows.deploy import main as deploy
from flows.events import NotSent, classes_added
from flows.progress import PageProgress, run_progress
from flows.retry import DELAYS_S, WrongDelays, as_prefect_task, worth_retrying
from pipeline.recipe.errors import RecipeError
from pipeline.report.pieces import plain
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.telemetry.progress import Progress
from stores.errors import LockHeld, MmptError


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (LockHeld("held"), True),
        (ConnectionResetError("reset"), True),
        (TimeoutError("late"), True),
        (OSError(errno.EIO, "bad disk"), True),
        (OSError(errno.ESTALE, "network file system"), True),
        (caused(MmptError("the LLM's server does not answer"), ConnectionRefusedError("refused")), True),
        (OSError(errno.ENOSPC, "full"), False),
        (PermissionError(errno.EACCES, "not yours"), False),
        (caused(RecipeError("r.yaml", ["wrong"]), FileNotFoundError(errno.ENOENT, "gone")), False),
        (MmptError("too many files were rejected"), False),
        (MemoryError(), False),
        (AssertionError("a defect"), False),
    ],
)
def test_only_what_time_may_mend_is_tried_again(error: Exception, again: bool) -> None:
    assert worth_retrying(error) is again


def test_a_stage_as_a_task() -> None:
    task = as_prefect_task("train", lambda: None)
    assert (task.name, task.retries, task.retry_delay_seconds) == ("train", 2, list(DELAYS_S))
    assert task.persist_result is False and not task.cache_policy.compute_key(None, {}, {})


def test_how_long_to_wait_before_a_retry(monkeypatch: pytest.MonkeyPatch) -> None:
    for asked, waits in (("5", [5.0]), ("0.5,60", [0.5, 60.0]), ("", [])):
        monkeypatch.setenv("MMPT_RETRY_DELAYS_S", asked)
        task = as_prefect_task("train", lambda: None)
        assert (task.retries, task.retry_delay_seconds) == (len(waits), waits)
    monkeypatch.setenv("MMPT_RETRY_DELAYS_S", "soon")
    with pytest.raises(WrongDelays, match=r"^MMPT_RETRY_DELAYS_S is 'soon'; .* e\.g\. MMPT_RETRY_DELAYS_S=30,300"):
        as_prefect_task("train", lambda: None)


def test_no_module_stands_before_one_of_python_s() -> None:
    """Prefect puts the folder of an entry point first on the path of imports."""
    assert {path.stem for path in Path(page.__file__).parent.glob("*.py")} & sys.stdlib_module_names == set()


def test_a_bare_name_is_a_deployment_named_like_its_flow() -> None:
    assert bare_names.full_name("train") == "train/train"
    assert bare_names.full_name("train/train") == "train/train"
    assert bare_names.full_name("train/mine") == "train/mine"


def test_the_plugin_wraps_what_the_pinned_prefect_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """The names that reach Prefect's own method, before and after the hook ran."""
    from prefect.client.orchestration import PrefectClient

    asked: list[str] = []

    async def record(client: PrefectClient, name: str) -> str:
        asked.append(name)
        return name.upper()

    monkeypatch.setattr(PrefectClient, "read_deployment_by_name", record)
    client = object.__new__(PrefectClient)
    asyncio.run(client.read_deployment_by_name("train"))
    assert bare_names.setup_environment(ctx=None) is None  # type: ignore[arg-type]
    found = [asyncio.run(client.read_deployment_by_name(name)) for name in ("train", "train/train", "a/b")]
    assert asked == ["train", "train/train", "train/train", "a/b"]
    assert found == ["TRAIN/TRAIN", "TRAIN/TRAIN", "A/B"]


def test_the_plugin_is_installed() -> None:
    from importlib.metadata import entry_points

    (found,) = [each for each in entry_points(group="prefect.plugins") if each.name == "mmpt-bare-names"]
    assert found.load() is bare_names
    (listener,) = entry_points(group="mmpt_pipeline.classes_added")
    assert listener.load() is classes_added


def test_text_of_a_model_is_shown_and_does_nothing() -> None:
    assert plain("a  <b>\n cat_dog") == r"a &lt;b&gt; cat\_dog"
    assert plain("[x](javascript:y) `z` #1") == r"\[x\]\(javascript:y\) \`z\` \#1"


def test_keys_are_what_prefect_takes() -> None:
    assert page.key_of("My_Run.v2", "evaluation") == "my-run-v2-evaluation"


def test_without_a_run_nothing_is_shown(open_context: Callable[..., BoundSentences]) -> None:
    """No server is asked: there is none."""
    assert not page.in_run()
    page.show_features(open_context(), {})
    page._markdown("x", "y", ["z"])
    assert type(run_progress()) is Progress and not isinstance(run_progress(), PageProgress)


def test_pictures_are_png() -> None:
    from pipeline.report.small_pictures import bars, loss_curves

    one, two = {"loss": [1.0]}, {"$pro$mpt_": [2.0, 1.0, 0.5] * 200, "coop": [3.0, 1.5]}
    groups = {"base": [0.5, 0.75], "novel": [0.25, 0.5]}
    pictures = [loss_curves(one), loss_curves(two), bars(["zero-shot", "$pro$mpt_"], groups)]
    for picture in (*pictures, bars(["a", "b"], {"": [0.5, 1.0]}, ["#e07b00", "#98a2b3"])):
        assert picture.startswith(b"\x89PNG") and 2_000 < len(picture) < 200_000


def test_how_many_runs_a_pool_takes_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MMPT_GPU_RUNS", raising=False)
    assert runs_at_once("MMPT_GPU_RUNS", 1) == 1
    monkeypatch.setenv("MMPT_GPU_RUNS", "8")
    assert runs_at_once("MMPT_GPU_RUNS", 1) == 8
    for wrong in ("0", "-1", "two", ""):
        monkeypatch.setenv("MMPT_GPU_RUNS", wrong)
        with pytest.raises(
            NotDeployed, match=f"MMPT_GPU_RUNS is '{wrong}'; .* is a number from 1, e.g. MMPT_GPU_RUNS=1"
        ):
            runs_at_once("MMPT_GPU_RUNS", 1)


def test_deploying_without_a_server() -> None:
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with pytest.raises(NotDeployed, match=r"^PREFECT_API_URL is not set; for a server on this machine: http://127"):
        asyncio.run(make_pools({"p": 1}))
    with (
        temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}),
        pytest.raises(NotDeployed, match=r"^the server at http://127\.0\.0\.1:9/api did not answer for 0 s \("),
    ):
        asyncio.run(make_pools({"p": 1}, patience_s=0))


def test_a_server_that_is_still_starting_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It answers when asked for the third time; the pool that is there is left alone, the other one is made."""
    from prefect.client.orchestration import PrefectClient
    from prefect.exceptions import ObjectNotFound
    from prefect.settings import PREFECT_API_URL, temporary_settings

    problems: list[Exception | None] = [ConnectionError("no"), ConnectionError("no"), None]
    made: list[tuple[str, str, int | None]] = []

    async def healthcheck(client: PrefectClient) -> Exception | None:
        return problems.pop(0)

    async def read(client: PrefectClient, name: str) -> None:
        if name == "new":
            raise ObjectNotFound(Exception("404"))

    async def create(client: PrefectClient, pool: WorkPoolCreate) -> None:
        made.append((pool.name, pool.type, pool.concurrency_limit))
        assert "command" in pool.base_job_template["variables"]["properties"]

    async def slept(seconds: float) -> None:
        pass

    monkeypatch.setattr(PrefectClient, "api_healthcheck", healthcheck)
    monkeypatch.setattr(PrefectClient, "read_work_pool", read)
    monkeypatch.setattr(PrefectClient, "create_work_pool", create)
    monkeypatch.setattr("flows.deploy.asyncio.sleep", slept)
    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}):
        asyncio.run(make_pools({"there": 1, "new": 4}))
    assert made == [("new", "process", 4)] and problems == []
    assert capsys.readouterr().err == "waiting for the server at http://127.0.0.1:9/api\n"


def test_deploying_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as left:
        deploy()
    assert left.value.code == 2
    assert capsys.readouterr().err.startswith("error: there is no prefect.yaml here; go to the folder that has it")


def test_an_event_without_a_server(
    open_context: Callable[..., BoundSentences], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prefect.settings import PREFECT_API_URL, temporary_settings

    open_context()
    recipe = tmp_path / "recipe.yaml"
    with pytest.raises(
        NotSent, match=r"^PREFECT_API_URL is not set; for a server on this machine: http://127\.0\.0\.1"
    ):
        classes_added(recipe, "image", ["fox"])
    with (
        temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}),
        pytest.raises(NotSent, match=r"^the server at http://127\.0\.0\.1:9/api did not take the event: "),
    ):
        classes_added(recipe, "image", ["fox"])
