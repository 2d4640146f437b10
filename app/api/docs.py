"""The OpenAPI document and the page that reads it, both open to all and whole without a network."""

from functools import lru_cache
from typing import Any

import orjson
from flask import Blueprint, Flask, Response, current_app, render_template

from app.auth.principal import open_to_all

pages = Blueprint("api-reader", __name__)
METHODS = ("get", "post")


@pages.get("/api/v1/openapi.json")
@open_to_all
def document() -> Response:
    """The whole API as OpenAPI 3.1."""
    return Response(_text(current_app._get_current_object()), mimetype="application/json", headers={"Cache-Control": "no-cache"})


@pages.get("/api/docs")
@open_to_all
def reader() -> str:
    """The same for people."""
    spec = current_app.extensions["api"].spec.to_dict()
    return render_template(
        "api/docs.html", spec=spec, chapters=chapters(spec), shapes=spec["components"]["schemas"], type_of=type_of, name_of=name_of
    )


def chapters(spec: dict) -> list[dict[str, Any]]:
    """The operations by tag, in the order of the document."""
    found = {
        tag["name"].removeprefix("api-"): {"name": tag["name"].removeprefix("api-"), "about": tag["description"], "calls": []}
        for tag in spec["tags"]
    }
    for path, item in spec["paths"].items():
        for method in METHODS:
            if method in item:
                call = item[method]
                found[call["tags"][0]]["calls"].append(_call(spec, method, path, call, item.get("parameters", [])))
    return list(found.values())


def type_of(schema: dict) -> str:
    """A schema in a word or two: "string", "integer 1–5", "array of Task", "one of …"."""
    if "$ref" in schema:
        return name_of(schema)
    if "enum" in schema:
        return " ".join("null" if code is None else str(code) for code in schema["enum"] if code != "")
    if schema.get("type") == "array":
        return f"[{type_of(schema.get('items', {}))}]"
    kind = schema.get("type", schema.get("format", "object"))
    bounds = f" {schema['minimum']}–{schema['maximum']}" if "minimum" in schema and "maximum" in schema else ""
    longest = f" ≤{schema['maxLength']}" if "maxLength" in schema else ""
    return (
        (" | ".join(kind) if isinstance(kind, list) else kind)
        + (f" {schema['format']}" if "format" in schema and "type" in schema else "")
        + bounds
        + longest
    )


def name_of(schema: dict) -> str:
    """The component a reference names."""
    return schema.get("$ref", "").rpartition("/")[2]


def _call(spec: dict, method: str, path: str, call: dict, shared: list) -> dict[str, Any]:
    parameters = [_resolved(spec, parameter) for parameter in [*shared, *call.get("parameters", [])]]
    content = call.get("requestBody", {}).get("content", {})
    kind, body = next(iter(content.items()), ("", {}))
    schema = _resolved(spec, body.get("schema", {}))
    return {
        "id": f"{method}-{path.strip('/').replace('/', '-').replace('{', '').replace('}', '')}",
        "method": method.upper(),
        "path": path,
        "summary": call.get("summary", ""),
        "about": call.get("description", ""),
        "open": call.get("security") == [],
        "kind": kind,
        "parameters": parameters,
        "fields": schema.get("properties", {}),
        "required": schema.get("required", []),
        "answers": [_answer(spec, status, answer) for status, answer in sorted(call["responses"].items(), key=lambda pair: str(pair[0]))],
    }


def _answer(spec: dict, status, answer: dict) -> dict[str, Any]:
    answer = _resolved(spec, answer)
    schema = next(iter(answer.get("content", {}).values()), {}).get("schema", {})
    return {
        "status": status,
        "about": answer.get("description", ""),
        "shape": name_of(schema) or name_of(schema.get("items", {})),
        "many": schema.get("type") == "array",
    }


def _resolved(spec: dict, part: dict) -> dict:
    """The part itself, or the component it points to."""
    if "$ref" not in part:
        return part
    _hash, _components, kind, name = part["$ref"].split("/")
    return spec["components"][kind][name]


@lru_cache(maxsize=4)
def _text(app: Flask) -> bytes:
    return orjson.dumps(app.extensions["api"].spec.to_dict(), option=orjson.OPT_INDENT_2)
