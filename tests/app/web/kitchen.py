"""A small application that shows every component in every state, for the kit's own tests. It knows no tickets and needs no database."""

from datetime import UTC, date, datetime, timedelta

from flask import Blueprint, Flask, current_app, jsonify, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFProtect

from app.demo import files
from app.web import errors, kit, live
from app.web.city_map import Map
from app.web.i18n import gettext as _

NOW = datetime(2026, 9, 30, 2, 26, tzinfo=UTC)
POLICY = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'self'; frame-ancestors 'none'; form-action 'self'"
PEOPLE = {
    "me": {"name": "李建国", "post": "住建局 A 岗"},
    "links": {"home": "/", "search": "/search", "sign_out": "/out", "account": "/me"},
}

page = Blueprint("kitchen", __name__, template_folder=".")


class FakeRedis:
    """The two commands live.py uses, in memory. `away`: as if the server were gone."""

    def __init__(self):
        self.kept, self.away = {}, False

    def mget(self, names):
        if self.away:
            raise live.RedisError("away")
        return [self.kept.get(name) for name in names]

    def eval(self, script, number, *given):
        if self.away:
            raise live.RedisError("away")
        self.kept.update(dict.fromkeys(given[:number], given[number].encode()))


def build() -> Flask:
    """The application; `app.rows` is the list the live page shows."""
    app = Flask("app")
    app.testing = True
    app.config.update(SECRET_KEY="kitchen-" * 5)
    CSRFProtect(app)
    app.extensions["redis"] = FakeRedis()
    app.rows, app.sent, app.broken = ["a", "b", "c"], [], False
    kit.init_app(app, city_map=lambda: Map("/map.json"))
    app.register_blueprint(page)
    app.register_error_handler(500, lambda _error: errors.error_page(500))

    @app.after_request
    def strict(answer):
        answer.headers["Content-Security-Policy"] = POLICY
        return answer

    @app.get("/queue")
    def queue():
        if app.broken:
            return errors.error_page(500)
        return render_template("live.html", rows=app.rows, **PEOPLE)

    return app


def trace() -> list[dict]:
    """Ten cells of a way through National Day."""
    start, kinds = date(2026, 9, 28), ["start", "past", "now", "off", "off", "off", "off", "off", "off", "off", "", "", "due"]
    words = [["派出", "不算"], ["第 1 天"], ["第 2 天", "今天"], *[["国庆"]] * 7, ["第 3 天"], ["第 4 天"], ["第 5 天", "调休上班"]]
    return [{"date": start + timedelta(days=n), "kind": kind, "words": words[n]} for n, kind in enumerate(kinds)]


def story() -> list[dict]:
    """A timeline with every tone."""
    return [
        {"at": NOW - timedelta(days=2), "icon": "phone", "tone": "ink", "text": "市民打进来", "sub": "两小时内另有 2 位市民反映同一处"},
        {"at": NOW - timedelta(days=1), "icon": "phone-call", "tone": "", "text": "联系上市民", "say": "“她希望先把音响停了。”"},
        {"at": None, "icon": "", "tone": "open", "text": "等市监局回复"},
    ]


@page.get("/")
def desk():
    return render_template(
        "kitchen.html",
        trace=trace(),
        story=story(),
        at=NOW,
        errors={},
        dock=[
            {"label": "待办", "href": "/", "icon": "inbox", "count": 23, "current": True},
            {"label": "吹哨", "href": "/", "icon": "bell-ringing"},
            {"label": "查找", "href": "/", "icon": "search"},
            {"label": "我的", "href": "/", "icon": "user"},
        ],
        tabs=[
            {"label": "承办台", "href": "/", "count": 23, "current": True},
            {"label": "协办", "href": "/x", "count": 0},
            {"label": "吹哨", "href": "/y"},
        ],
        **PEOPLE,
    )


@page.route("/form", methods=["GET", "POST"])
def form():
    wrong = {"phone": ["少了一位，手机号是 11 位。"], "kind": "请选一个", "content": ["请写下内容"]} if request.method == "POST" else {}
    return render_template("form.html", errors=wrong, values=request.form, **PEOPLE), 422 if wrong else 200


@page.post("/send")
def send():
    current_app.sent.append(request.form.to_dict())
    kit.draft_done("kitchen")
    kit.toast(_("草稿已存"), undo=url_for("kitchen.undo"), seconds=8)
    return redirect("/")


@page.post("/undo")
def undo():
    return redirect("/form")


@page.get("/citizen")
def citizen():
    return render_template("citizen.html", at=NOW)


@page.get("/error/<int:status>")
def error(status):
    return errors.error_page(status, request.args.get("said"), number="7F3A-19")


@page.get("/map.json")
def outlines():
    return jsonify(files.outlines())


@page.get("/boom")
def boom():
    raise RuntimeError("boom")
