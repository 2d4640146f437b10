"""The UI kit: everything a desk's page is built with. `init_app(app)` registers it; this docstring tells how to use it.

A page                                            {% extends "base/desk.html" %}   ("base/public.html" citizens, "base/bare.html" sign-in)
  {% import "ui.jinja" as ui %}                   macros: the list is at the top of ui.jinja
  {% block title %}{{ _("承办台") }}{% endblock %}   {% block main_class %}panes dp{% endblock %}
  {% block main %}…{% endblock %}                 also: desk_class ("flow"), head, keybar, dialogs, scripts. One h1 a page (class
                                                  visually-hidden where the prototype shows none), h2 over lists of ui.job
  ui.assets("map"), ui.assets("plot") in {% block head %} bring Leaflet or ECharts to the pages that need them. city_map(): the
                                                  city's map, none where none was laid; ui.map_box then draws nothing.

The frame reads these variables; the owner gives them once through `app.extensions["frame"]` (a callable returning the dict),
a view may override any of them in render_template:
  tabs   [{label, href, count, key, current}]     desks of this person          dock   [{label, href, icon, count, current}] ≤ 4, phones
  me     {id, name, post}                           who am I                      links  {home, search, account, sign_out}

Words      _("签收") _("%(n)s 件", n=3) in templates; `from app.web.i18n import gettext as _` in Python. A "%" is written "%%" only where
           values are given. _n("%(n)s 件在办", n) counts. _html("<b>%(who)s</b> 刚改过", who=x) keeps markup, escapes values.
           New strings: `python -m app.web.tools.strings` adds empty entries to app/translations/en.po; a test refuses empty ones.
Moments    {{ at|moment }} 10 月 9 日 17:00   {{ at|day }}   {{ at|due }} midnight as 24:00 of the day before   {{ at|ago }}   {{ 750|span }}
Numbers    {{ 5318|number }} 5,318   {{ share|percent }} 91.20%, "—" for None   {{ 192|mmss }} 03:12
Addresses  asset("mark.svg") hashed;  here(page=2, q=None) = this page's address with arguments changed or dropped
Icons      icon("check"): names in static/vendor/tabler-icons-*/icons.json, others with `python -m app.web.tools.icons PACKAGE NAME…`
Toasts     kit.toast(_("已派出"), undo=url_for(…), seconds=8) before redirect or htmx answer; "U" undoes
Fragments  {% extends "base/piece.html" if is_fragment() else "base/desk.html" %} and a {% block piece %} inside main: htmx gets the piece
           alone. kit.is_fragment() tells views. <section id="queue" {{ live("unit:12", url_for("unit.queue")) }}> fetches itself anew within
           2 s of live.publish(redis, "unit:12"); it must answer with the same <section id="queue" …>. Rows need an id to keep selection and
           focus: <li class="job" id="t-17"> or <tr data-row id="t-17">. J K Enter move and open; letters act on the selected row.
Forms      {{ ui.csrf() }} in every POST form; htmx sends the token by itself. data-guard sends once. data-draft="key" keeps what was typed on
           this device until kit.draft_done("key"). Bad input: answer 422 with the same form and errors={field: [sentence]}: ui.* shows them.
Keys       data-key="Q" on a button or link (ui.btn(key="Q")). Letters act on the selected row, else on the page; Alt+Q and F2 always.
Errors     app/web/errors.py: error_page(status, text) renders templates/errors/*.html.
"""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlencode

from flask import Blueprint, Flask, Response, current_app, flash, get_flashed_messages, request
from markupsafe import Markup, escape

from app import clock
from app.reports.paper import percent
from app.web import assets, i18n, icons, live
from app.web.i18n import gettext as _

CHOICES = {"size": ("plain", "large"), "theme": ("light", "dark", "night"), "letters": ("on", "off")}
NIGHT_FROM, NIGHT_TO = 19, 6
KEEP = timedelta(days=365)


def init_app(
    app: Flask, account_language: Callable[[], str | None] = lambda: None, city_map: Callable[[], object | None] = lambda: None
) -> None:
    """Register templates, static files, filters, globals, languages. `account_language`: the signed-in person's setting. `city_map`: the map to
    draw, with its `url`, `tiles` and `credit`, or None.
    """
    app.register_blueprint(Blueprint("kit", "app.web.kit", template_folder="templates"))
    app.extensions.setdefault("frame", dict)
    env = app.jinja_env
    env.autoescape = lambda name: name is None or not name.endswith(".txt")  # Flask alone would leave ui.jinja unescaped
    env.trim_blocks = env.lstrip_blocks = True
    env.globals.update(icon=icons.icon, here=here, client_words=client_words, ring_tone=ring_tone, is_fragment=is_fragment)
    env.globals["city_map"] = city_map
    env.filters.update(number=number, percent=percent, mmss=mmss, no_parts=no_parts, key_words=key_words, mark_words=mark_words)
    i18n.init_app(app, account_language)
    assets.init_app(app)
    live.init_app(app)
    app.context_processor(frame)
    app.after_request(_remember_choices)
    app.after_request(_hand_over)


def frame() -> dict:
    """What base/*.html read: the owner's frame over empty defaults, and this device's choices."""
    settings = current_app.config.get("SETTINGS")
    english = i18n.current_language() == "en"
    city = (settings.city_name_en if english else settings.city_name) if settings else _("本市")
    empty: dict = {"tabs": [], "dock": [], "me": None, "links": {}}
    return {**empty, "choices": choices(), "city": city, "now": clock.now(), **current_app.extensions["frame"]()}


def choices() -> dict[str, str]:
    """Type size, theme and letter keys of this device: `?size=large`, else a cookie, else the first of each."""
    chosen = {}
    for name, allowed in CHOICES.items():
        wanted = request.args.get(name) or request.cookies.get(name)
        chosen[name] = wanted if wanted in allowed else allowed[0]
    hour = clock.local(clock.now()).hour
    night = hour >= NIGHT_FROM or hour < NIGHT_TO
    chosen["shade"] = "dark" if chosen["theme"] == "dark" or (chosen["theme"] == "night" and night) else "light"
    return chosen


def _remember_choices(answer: Response) -> Response:
    for name, allowed in CHOICES.items():
        if request.args.get(name) in allowed:
            answer.set_cookie(name, request.args[name], max_age=KEEP, samesite="Lax", secure=request.is_secure)
    return answer


def is_fragment() -> bool:
    """Whether htmx asks for a piece of the page, not for the page."""
    return "HX-Request" in request.headers and request.headers.get("HX-Request-Type") != "full"


def toast(text: str, undo: str | None = None, seconds: int = 8) -> None:
    """Say what was done, on this answer (htmx) or the next page. `undo`: the address to POST to within `seconds`."""
    flash({"text": text, "undo": undo, "seconds": seconds}, "toast")  # type: ignore[arg-type]  # kept as JSON in the session


def draft_done(key: str) -> None:
    """What was typed under `data-draft="key"` has arrived: this device may forget it (on this answer or the next page)."""
    flash(key, "draft")


def _hand_over(answer: Response) -> Response:
    """An htmx answer carries its toasts and finished drafts in headers; a full page has them in its body already."""
    if "HX-Request" in request.headers and answer.status_code < 300:
        for header, category in (("X-Toasts", "toast"), ("X-Drafts-Done", "draft")):
            said = get_flashed_messages(category_filter=[category])
            if said:
                answer.headers[header] = json.dumps(said)
    return answer


def here(**changes) -> str:
    """This page's path with query arguments changed; None drops one. Lists become repeated arguments."""
    arguments = request.args.to_dict(flat=False)
    for name, value in changes.items():
        arguments[name] = value if isinstance(value, list) else [] if value is None else [value]
    query = urlencode([(name, one) for name, several in arguments.items() for one in several])
    return request.path + ("?" + query if query else "")


def ring_tone(seconds: float) -> str:
    """The class of a minute clock: calm, `soon` under 15 minutes, `late` under 5, `late over` past its due instant."""
    if seconds < 0:
        return "late over"
    return "late" if seconds < 300 else "soon" if seconds < 900 else ""


def mmss(seconds: float) -> str:
    """192 → "03:12", -125 → "+2:05", from 100 minutes on whole hours: "25 时". What fits a ring; static/js counts on with it."""
    whole = abs(int(seconds))
    if whole >= 6000:
        return ("+" if seconds < 0 else "") + _("%(n)s 时", n=whole // 3600)
    return f"+{whole // 60}:{whole % 60:02}" if seconds < 0 else f"{whole // 60:02}:{whole % 60:02}"


def number(value: float | None) -> str:
    """5318 → "5,318"; None → "—"."""
    return "—" if value is None else f"{value:,}"


def no_parts(ticket_number: str) -> list[str]:
    """A ticket number as its light parts and, last, the six digits people say. 8 + 6 + 1 + 6 digits, else two parts."""
    n = str(ticket_number)
    return [n[:8], n[8:14], n[14:15], n[15:]] if len(n) == 21 else [n[:-6], n[-6:]]


def key_words(key: str) -> str:
    """How a key is printed: "Alt+Enter" → "Alt ↵"."""
    return key.replace("+", " ").replace("Enter", "↵").replace("Escape", "Esc")


def mark_words(text: str, words: list[str]) -> Markup:
    """`text` escaped, every one of `words` in it inside <mark>; longer words win over shorter ones they contain."""
    wanted = sorted({word for word in words if word}, key=len, reverse=True)
    if not wanted:
        return escape(text)
    pieces = re.split("(" + "|".join(map(re.escape, wanted)) + ")", text)
    return Markup("").join(Markup("<mark>%s</mark>") % piece if n % 2 else escape(piece) for n, piece in enumerate(pieces))


def client_words() -> dict[str, str]:
    """The sentences static/js says by itself."""
    return {
        "offline": _("断网了，还能写。"),
        "offline_safe": _("写的都存在这台设备上，连上后再送。"),
        "failed": _("列表没取到。您刚写的都在。"),
        "retry": _("再试一次"),
        "sent_failed": _("没送出去。您写的都在，请再试一次。"),
        "draft": _("上次没写完的，已经给您放回来了。"),
        "draft_drop": _("不要了，重写"),
        "saved": _("草稿已存"),
        "live_on": _("实时"),
        "live_off": _("没连上，每 15 秒取一次"),
        "keys_title": _("全部按键"),
        "close": _("关上"),
        "keys_off": _("关掉单个字母（只留 Alt 和 F 键）"),
        "key_down": _("下一行"),
        "key_up": _("上一行"),
        "key_open": _("打开"),
        "large": _("大字版"),
        "plain": _("标准版"),
        "undo": _("撤回"),
        "seconds": _("秒"),
        "sending": _("正在送出"),
        "too_big": _("“%(name)s”太大了，每个最多 %(mb)s MB。"),
        "too_many": _("最多 %(n)s 张，多出来的没有加上。"),
        "not_photo": _("“%(name)s”不是照片，只收 JPG、PNG、WebP。"),
        "drop": _("去掉"),
        "you_are_here": _("您选的位置"),
        "no_position": _("没取到您的位置，写地址就行。"),
        "fresh": _("新来 %(n)s 件"),
        "copied": _("抄好了"),
        "hours": _("%(n)s 时"),
    }
