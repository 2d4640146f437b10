"""The table of the house: which event leads to which reactions, and which live pages it concerns. The only place that joins rooms.

A reaction takes (session, event), may only write rows, and runs inside the verb's transaction.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from functools import lru_cache

import redis as redis_client
from flask import current_app
from sqlalchemy.orm import Session

from app import clock, outward, telling, telling_citizens, telling_tasks, telling_whistles, webhooks
from app.config import Settings
from app.web import live
from app.wechat import sending as wechat
from escalation import clocks, supervision, whistle_clocks
from escalation.recounting import Move
from escalation.telling import Notice, Teller
from notifiers.channels import alibaba_sms, twilio_sms
from notifiers.channels.base import Sender
from notifiers.channels.webhook import Webhooks
from notifiers.message import SMS, WEBHOOK
from tickets import rectification
from tickets.events import Event
from tickets.whistle_events import WhistleHappened

Reaction = Callable[[Session, Event], None]


@lru_cache(maxsize=4)
def senders(settings: Settings) -> dict[str, Sender]:
    """Channel → its sender, for those this installation has set up. A demonstration city never writes to real telephones."""
    calls: dict[str, Sender] = {
        WEBHOOK: Webhooks(webhooks.endpoint_of, settings.webhook_inside),
        **outward.channels(settings),
        **wechat.channels(settings),
    }
    if settings.alibaba_key_id and not (settings.demo_password and settings.alibaba_api_url == alibaba_sms.REAL):
        templates = dict(part.split("=", 1) for part in settings.alibaba_sms_templates.replace(" ", "").split(",") if part)
        return {
            SMS: alibaba_sms.AlibabaSms(
                alibaba_sms.AlibabaAccount(
                    settings.alibaba_key_id,
                    settings.alibaba_key_secret,
                    settings.alibaba_sms_sign,
                    templates,
                    settings.public_url,
                    settings.alibaba_api_url,
                ),
                clock.now,
            )
        } | calls
    if not settings.twilio_account_sid or (settings.demo_password and settings.twilio_api_url == twilio_sms.REAL):
        return calls
    reachable = settings.public_url.startswith("https://") or settings.twilio_api_url != twilio_sms.REAL
    callback = settings.public_url.rstrip("/") + "/hooks/twilio/status?message={message}" if reachable else ""
    return {
        SMS: twilio_sms.TwilioSms(
            twilio_sms.Account(
                settings.twilio_account_sid, settings.twilio_auth_token, settings.twilio_from, settings.twilio_api_url, callback
            )
        )
    } | calls


def channels() -> Collection[str]:
    """The channels this installation has set up."""
    return senders(current_app.config["SETTINGS"])


def _joined(*tables: dict[str, tuple[Reaction, ...]]) -> dict[str, tuple[Reaction, ...]]:
    """Several tables as one: who stands first reacts first."""
    return {kind: tuple(reaction for table in tables for reaction in table.get(kind, ())) for table in tables for kind in table}


ALWAYS: tuple[Reaction, ...] = (clocks.react,)
ALWAYS_OF_WHISTLES = (whistle_clocks.react, lambda session, event: telling_whistles.react(session, event, channels()))
REACTIONS: dict[str, tuple[Reaction, ...]] = _joined(
    dict.fromkeys(supervision.FOLLOWED, (supervision.follow,)),
    dict.fromkeys(webhooks.HEARD, (webhooks.react,)),
    dict.fromkeys(rectification.FOLLOWED, (rectification.follow,)),
    dict.fromkeys(telling_citizens.HEARD, (telling_citizens.writer(senders),)),
    dict.fromkeys(telling_tasks.HEARD, (telling_tasks.writer(channels),)),
)
TELLERS: tuple[Teller, ...] = (
    lambda session, notices, now: telling.tell_staff(session, notices, now, channels()),
)  # who puts a sweep's notices in an outbox, inside the sweep's transaction


def react(session: Session) -> list[Event]:
    """Run the reactions to everything recorded, and to what those record in turn. Returns all that happened."""
    happened: list[Event] = []
    while session.info["events"]:
        event = session.info["events"].pop(0)
        happened.append(event)
        for reaction in ALWAYS_OF_WHISTLES if isinstance(event, WhistleHappened) else (*ALWAYS, *REACTIONS.get(event.kind, ())):
            reaction(session, event)
    return happened


def tell(session: Session, notices: Sequence[Notice], now: datetime) -> None:
    """Hand a sweep's notices to every teller; none is called for none."""
    for teller in TELLERS if notices else ():
        teller(session, notices, now)


def tell_moved(session: Session, moves: Sequence[Move], now: datetime) -> None:
    """Hand the due dates a changed rule moved to who tells citizens."""
    telling_citizens.tell_moved(session, moves, senders(current_app.config["SETTINGS"]), now)


def topics_of(event: Event) -> set[str]:
    """The live pages an event concerns: the centre's queues, the ticket (or whistle) itself, every unit named."""
    if isinstance(event, WhistleHappened):
        units = {event.whistle.street_id, event.data.get("unit_id"), *event.data.get("unit_ids", ())}
        return {"centre", f"whistle:{event.whistle.id}"} | {f"unit:{unit}" for unit in units if unit}
    named = {event.ticket.lead_unit_id, event.data.get("unit_id"), event.data.get("previous_unit_id")}
    return {"centre", f"ticket:{event.ticket.id}"} | {f"unit:{unit}" for unit in named if unit}


def topics_of_all(happened: Iterable[Event]) -> set[str]:
    """The live pages of several events, read before the commit: afterwards every ticket would be loaded again."""
    return set().union(*(topics_of(event) for event in happened))


def wake(redis: redis_client.Redis, topics: Iterable[str]) -> None:
    """Tell live pages what changed. Redis may be gone: pages poll then."""
    live.publish(redis, *sorted(topics))
