"""What compose.yaml promises: nothing listens beyond this machine, nothing is secret, everything is pinned and looked after."""

import re
from typing import Any

import pytest
import yaml
from compose_file import ROOT, SECRETS, Refused, command_of, read_compose, services

from flows.deploy import POOLS

ONCE = {"deploy", "bucket", "cli"}


@pytest.fixture(params=sorted(services()))
def named(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    return request.param, services()[request.param]


@pytest.mark.parametrize("missing", sorted(SECRETS))
def test_it_refuses_to_start_without_secrets_and_holds_none(missing: str) -> None:
    with pytest.raises(Refused, match="put MMPT_S3_KEY and MMPT_S3_SECRET into .env"):
        read_compose({name: value for name, value in SECRETS.items() if name != missing})
    as_written = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    secret = re.compile("key|secret|token|password|root_user", re.IGNORECASE)
    held = [
        (name, variable, value)
        for name, service in as_written.items()
        for variable, value in service.get("environment", {}).items()
        if secret.search(variable) and not re.fullmatch(r"\$\{\w+(:\?[^}]+|:-)\}", value)
    ]
    assert held == []


def test_ports_are_open_on_this_machine_only() -> None:
    ports = {name: service["ports"] for name, service in services().items() if "ports" in service}
    assert ports == {"server": ["127.0.0.1:4200:4200"], "minio": ["127.0.0.1:9000:9000", "127.0.0.1:9001:9001"]}
    assert not any("network_mode" in service for service in services().values())


def test_images_are_ours_or_pinned_by_digest(named: tuple[str, dict[str, Any]]) -> None:
    _, service = named
    if "build" in service:
        target = service["build"]["target"]
        assert service["image"] == f"mmpt-pipeline:{target}"
        assert re.search(rf"^FROM \S+ AS {target}$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    else:
        assert re.fullmatch(r"[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}", service["image"])


def test_what_runs_on_is_looked_after(named: tuple[str, dict[str, Any]]) -> None:
    name, service = named
    check = service["healthcheck"]
    if name in ONCE:
        assert check == {"disable": True} and service["restart"] == "no"
    else:
        assert check["test"][0] == "CMD" and service["restart"] == "unless-stopped"
        assert all(check[key] for key in ("interval", "timeout", "retries", "start_period"))
    assert "no-new-privileges:true" in service["security_opt"] and not service.get("privileged")
    if "build" in service:
        assert service["cap_drop"] == ["ALL"]


def test_whoever_waits_waits_for_something_that_comes(named: tuple[str, dict[str, Any]]) -> None:
    """A service that is never healthy, or never ends, would be waited for for ever."""
    _, service = named
    for other, wanted in service.get("depends_on", {}).items():
        ends = services()[other]["restart"] == "no"
        assert wanted["condition"] == ("service_completed_successfully" if ends else "service_healthy")
        assert "profiles" not in services()[other]


def test_a_check_asks_where_the_service_listens(named: tuple[str, dict[str, Any]]) -> None:
    _, service = named
    (*_, address) = service["healthcheck"].get("test", [""])
    if port := re.search(r":(\d+)/", address):
        assert port[1] in re.findall(r"\d+", " ".join([*command_of(service), *service.get("environment", {}).values()]))


def test_hosts_are_services() -> None:
    hosts = set(re.findall(r"(?:http|tcp)://([a-z-]+):", str(list(services().values()))))
    assert hosts == {"server", "scheduler", "minio"} and hosts <= set(services())


def test_volumes_are_declared_and_lie_where_the_image_made_room() -> None:
    """A volume over a folder that the image lacks would belong to root."""
    declared = set(read_compose()["volumes"])
    made = re.search(r"install -d -o 1000 -g 1000 (.*)", (ROOT / "Dockerfile").read_text())
    assert made
    used = set()
    for service in services().values():
        for volume in service.get("volumes", []):
            source, target, *_ = volume.split(":")
            if not source.startswith((".", "/")):
                used.add(source)
                assert "build" not in service or target in made[1].split()
    assert used == declared


def test_every_pool_has_a_worker_with_and_without_a_gpu() -> None:
    served: dict[str, list[str]] = {}
    for name, service in services().items():
        command = command_of(service)
        if "--pool" in command:
            served.setdefault(command[command.index("--pool") + 1], []).append(name)
    assert served == {"mmpt-cpu": ["worker"], "mmpt-gpu": ["worker-gpu", "worker-no-gpu"]} and set(served) == set(POOLS)
    gpu, without = services()["worker-gpu"], services()["worker-no-gpu"]
    assert (gpu["profiles"], without["profiles"]) == (["gpu"], ["no-gpu"])
    (device,) = gpu["deploy"]["resources"]["reservations"]["devices"]
    assert device["capabilities"] == ["gpu"] and gpu["build"]["target"] == "gpu"
    assert "deploy" not in without


def test_what_is_scaled_takes_no_port_and_no_name_of_its_own() -> None:
    worker = services()["dask-worker"]
    assert not {"ports", "container_name", "hostname"} & set(worker)


def test_runs_find_the_same_folders_wherever_they_run() -> None:
    """A path in a recipe, or in a unit on its way to a Dask worker, means the same file in every container."""
    folders = {
        name: services()[name]["volumes"] for name in ("worker", "worker-gpu", "worker-no-gpu", "dask-worker", "cli")
    }
    assert len(set(map(tuple, folders.values()))) == 1
