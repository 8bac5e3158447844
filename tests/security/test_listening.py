"""Nothing listens beyond this machine unless somebody asks for it."""

import re
from pathlib import Path

import psutil
import pytest
import yaml
from prefect.settings import Settings

from pipeline.text.engines.vllm_process import _ENVIRONMENT
from pipeline.text.settings import ServerConfig

ROOT = Path(__file__).resolve().parents[2]
PATTERNS = "*.yaml *.toml Makefile Dockerfile *.md docs/*.md pipeline/**/*.py stores/**/*.py flows/**/*.py".split()
FILES = [path for pattern in [*PATTERNS, "pipeline/**/*.yaml"] for path in ROOT.glob(pattern)]


def test_prefect_s_server_listens_on_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PREFECT_SERVER_API_HOST", raising=False)
    assert Settings().server.api.host == "127.0.0.1"


def test_vllm_and_the_default_server_are_on_loopback() -> None:
    assert _ENVIRONMENT["VLLM_HOST_IP"] == "127.0.0.1"
    assert ServerConfig.model_validate({}).url.startswith("http://127.0.0.1:")


def test_no_file_of_the_repository_opens_a_port_to_all() -> None:
    assert len(FILES) > 100
    for path in set(FILES) - {ROOT / "compose.yaml"}:
        assert not re.search(r"0\.0\.0\.0|\[::\]|host=\"\"|--host[ =](?!127)", path.read_text("utf-8")), path


def test_containers_publish_their_ports_on_this_machine_only() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"]
    published = [port for service in services.values() for port in service.get("ports", [])]
    assert published and all(port.startswith("127.0.0.1:") for port in published)
    assert not any("network_mode" in service for service in services.values())


def test_a_local_dask_cluster_listens_on_loopback() -> None:
    from pipeline.runner.dask.connect import connect

    with connect("local:1", 1):
        me = psutil.Process()
        ours = [me, *me.children(recursive=True)]
        listening = {
            c.laddr.ip for process in ours for c in process.net_connections("inet") if c.status == psutil.CONN_LISTEN
        }
    assert listening and listening <= {"127.0.0.1", "::1"}, listening
