"""消息: what the house has told a person, read by opening it; the bell above every desk; what was said about one ticket, to whom."""

from collections.abc import Iterable, Mapping

import sqlalchemy as sa
from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from app import clock
from app.auth.access import current_actor, fetch_ticket, visible, visible_whistles
from app.auth.people import names_of
from app.errors import Invalid, NotFound
from app.telling import subject_of, topic_of
from app.web import forms, kit
from app.web.i18n import current_language, later
from app.web.i18n import gettext as _
from app.web.i18n import ngettext as _n
from app.web.seen import is_outside
from app.work import session_now, work
from notifiers import inbox, texts, wordings
from notifiers.models import OutboxMessage
from tickets.actors import CENTRE_ROLES, UNIT_ROLES, Actor
from tickets.models import Ticket
from tickets.text import whole_number
from tickets.whistle_models import Whistle

pages = Blueprint("messages", __name__)
READERS = (*sorted(CENTRE_ROLES), *sorted(UNIT_ROLES))
MOST_LINES, MOST_OF_TICKET = 200, 50
WAYS = {
    "ticket": (Ticket, visible, "ticket.show"),
    "whistle": (Whistle, visible_whistles, "whistle.show"),
}  # kind of subject → its rows, who may see them, its page by number
CARDS = {"yellow-card": "y", "red-card": "r"}
STATUS = {
    "pending": later("等着发"),
    "sending": later("正在发"),
    "sent": later("已发出"),
    "delivered": later("送到了"),
    "read": later("看过了"),
    "failed": later("没送到"),
    "dead": later("没发出去"),
    "suppressed": later("没有发"),
}
STEPS_DONE = {"pending": 1, "sending": 2, "sent": 4, "delivered": 5, "read": 6}  # of the six of a state's pie
NOTHING: Mapping[int, str] = {}
REASON = {
    "opted-out": later("对方退订了"),
    "not-needed": later("原来那条送到了"),
    "no-channel": later("没有配置短信通道"),
    "no-mobile": later("留的不是手机号"),
    "withdrawn": later("派单撤回了"),
}
CHANNEL = {
    "inbox": later("站内消息"),
    "sms": later("短信"),
    "webhook": later("回调"),
    "wechat": later("微信"),
    "email": later("电子邮件"),
    "dingtalk": later("钉钉机器人"),
    "wecom": later("企业微信机器人"),
    "feishu": later("飞书机器人"),
}


@pages.get("/messages")
def show():
    """One's own, newest first; `?unread=1` narrows. For htmx the list alone."""
    actor = current_actor()
    page = inbox.page(session_now(), actor.account_id, request.args.get("after", ""), request.args.get("unread") == "1")
    rows = [(message, said(message)) for message in page.items]
    return render_template(
        "messages/list.html",
        rows=rows,
        next=page.next,
        topic=topic_of(actor.account_id),
        cards=CARDS,
        newest=max((message.id for message in page.items), default=0),
        any_unread=any(message.status == "delivered" for message in page.items),
    )


@pages.get("/messages/bell")
def ring():
    """The bell anew, for htmx."""
    current_actor()
    return render_template("messages/bell.html")


@pages.get("/messages/<int(max=9223372036854775807):message_id>")
def read(message_id: int):
    """Open one: it counts as read. What is about one ticket leads to it; several are listed, each with its way. Raises NotFound."""
    actor, now = current_actor(), clock.now()
    with work() as session:
        message = inbox.open_message(session, actor.account_id, message_id, now)
        if message is None:
            raise NotFound("没有这条消息，或者不是给你的")
        session.info["topics"].add(topic_of(actor.account_id))
        text, subjects, at, template = said(message), message.subjects, message.sent_at, message.template
    ways = ways_of(session_now(), actor, subjects[:MOST_LINES])
    if len(subjects) == 1 and ways:
        return redirect(ways[subjects[0]])
    return render_template("messages/one.html", text=text, ways=ways, at=at, card=CARDS.get(template), most=MOST_LINES)


@pages.post("/messages/readings")
def read_all():
    """Everything up to the newest the person saw is read; what came since stays unread. Raises Invalid."""
    actor, now = current_actor(), clock.now()
    with work() as session:
        done = inbox.read_all(session, actor.account_id, _newest_seen(), now)
        session.info["topics"].add(topic_of(actor.account_id))
    kit.toast(_n("%(n)s 条都算看过了", done) if done else _("没有没看的消息"))
    return redirect(url_for("messages.show"))


@pages.get("/tickets/<number>/messages")
def about(number: str):
    """The messages about a ticket, for whoever reads the ticket; a fragment for the ticket page. A unit does not see where a citizen is reached."""
    session, actor = session_now(), current_actor()
    subject = subject_of(fetch_ticket(session, actor, number).id)
    found = inbox.about(session, subject, MOST_OF_TICKET)
    people = names_of(session, [message.account_id for message in found])
    lines = wordings.lines_of(session, [message.words_id for message in found])
    elsewhere = {message.instead_of_id: message.channel for message in found if message.instead_of_id}
    rows = [
        {
            "at": message.sent_at or message.created_at,
            "who": people.get(message.account_id) or _citizen(message, actor),
            "text": said(message, subject, lines),
            "channel": _(CHANNEL[message.channel]),
            "status": _(STATUS[message.status]),
            "step": STEPS_DONE.get(message.status, 0),
            "why": _(REASON[message.reason]) if message.reason in REASON else message.reason,
            "then": _(CHANNEL[elsewhere[message.id]]) if message.id in elsewhere else "",
            "tries": message.attempts,
        }
        for message in found
    ]
    return render_template("messages/about.html", rows=rows, most=MOST_OF_TICKET)


def _newest_seen() -> int:
    found = whole_number(forms.text("up_to"))
    if found is None:
        raise Invalid(up_to="请从消息列表里点")
    return found


def said(message: OutboxMessage, only: str = "", edited: Mapping[int, str] = NOTHING) -> texts.Text:
    """The message in the reader's language; `only`: the lines about this subject; `edited`: the versions of words it may have left in (then as it left).
    One whose words are gone says so.
    """
    if message.blanked_at is not None:
        return texts.Text(_("留存期过了，内容已清除"), (), "history")
    values = message.values
    if only and "items" in values:
        values = {"items": [part for part in values["items"] if part.get("subject") == only] or values["items"]}
    try:
        if message.words_id in edited:
            return texts.render(message.template, values, message.language, message.channel, {message.template: edited[message.words_id]})
        return texts.render(message.template, values, current_language(), message.channel)
    except KeyError:
        return texts.Text(_("这条消息的说法已经不用了"), (), "message")


def ways_of(session: Session, actor: Actor, subjects: Iterable[str]) -> dict[str, str]:
    """Subject → address of its page, for those this person may see; one statement a kind of subject."""
    ids: dict[str, list[int]] = {}
    for kind, _colon, row in (subject.partition(":") for subject in subjects):
        if kind in WAYS:
            ids.setdefault(kind, []).append(int(row))
    reports = (subject.split(":")[1:] for subject in subjects if subject.startswith("report:"))
    found = {f"report:{name}:{since}:{until}": f"/desk/reports/{name}?from={since}&to={until}" for name, since, until in reports}
    found |= {subject: _to_hotspot(actor, subject.split(":")[1]) for subject in subjects if subject.startswith("hotspot:")}
    found |= {subject: f"/desk/knowledge/{subject.split(':')[1]}" for subject in subjects if subject.startswith("knowledge:")}
    found |= {subject: "/desk/patrol" for subject in subjects if subject.startswith("cell:")}
    for kind, (model, may_see, endpoint) in WAYS.items():
        if kind in ids:
            rows = session.execute(
                sa.select(model.id, model.number).where(model.id == sa.any_(sa.literal(ids[kind], ARRAY(sa.BigInteger))), may_see(actor))
            )
            found |= {f"{kind}:{row.id}": url_for(endpoint, number=row.number) for row in rows}
    return found


def _to_hotspot(actor: Actor, topic: str) -> str:
    """The centre looks at a hotspot; a street that is asked to whistle begins with its matters."""
    return url_for("blowing.start", topic=topic) if actor.of_unit and not actor.of_centre else url_for("hotspots.one", topic_id=topic)


def _citizen(message: OutboxMessage, actor: Actor) -> str:
    return _("市民") if is_outside(actor) else _("市民 %(phone)s", phone=message.shown_to)
