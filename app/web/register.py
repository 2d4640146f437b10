"""Which pages there are: the kit, what surrounds every page, and every desk's blueprint, registered once."""

from flask import Flask, g

from app.phone import door, hooks
from app.texting import hook as texting
from app.web import (
    account,
    admin,
    all_tickets,
    audit_desk,
    blowing,
    bulletins,
    city_map,
    companies,
    dispatch,
    draws,
    duty_desk,
    evaluation,
    figures,
    filing,
    followup,
    frame,
    hall,
    headers,
    hotspot_report,
    hotspots,
    kit,
    messages,
    operator,
    patrol,
    portal,
    published,
    quality,
    rating,
    ratings,
    refusals,
    reports,
    reveal_log,
    rulings,
    signin,
    specials,
    supervision,
    telephone,
    ticket,
    ticket_acts,
    tracking,
    unit,
    wechat,
    whistle_report,
    whistle_site,
)
from app.web.admin import knowledge
from app.web.supervision import orders
from app.web.whistle_desks import grades, office, street, wall
from app.wechat import hook as wechat_hook

DESKS = (
    signin.pages,
    operator.pages,
    dispatch.pages,
    rulings.pages,
    all_tickets.pages,
    portal.pages,
    filing.pages,
    tracking.pages,
    rating.pages,
    wechat.pages,
    wechat_hook.pages,
    account.pages,
    admin.pages,
    knowledge.desk,
    ticket.pages,
    ticket_acts.pages,
    messages.pages,
    unit.pages,
    duty_desk.pages,
    audit_desk.pages,
    supervision.pages,
    orders.pages,
    followup.pages,
    evaluation.pages,
    ratings.pages,
    draws.pages,
    quality.pages,
    reveal_log.pages,
    reports.pages,
    whistle_report.pages,
    hotspot_report.pages,
    companies.pages,
    specials.pages,
    bulletins.pages,
    figures.pages,
    hall.pages,
    published.pages,
    city_map.pages,
    office.pages,
    street.pages,
    hotspots.pages,
    grades.pages,
    wall.pages,
    blowing.pages,
    whistle_site.pages,
    patrol.pages,
    hooks.pages,
    door.pages,
    telephone.pages,
    texting.pages,
)


def init_app(app: Flask) -> None:
    """Register the UI kit and all pages."""
    kit.init_app(app, account_language=lambda: g.account.language if g.get("account") else None, city_map=city_map.here)
    app.extensions["frame"] = frame.frame
    headers.init_app(app)
    refusals.init_app(app)
    for desk in DESKS:
        app.register_blueprint(desk)
