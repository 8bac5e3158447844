"""`prefect deployment run train` for `train/train`: a deployment that is named like its flow may be called by the bare name.

Prefect's own grammar is FLOW/DEPLOYMENT and has no alias. This is a plugin of Prefect (entry point group `prefect.plugins`); it
acts only where `prefect.toml` of the current folder, or PREFECT_PLUGINS_ENABLED=1, turns plugins on. The hook is Prefect's; what
it wraps is not promised by Prefect, so the pinned version is tested, and should a later one differ, Prefect logs the failure
of this plugin and goes on: FLOW/DEPLOYMENT works with and without it.
"""

from functools import wraps
from typing import Any

from prefect.plugins import HookContext, register_hook

_METHOD = "read_deployment_by_name"


@register_hook
def setup_environment(*, ctx: HookContext) -> None:
    """Let the client find a deployment by its bare name."""
    from prefect.client.orchestration import PrefectClient

    find = getattr(PrefectClient, _METHOD)

    @wraps(find)
    async def find_by_any_name(client: PrefectClient, name: str) -> Any:
        return await find(client, full_name(name))

    setattr(PrefectClient, _METHOD, find_by_any_name)


def full_name(name: str) -> str:
    """FLOW/DEPLOYMENT for a bare name; Prefect refuses bare names, so none can mean anything else."""
    return name if "/" in name else f"{name}/{name}"
