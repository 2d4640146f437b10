"""The log nobody can rewrite: what was done to accounts and configuration, who signed in (domain §11). Looks at
identities are app/web/reveal_log.py's."""

import csv
import io
import json
from datetime import timedelta

import sqlalchemy as sa
from flask import Response, g, render_template, request

from app import clock
from app.auth.audit import audit
from app.auth.models import Account, AuditEntry
from app.auth.words import AUDIT, SIGN_INS
from app.errors import Invalid
from app.web import forms, spreadsheet
from app.web.admin.room import pages
from app.web.i18n import gettext as _
from app.work import session_now, work
from tickets.text import whole_number

A_PAGE = 100
MOST_EXPORTED = 20_000


@pages.get("/audit")
def log():
    """Newest first, narrowed by person, action, kind and days; the next page starts below the last row."""
    session, errors = session_now(), {}
    try:
        tests = _tests()
    except Invalid as bad:
        tests, errors = [sa.false()], {name: [_(one) for one in said] for name, said in bad.fields.items()}
    rows = session.scalars(sa.select(AuditEntry).where(*tests).order_by(AuditEntry.id.desc()).limit(A_PAGE + 1)).all()
    return render_template(
        "admin/audit.html",
        rows=rows[:A_PAGE],
        more=rows[A_PAGE - 1].id if len(rows) > A_PAGE else None,
        words=AUDIT,
        errors=errors,
        actions=[(code, _(word)) for code, word in AUDIT.items()],
        dump=_dump,
    )


@pages.get("/audit.csv")
def export_log():
    """What the filters show, as CSV for a spreadsheet; the export is a row of the log itself."""
    now = clock.now()
    with work() as session:
        rows = session.scalars(sa.select(AuditEntry).where(*_tests()).order_by(AuditEntry.id.desc()).limit(MOST_EXPORTED)).all()
        lines = [
            [
                clock.local(row.at).isoformat(timespec="seconds"),
                row.actor_name,
                _(AUDIT.get(row.action, row.action)),
                row.subject,
                _dump(row.data),
            ]
            for row in rows
        ]
        audit(session, g.actor.account_id, g.actor.name, "export", "audit", now, rows=len(lines), filters=dict(request.args))
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([_("时间"), _("谁"), _("做了什么"), _("对什么"), _("细节")])
    writer.writerows([[spreadsheet.harmless(cell) for cell in line] for line in lines])
    return Response("\ufeff" + out.getvalue(), mimetype="text/csv", headers={"Content-Disposition": "attachment; filename=audit.csv"})


def _tests() -> list:
    args, tests = request.args, []
    if who := args.get("who", "").strip():
        tests.append(
            sa.or_(AuditEntry.actor_name == who, AuditEntry.actor_id.in_(sa.select(Account.id).where(Account.username == who.lower())))
        )
    if args.get("action") in AUDIT:
        tests.append(AuditEntry.action == args["action"])
    if args.get("kind") == "sign-ins":
        tests.append(AuditEntry.action.in_(SIGN_INS))
    if args.get("kind") == "changes":
        tests.append(AuditEntry.action.not_in(SIGN_INS))
    if about := args.get("about", "").strip():
        tests.append(AuditEntry.subject.contains(about, autoescape=True))
    since, until = forms.days(args, "since", "until")
    if since:
        tests.append(AuditEntry.at >= forms.begins(since))
    if until:
        tests.append(AuditEntry.at < forms.begins(until + timedelta(days=1)))
    if after := whole_number(args.get("after", "")):
        tests.append(AuditEntry.id < after)
    return tests


def _dump(data: dict) -> str:
    return json.dumps(data, ensure_ascii=False, sort_keys=True) if data else ""
