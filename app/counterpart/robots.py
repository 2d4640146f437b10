"""The group chats of units: robots of DingTalk, WeCom and Feishu, checking signature, clock and pace as the platforms write they do, and showing what was said.

A robot's address is /robots/KIND/TOKEN (any token); one that signs has the secret `secret_of(token)`. Written from the platforms' public descriptions, not with our own client.
"""

import base64
import hashlib
import hmac
import time

from flask import Flask, Response, jsonify, render_template, request

from app import clock
from app.counterpart.stage import Stage
from app.web.i18n import later

AN_HOUR, A_MINUTE = 3600, 60
MOST = 20  # messages a robot and minute
NAMES = {"dingtalk": later("钉钉群"), "wecom": later("企业微信群"), "feishu": later("飞书群")}
SIGNED = "signed"  # a token that begins so belongs to a robot that demands a signature


def register(app: Flask, stage: Stage) -> None:
    """Where robots are called, and the page of the groups."""
    for kind, answer in (("dingtalk", _dingtalk), ("wecom", _wecom), ("feishu", _feishu)):
        app.add_url_rule(
            f"/robots/{kind}/<token>",
            f"robots.{kind}",
            lambda token, kind=kind, answer=answer: _called(stage, kind, token, answer),
            methods=["POST"],
        )
    app.add_url_rule(
        "/robots",
        "robots.groups",
        lambda: render_template("counterpart/groups.html", said=stage.book.rows("robot")[::-1][:50], names=NAMES),
    )


def secret_of(token: str) -> str:
    """The secret its platform gave a robot."""
    return "SEC" + hashlib.sha256(token.encode()).hexdigest()


def _called(stage: Stage, kind: str, token: str, answer) -> Response:
    body = request.get_json(silent=True) or {}
    wrong, text = answer(token, body)
    recent = [
        row for row in stage.book.rows("robot") if row["token"] == token and row["kind"] == kind and time.time() - row["seconds"] < A_MINUTE
    ]
    if wrong is None and len(recent) >= MOST:
        wrong = {"dingtalk": (130101, "send too fast"), "wecom": (45009, "api freq out of limit"), "feishu": (9499, "too many request")}[
            kind
        ]
    if wrong is None:
        number = stage.book.fresh()
        stage.book.put(
            "robot",
            number,
            {"id": number, "kind": kind, "token": token, "words": text, "at": clock.now().isoformat(), "seconds": time.time()},
        )
        wrong = (0, "success" if kind == "feishu" else "ok")
    code, said = wrong
    return jsonify({"code": code, "msg": said, "data": {}} if kind == "feishu" else {"errcode": code, "errmsg": said})


def _dingtalk(token: str, body: dict) -> tuple[tuple[int, str] | None, str]:
    """timestamp in milliseconds and sign stand in the query."""
    text = body.get("text", {}).get("content", "") if body.get("msgtype") == "text" else ""
    if not text:
        return (40035, "content is empty"), ""
    if token.startswith(SIGNED):
        stamp = request.args.get("timestamp", "")
        wanted = base64.b64encode(
            hmac.new(secret_of(token).encode(), f"{stamp}\n{secret_of(token)}".encode(), hashlib.sha256).digest()
        ).decode()
        if not stamp.isdecimal() or abs(time.time() - int(stamp) / 1000) > AN_HOUR:
            return (310000, "invalid timestamp"), ""
        if not hmac.compare_digest(wanted, request.args.get("sign", "")):
            return (310000, "sign not match"), ""
    return None, text


def _wecom(token: str, body: dict) -> tuple[tuple[int, str] | None, str]:
    """No signature: the key is in the address."""
    text = body.get("text", {}).get("content", "") if body.get("msgtype") == "text" else ""
    if not text:
        return (44004, "empty content"), ""
    return ((40058, "content exceed max length"), "") if len(text.encode()) > 2048 else (None, text)


def _feishu(token: str, body: dict) -> tuple[tuple[int, str] | None, str]:
    """timestamp in seconds and sign stand in the body."""
    text = body.get("content", {}).get("text", "") if body.get("msg_type") == "text" else ""
    if not text:
        return (9499, "Bad Request"), ""
    if token.startswith(SIGNED):
        stamp = str(body.get("timestamp", ""))
        wanted = base64.b64encode(hmac.new(f"{stamp}\n{secret_of(token)}".encode(), digestmod=hashlib.sha256).digest()).decode()
        if not stamp.isdecimal() or abs(time.time() - int(stamp)) > AN_HOUR or not hmac.compare_digest(wanted, str(body.get("sign", ""))):
            return (19021, "sign match fail or timestamp is not within one hour from current time"), ""
    return None, text
