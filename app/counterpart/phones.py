"""The page with the telephones: what each person sees on theirs, live, and what they can do by hand; beside it what the providers brought."""

import re

from flask import Flask, abort, jsonify, redirect, render_template, request

from app.counterpart.stage import Stage, plain
from app.counterpart.trouble import PRESETS
from app.web.i18n import gettext as _
from app.web.i18n import later

WAIT = 20.0  # seconds a page waits for news before it asks again
NUMBER = re.compile(r"1[3-9]\d{9}|\+[1-9]\d{6,14}")
BROUGHT, LISTED = 12, 8
MOODS = {"fine": later("一切正常"), "busy": later("一直说太忙（429）"), "shaky": later("时好时坏，回执乱序"), "failing": later("都送不到")}


def register(app: Flask, stage: Stage) -> None:
    """The page, its news, and the trouble knob."""
    app.add_url_rule("/", "phones.home", lambda: redirect(f"/phones/{_newest(stage)}"))
    app.add_url_rule("/phones/<number>", "phones.show", lambda number: show(stage, number))
    app.add_url_rule("/phones", "phones.add", lambda: add(stage), methods=["POST"])
    app.add_url_rule("/changes", "phones.changes", lambda: changes(stage))
    app.add_url_rule("/trouble", "trouble.told", lambda: jsonify(stage.die.told()))
    app.add_url_rule("/trouble", "trouble.set", lambda: make_trouble(stage), methods=["PUT", "POST"])
    app.add_url_rule("/healthz", "alive", lambda: jsonify({"status": "ok"}))


def show(stage: Stage, number: str):
    """One telephone open, the others in a list."""
    phone = stage.book.get("phone", number) or abort(404)
    panel = next((one for one in stage.panels if one.code == request.args.get("app")), stage.panels[0])
    last = {row["phone"]: row for row in stage.book.rows("shown")}
    latest = sorted(stage.book.rows("phone"), key=lambda row: (bool(row["name"]), last.get(row["number"], {}).get("at", "")), reverse=True)
    others = [row for place, row in enumerate(latest) if place < LISTED or row["name"] or row is phone]
    return render_template(
        "counterpart/phones.html",
        phone=phone,
        panel=panel,
        panels=stage.panels,
        phones=others,
        last=last,
        version=stage.book.version,
        product=stage.settings.public_url,
        brought=stage.book.rows("brought")[-BROUGHT:][::-1],
        mood=_mood(stage),
        moods=[(code, _(word)) for code, word in MOODS.items()],
        newest={one.code: _newest_of(stage, number, one.code) for one in stage.panels},
        **panel.facts(number),
    )


def add(stage: Stage):
    """Another telephone."""
    number = re.sub(r"[\s-]", "", request.form.get("number", ""))
    if not NUMBER.fullmatch(number):
        return redirect(f"/phones/{_newest(stage)}?bad=number", code=303)
    stage.phone(plain(number), request.form.get("name", "").strip()[:12], "")
    return redirect(f"/phones/{plain(number)}", code=303)


def changes(stage: Stage):
    """The version, when it is another one than `after`: the page then fetches itself anew."""
    after = request.args.get("after", "0")
    return jsonify({"version": stage.book.await_change(int(after) if after.isdecimal() else 0, WAIT)})


def make_trouble(stage: Stage):
    """By name (a form of this page) or whole, as JSON."""
    if request.is_json:
        try:
            return jsonify(stage.die.set(request.get_json()) and stage.die.told())
        except (ValueError, TypeError, AttributeError) as wrong:
            return jsonify({"message": str(wrong)}), 422
    preset = PRESETS.get(request.form.get("mood", ""))
    if preset is not None:
        stage.die.become(preset)
    return redirect(
        f"/phones/{request.form.get('back') if stage.book.get('phone', request.form.get('back', '')) else _newest(stage)}", code=303
    )


def _newest(stage: Stage) -> str:
    """The telephone somebody used last, else the first one."""
    used = stage.book.rows("shown", lambda row: row["side"] == "out")
    return used[-1]["phone"] if used else stage.book.rows("phone", lambda row: bool(row["name"]))[0]["number"]


def _newest_of(stage: Stage, number: str, app: str) -> str:
    shown = stage.shown(number, app)
    return shown[-1]["id"] if shown else ""


def _mood(stage: Stage) -> str:
    return next((code for code, trouble in PRESETS.items() if trouble == stage.die.trouble), "")
