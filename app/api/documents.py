"""What all calls share in the OpenAPI document: error answers, the headers of writes and reads, who may, and the bearer token."""

from http import HTTPStatus

from flask_smorest import Api

from app.api import problems, words
from app.api.actions import ACTIONS
from app.api.shapes import ProblemShape
from tickets.words import ROLE

MEANT = {
    400: "请求格式不对",
    401: "没有令牌或已过期",
    403: "岗位不对，或令牌只能读",
    404: "没有，或者不归您看",
    409: "状态不对，或 Idempotency-Key 用在了别的请求上",
    412: "If-Match 与现在的版本不同：有人先一步",
    413: "太大",
    422: "字段有误，errors 逐个说明",
    429: "太频繁，见 Retry-After",
}
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": 200},
    "description": "同一个键和同样的内容只做一次，再来给同样的回答（Idempotent-Replayed: true）；三天内有效",
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "看到的版本；有人先一步则 412",
}
IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "手上的版本；没变则 304",
}
LANG = {
    "name": "lang",
    "in": "query",
    "required": False,
    "schema": {"type": "string", "enum": ["zh", "en"]},
    "description": "回答的语言，也可用 Accept-Language",
}
OPTIONS = {
    "info": {"description": "全市一号的热线：登记、派单、办理、答复、回访。写操作带 Idempotency-Key 可放心重试；工单的 ETag 是它的版本。"},
    "servers": [{"url": "/"}],
    "security": [{"bearer": []}],
}


def describe(api: Api) -> None:
    """Put the shared parts into the document once."""
    parts = api.spec.components
    parts.security_scheme("bearer", {"type": "http", "scheme": "bearer", "description": "python3 manage.py token 用户名"})
    for parameter in (KEY, IF_MATCH, IF_NONE_MATCH, LANG):
        parts.parameter(parameter["name"], parameter["in"], {k: v for k, v in parameter.items() if k not in ("name", "in")})
    parts.schema("Problem", schema=ProblemShape)
    for status, meant in MEANT.items():
        parts.response(
            f"Problem{status}", {"description": meant, "content": {problems.MIME: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
        )


def common(doc: dict, info: dict, *, method: str, **_ignored) -> dict:
    """smorest calls this for every operation: adds what its marks (see nouns.py) ask for."""
    marks = info.get("marks", {})
    doc["operationId"] = marks.get("name", "")
    failures = {422} if "requestBody" in doc or doc.get("parameters") else set()
    parameters = doc.setdefault("parameters", [])
    if not marks.get("open"):
        failures |= {401, 403}
    else:
        doc["security"] = []
    if marks.get("one"):
        failures.add(404)
    if method == "post":
        failures |= {409, 413}
        parameters.append("Idempotency-Key")
        if marks.get("ticket"):
            parameters.append("If-Match")
            failures.add(412)
    elif marks.get("tagged"):
        parameters.append("If-None-Match")
        doc["responses"][304] = {"description": HTTPStatus(304).phrase}
    parameters.append("lang")
    for status in sorted(failures | {429}):
        doc["responses"].setdefault(status, f"Problem{status}")
    return doc | who(marks.get("actions", ()), marks.get("roles", ()))


def who(actions, roles=()) -> dict:
    """Who may, and by which article: from the tables of acts themselves."""
    edges = [ACTIONS[action] for action in actions]
    named = sorted({role for edge in edges for role in edge.roles} | set(roles))
    if not named:
        return {}
    found = {"x-roles": named, "description": "岗位：" + "、".join(ROLE[role] for role in named)}
    if edges:
        found["x-actions"] = list(actions)
        found["description"] += "。依据：" + "；".join(dict.fromkeys(edge.article for edge in edges))
    return found


def name_of(schema) -> str:
    """The name of a schema in the document: the shape of a ticket is "Ticket"; a body keeps its "Body"."""
    return (schema if isinstance(schema, type) else type(schema)).__name__.removesuffix("Shape")


def title() -> dict:
    return {"API_TITLE": words.API_TITLE, "API_VERSION": "v1", "OPENAPI_VERSION": "3.1.0"}
