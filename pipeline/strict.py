"""The base of every configuration model: unknown keys are errors, values cannot be changed afterwards."""

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """A frozen pydantic model that forbids keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())
