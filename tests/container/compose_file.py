"""compose.yaml as Docker reads it: anchors merged, variables put in."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
SECRETS = {"MMPT_S3_KEY": "a-key", "MMPT_S3_SECRET": "a-long-secret"}
_VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<text>[^}]*))?\}")


class Refused(Exception):
    """A variable that must be set is not."""


def read_compose(environment: Mapping[str, str] = SECRETS) -> dict[str, Any]:
    """The whole file."""
    content = _put_in(yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8")), environment)
    assert isinstance(content, dict)
    return content


@cache
def services() -> dict[str, dict[str, Any]]:
    """Every service by name."""
    found = read_compose()["services"]
    assert isinstance(found, dict)
    return found


def command_of(service: Mapping[str, Any]) -> list[str]:
    """What is started; the image's entrypoint where the service has none of its own."""
    return [*service.get("entrypoint", ["mmpt-pipeline"]), *service.get("command", [])]


def _put_in(value: Any, environment: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _put_in(each, environment) for key, each in value.items()}
    if isinstance(value, list):
        return [_put_in(each, environment) for each in value]
    return _VARIABLE.sub(lambda found: _value(found, environment), value) if isinstance(value, str) else value


def _value(found: re.Match[str], environment: Mapping[str, str]) -> str:
    if given := environment.get(found["name"]):
        return given
    if found["kind"] == "?":
        raise Refused(found["text"])
    return found["text"] or ""
