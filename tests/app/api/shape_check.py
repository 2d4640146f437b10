"""Does a JSON value have the shape the OpenAPI document promises? The few keywords the document uses, no more."""

from datetime import datetime

KINDS = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "object": dict, "array": list, "null": type(None)}


def faults(spec: dict, schema: dict, value, place: str = "") -> list[str]:
    """Every way in which `value` is not what `schema` says; empty when it is. An undocumented field is one."""
    if "$ref" in schema:
        return faults(spec, component(spec, schema["$ref"]), value, place)
    if "anyOf" in schema or "allOf" in schema:
        tried = [faults(spec, one, value, place) for one in schema.get("anyOf", schema.get("allOf"))]
        return min(tried, key=len)
    kinds = schema.get("type", "object" if "properties" in schema else [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(
        isinstance(value, KINDS[kind]) and not (kind in ("integer", "number") and isinstance(value, bool)) for kind in kinds
    ):
        return [f"{place}: {value!r} is no {' or '.join(kinds)}"]
    if value is None:
        return []
    found = []
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{place}: {value!r} is not listed")
    if schema.get("format") == "date-time" and datetime.fromisoformat(value).utcoffset() is None:
        found.append(f"{place}: {value!r} has no offset")
    if isinstance(value, list):
        found += [fault for number, item in enumerate(value) for fault in faults(spec, schema.get("items", {}), item, f"{place}[{number}]")]
    if isinstance(value, dict) and "properties" in schema:
        found += [f"{place}.{name} is not documented" for name in value if name not in schema["properties"]]
        found += [
            fault
            for name, inner in schema["properties"].items()
            if name in value
            for fault in faults(spec, inner, value[name], f"{place}.{name}")
        ]
    return found


def component(spec: dict, reference: str) -> dict:
    """What "#/components/schemas/Ticket" points to. Raises KeyError for a reference to nothing."""
    _hash, _components, kind, name = reference.split("/")
    return spec["components"][kind][name]


def answer_schema(spec: dict, call: dict, status: int) -> dict:
    """The documented schema of an answer; {} when it has no body."""
    answer = call["responses"][str(status)]
    answer = component(spec, answer["$ref"]) if "$ref" in answer else answer
    return next(iter(answer.get("content", {}).values()), {}).get("schema", {})
