"""Which pages there are: the kit, what surrounds every page, and every desk's blueprint, registered once."""

from flask import Flask, g

from app.web import account, all_tickets, dispatch, filing, frame, headers, kit, operator, portal, rating, refusals, rulings, signin, ticket, ticket_acts, tracking

DESKS = (signin.pages, operator.pages, dispatch.pages, rulings.pages, all_tickets.pages, portal.pages, filing.pages, tracking.pages, rating.pages, account.pages, ticket.pages, ticket_acts.pages)


def init_app(app: Flask) -> None:
    """Register the UI kit and all pages."""
    kit.init_app(app, account_language=lambda: g.account.language if g.get("account") else None)
    app.extensions["frame"] = frame.frame
    headers.init_app(app)
    refusals.init_app(app)
    for desk in DESKS:
        app.register_blueprint(desk)
