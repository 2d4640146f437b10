"""From a conversation to the ticket core: the ticket that was told, what was added to one, and which files are to be fetched for them."""

from app import telling
from app.wechat.draft import Draft
from app.wechat.models import WechatMatter, WechatMedia
from app.wechat.people import way_of
from app.wechat.sayings import Both, say
from app.wechat.turn import Turn
from app.work import settle
from notifiers import outbox, preferences
from tickets import intake
from tickets.actors import CITIZEN_ACTOR
from tickets.identity import Appellant
from tickets.intake import Matter
from tickets.models import Ticket

CHANNEL = "wechat"


def file(turn: Turn) -> Both:
    """What was told becomes a ticket, in this very transaction. Raises Invalid."""
    ticket = intake.register(turn.session, matter_of(turn.draft), CITIZEN_ACTOR, turn.now)
    turn.session.flush()
    turn.session.add(WechatMatter(ticket_id=ticket.id, person_id=turn.person.id))
    preferences.set_way(turn.session, way_of(turn.session, turn.person), turn.now, ticket_id=ticket.id)
    want_media(turn, ticket)
    said_here(turn, ticket, "accepted")
    turn.draft = None
    return say("filed", number=ticket.number, code=ticket.query_code, link=turn.link(f"/t/{ticket.query_code}"))


def said_here(turn: Turn, ticket: Ticket, template: str) -> None:
    """What the house is about to tell them of this is said in the conversation: on record, not sent twice."""
    settle(turn.session)
    outbox.withdraw(turn.session, telling.subject_of(ticket.id), template, turn.now)


def matter_of(draft: Draft) -> Matter:
    """The draft as the ticket core takes it."""
    kind = "person" if draft.phone or draft.name else "anonymous"
    return Matter(
        channel=CHANNEL,
        appeal_type=draft.want,
        content=draft.text,
        category=draft.category,
        region=draft.region,
        address=draft.address,
        lng=draft.lng,
        lat=draft.lat,
        confidential=draft.confidential,
        appellant=Appellant(name=draft.name, phone=draft.phone, kind=kind),
    )


def want_media(turn: Turn, ticket: Ticket) -> None:
    """The pictures and recordings of this conversation are to be fetched for this ticket."""
    vault = turn.session.info["vault"]
    turn.session.add_all(
        [
            WechatMedia(
                person_id=turn.person.id,
                ticket_id=ticket.id,
                kind=kind,
                media_id=vault.seal(media_id),
                asked_at=turn.now,
                next_try_at=turn.now,
            )
            for kind, media_id in turn.draft.media
        ]
    )
