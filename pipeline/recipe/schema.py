"""The JSON schema of recipes, for editors, with what the sources say of every option.

What stands below a field in its class is its description; pydantic would read it as well, but at every start of every command.
"""

import ast
import inspect
import textwrap
from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from pipeline.recipe.common_words import MEANINGS

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _Described(GenerateJsonSchema):
    def model_schema(self, schema: Any) -> dict[str, Any]:
        """The schema of one model, with its fields' docstrings; its own docstring's first paragraph is kept."""
        found = super().model_schema(schema)
        for name, text in meanings(schema["cls"]).items():
            if name in found.get("properties", {}):
                found["properties"][name]["description"] = text
        if "description" in found:
            found["description"] = _one_line(found["description"])
        return found


def recipe_schema(recipes: Mapping[str, type[BaseModel]]) -> dict[str, Any]:
    """The schema of a recipe of any of some tasks.

    Args:
        recipes: task -> the shape of its recipes. `task:` may be said in all.
    """
    shapes, definitions = [], dict[str, Any]()
    for task, model in recipes.items():
        shape = model.model_json_schema(schema_generator=_Described, ref_template=f"#/$defs/{task}/$defs/{{model}}")
        shape = _loosened(shape)
        shape["properties"] = {
            "task": {
                "const": task,
                "description": "What kind of recipe this is; told by its keys where it is left out.",
            },
            **shape["properties"],
        }
        definitions[task] = shape
        shapes.append({"$ref": f"#/$defs/{task}"})
    return {"$schema": DIALECT, "title": "mmpt-pipeline recipe", "anyOf": shapes, "$defs": definitions}


def _loosened(part: Any) -> Any:
    """What has a name in front of it need not say its `method` or `layout` again, and may be empty: that says the name itself."""
    if isinstance(part, list):
        return [_loosened(each) for each in part]
    if not isinstance(part, dict):
        return part
    found = {key: _loosened(value) for key, value in part.items() if key != "discriminator"}
    if "discriminator" in part:
        found["anyOf"] = found.pop("oneOf")
    inside = found.get("additionalProperties")
    if isinstance(inside, dict) and "anyOf" in inside:
        inside["anyOf"].append({"type": "null"})
    return found


@cache
def meanings(model: type[BaseModel]) -> Mapping[str, str]:
    """Field -> what stands below it in the class that defines it last, or among the attributes in that class's docstring."""
    found = {name: MEANINGS[name] for name in model.model_fields if name in MEANINGS}
    for part in reversed(model.__mro__):
        if part is BaseModel or not issubclass(part, BaseModel):
            continue
        (tree,) = ast.parse(textwrap.dedent(inspect.getsource(part))).body
        assert isinstance(tree, ast.ClassDef)
        found |= _listed(ast.get_docstring(tree) or "")
        for field, after in zip(tree.body, tree.body[1:], strict=False):
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and _is_text(after):
                found[field.target.id] = _one_line(after.value.value)  # type: ignore[attr-defined]
    return found


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _listed(docstring: str) -> dict[str, str]:
    """`name: meaning` lines below "Attributes:", which may go on in lines set in further."""
    found: dict[str, str] = {}
    name, told = "", False
    for line in docstring.splitlines():
        if line.strip() == "Attributes:":
            told = True
        elif told and line.startswith("    ") and not line.startswith("     ") and ":" in line:
            name, _, text = line.strip().partition(":")
            found[name] = text.strip()
        elif told and name and line.startswith("     "):
            found[name] += " " + line.strip()
    return found


def _one_line(text: str) -> str:
    return " ".join(inspect.cleandoc(text).split("\n\n")[0].split())
