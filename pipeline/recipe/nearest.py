"""What pydantic finds wrong with a recipe, as one line for people, with the key that somebody meant."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from pipeline.printable import cut

_SHOWN = 200


def tell_mistake(item: Any, model: type[BaseModel]) -> str:
    """One line for one of pydantic's errors; `model` is the one at the root."""
    path = ".".join(part for i, part in enumerate(map(str, item["loc"])) if i == 0 or part != str(item["loc"][i - 1]))
    if item["type"] == "extra_forbidden":
        return f"{path}: unknown key{nearest_key(model, item['loc'])}"
    if item["type"] == "union_tag_invalid":
        context = item["ctx"]
        close = get_close_matches(context["tag"], context["expected_tags"].replace("'", "").split(", "), n=1)
        hint = f" Did you mean {close[0]}?" if close else ""
        key = context["discriminator"].strip("'")
        return f"{path}: {key} is '{cut(str(context['tag']), _SHOWN)}'; allowed are {context['expected_tags']}.{hint}"
    message = item["msg"].removeprefix("Value error, ")
    shown = "" if isinstance(item["input"], dict | BaseModel) else f" (found: {cut(repr(item['input']), _SHOWN)})"
    return f"{path + ': ' if path else ''}{message}{shown}"


def nearest_key(model: type[BaseModel], location: Sequence[int | str]) -> str:
    """The end of the sentence "unknown key…": the nearest allowed key, and all the allowed ones.

    Args:
        model: the model at the root.
        location: pydantic's path to the unknown key; union tags in it are skipped.
    """
    models: list[type[BaseModel]] = [model]
    for part in location[:-1]:
        models = [inner for m in models for inner in _inside(m, str(part))] or models
    allowed = sorted({name for m in models for name in m.model_fields})
    close = get_close_matches(str(location[-1]), allowed, n=1, cutoff=0.5)
    return (f"; did you mean '{close[0]}'?" if close else "") + f" Allowed here: {', '.join(allowed)}"


def _inside(model: type[BaseModel], part: str) -> list[type[BaseModel]]:
    field = model.model_fields.get(part)
    if field is None:  # a dictionary's key or a union's tag: stay with the models that have such a tag
        tagged = [model] if any(part in get_args(f.annotation) for f in model.model_fields.values()) else []
        return tagged
    return list(_models_in(field.annotation))


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) in (Union, UnionType, Annotated, dict, list, tuple):
        for argument in get_args(annotation):
            yield from _models_in(argument)
