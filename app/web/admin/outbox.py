"""What leaves the house: how each channel fares, what was given up and why, and sending it again."""

from datetime import timedelta

import sqlalchemy as sa
from flask import current_app, g, redirect, render_template, request, url_for

from app import clock, wiring
from app.auth.audit import audit
from app.errors import Invalid
from app.web import kit, messages
from app.web.admin.room import pages
from app.web.i18n import gettext as _
from app.web.i18n import ngettext as _n
from app.work import session_now, work
from notifiers import outbox, pulse, wordings
from notifiers.message import CHANNELS
from notifiers.models import STATUSES, OutboxMessage
from tickets.text import whole_number

A_PAGE = 50
LOOK_BACK = timedelta(days=7)
ALL_AT_ONCE = 1000


@pages.get("/messages")
def message_list():
    """Counts of a week by channel and state, how long the oldest has waited, and the messages that were given up with every try."""
    session, now = session_now(), clock.now()
    given_up = sa.select(OutboxMessage).where(*outbox.GIVEN_UP)
    if after := whole_number(request.args.get("after", "")):
        given_up = given_up.where(OutboxMessage.id < after)
    rows = session.scalars(given_up.order_by(OutboxMessage.id.desc()).limit(A_PAGE + 1)).all()
    tries = outbox.attempts_of(session, [row.id for row in rows[:A_PAGE]])
    lines = wordings.lines_of(session, [row.words_id for row in rows])
    counted = {
        (channel, status): n
        for channel, status, n in session.execute(
            sa.select(OutboxMessage.channel, OutboxMessage.status, sa.func.count())
            .where(OutboxMessage.created_at > now - LOOK_BACK)
            .group_by(OutboxMessage.channel, OutboxMessage.status)
        )
    }
    health = pulse.healths(session, CHANNELS, now)
    working = {"inbox", *wiring.senders(current_app.config["SETTINGS"])}
    channels = [
        {
            "name": _(messages.CHANNEL[one]),
            "on": one in working,
            "health": health[one],
            "counts": [counted.get((one, status), 0) for status in STATUSES],
        }
        for one in CHANNELS
    ]
    return render_template(
        "admin/messages.html",
        channels=channels,
        states=[_(messages.STATUS[status]) for status in STATUSES],
        more=rows[A_PAGE - 1].id if len(rows) > A_PAGE else None,
        rows=[(row, messages.said(row, edited=lines), tries.get(row.id, [])) for row in rows[:A_PAGE]],
        words=messages,
    )


@pages.post("/messages/replays")
def send_again():
    """One of the messages that were given up, or all of them, start anew; who asked is on record. Raises Invalid when none was named."""
    now, wanted = clock.now(), request.form.get("message", "")
    with work() as session:
        if wanted == "all":
            ids = session.scalars(sa.select(OutboxMessage.id).where(*outbox.GIVEN_UP).order_by(OutboxMessage.id).limit(ALL_AT_ONCE)).all()
        elif one := whole_number(wanted):
            ids = [one]
        else:
            raise Invalid(message="请选要重发的消息")
        done = outbox.send_again(session, ids, now)
        audit(session, g.actor.account_id, g.actor.name, "send-again", "outbox", now, messages=done)
    kit.toast(_n("%(n)s 条重新发", done) if done else _("这条已经不在没发出去的里面了"))
    return redirect(url_for("admin.message_list"))
