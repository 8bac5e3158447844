"""`python -m flows.deploy`: two work pools with a limit of runs each, then every deployment of this folder's prefect.yaml.

Run it again after every change of prefect.yaml. A pool that exists keeps the limit and the job template it has.
"""

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.exceptions import ObjectNotFound
from prefect.settings import get_current_settings
from prefect.workers.process import ProcessWorker

from stores.errors import MmptError

POOLS = {"mmpt-gpu": ("MMPT_GPU_RUNS", 1), "mmpt-cpu": ("MMPT_CPU_RUNS", 4)}
"""Pool -> the variable that says how many runs it takes at once, and how many without it."""

_PATIENCE_S = 900.0  # for a server that was just started on a busy machine; it is told at once that there is a wait


class NotDeployed(MmptError):
    """The deployments cannot be made as things are."""


def main() -> None:
    """Run the program. Exit codes: 0 done, 2 something you can mend, else what `prefect deploy` left with."""
    try:
        limits = {pool: runs_at_once(*asked) for pool, asked in POOLS.items()}
        if not Path("prefect.yaml").is_file():
            raise NotDeployed("there is no prefect.yaml here; go to the folder that has it (the repository's root)")
        asyncio.run(make_pools(limits))
    except MmptError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    deploy = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all"]
    raise SystemExit(subprocess.run(deploy, stdin=subprocess.DEVNULL).returncode)


def runs_at_once(variable: str, default: int) -> int:
    """How many runs a pool takes at once.

    Raises:
        NotDeployed: the variable holds no number from 1.
    """
    asked = os.environ.get(variable, str(default))
    if not asked.isdecimal() or int(asked) < 1:
        raise NotDeployed(
            f"{variable} is {asked!r}; how many runs at once is a number from 1, e.g. {variable}={default}"
        )
    return int(asked)


async def make_pools(limits: dict[str, int], patience_s: float = _PATIENCE_S) -> None:
    """Make the pools that are not there yet.

    Raises:
        NotDeployed: no server is named, or it does not answer in time.
    """
    url = get_current_settings().api.url
    if url is None:  # Prefect would start a server for this one command and forget everything
        raise NotDeployed("PREFECT_API_URL is not set; for a server on this machine: http://127.0.0.1:4200/api")
    async with get_client() as client:
        await _answers(client, url, patience_s)
        for name, limit in limits.items():
            try:
                await client.read_work_pool(name)
            except ObjectNotFound:
                template = ProcessWorker.get_default_base_job_template()
                await client.create_work_pool(
                    WorkPoolCreate(name=name, type="process", concurrency_limit=limit, base_job_template=template)
                )


async def _answers(client: PrefectClient, url: str, patience_s: float) -> None:
    """Wait for a server that is still starting."""
    start, told = time.monotonic(), False
    while (problem := await client.api_healthcheck()) is not None:
        if time.monotonic() >= start + patience_s:
            raise NotDeployed(f"the server at {url} did not answer for {patience_s:g} s ({problem}). Is it running?")
        if not told:
            print(f"waiting for the server at {url}", file=sys.stderr)
            told = True
        await asyncio.sleep(1)


if __name__ == "__main__":
    main()
