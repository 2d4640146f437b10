"""Who hears that somebody else is in charge of a unit's sub-task (R79c): the one before and the one now. A reaction: runs in the verb's transaction."""

from collections.abc import Callable, Collection

from sqlalchemy.orm import Session

from app import telling
from notifiers import outbox, staff
from notifiers.message import INBOX, NOW, Message
from tickets.events import Event
from tickets.reference import reference

HEARD = ("hand-over-task",)


def writer(channels: Callable[[], Collection[str]]) -> Callable[[Session, Event], None]:
    """The reaction; `channels()` are those the house has set up, by which it leaves the house too."""

    def react(session: Session, event: Event) -> None:
        ticket, data = event.ticket, event.data
        unit = reference(session).units[data["unit_id"]]
        values = {
            "tail": ticket.number[-6:],
            "unit": {"zh": unit.short_name, "en": unit.name_en or unit.short_name},
            "words": data["reason"][:80],
        } | telling.changed_hands(data)
        people = [one for one in (data["former"], data["in_charge"]) if one]
        messages = [
            Message(
                f"task:{data['task']}:{ticket.version}:{account}",
                INBOX,
                "task-handed-over",
                values,
                NOW,
                account_id=account,
                subjects=(telling.subject_of(ticket.id),),
            )
            for account in people
        ]
        outbox.put(session, [*messages, *staff.outside(session, messages, channels(), event.at)], event.at)
        session.info.setdefault("topics", set()).update(map(telling.topic_of, people))

    return react
