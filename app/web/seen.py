"""How much of a ticket one person sees: a sealed report is a task slip to a unit, numbers in free text are masked for it (domain §11)."""

from dataclasses import dataclass

from app.web.i18n import gettext as _
from tickets.actors import Actor
from tickets.models import Ticket
from tickets.text import mask_numbers


def is_outside(actor: Actor) -> bool:
    """Whether this is a unit's person, not the centre's."""
    return actor.of_unit and not actor.of_centre


def words_for(actor: Actor, text: str | None) -> str:
    """Free text as this person may read it."""
    return mask_numbers(text or "") if is_outside(actor) else text or ""


@dataclass(frozen=True)
class Seen:
    """One ticket in the eyes of one person."""

    ticket: Ticket
    actor: Actor

    @property
    def is_slip(self) -> bool:
        return self.ticket.sealed and is_outside(self.actor)

    @property
    def title(self) -> str:
        return _("举报件（内容已密封）") if self.is_slip else self.words(self.ticket.title)

    @property
    def content(self) -> str:
        if self.is_slip:
            return self.words(self.ticket.slip) or _("内容已密封。需要了解时请联系热线中心。")
        return self.words(self.ticket.content)

    @property
    def address(self) -> str:
        return "" if self.is_slip else self.words(self.ticket.address)

    @property
    def accused(self) -> str:
        return "" if self.is_slip else self.words(self.ticket.accused)

    def words(self, text: str | None) -> str:
        """Free text as this person may read it."""
        return words_for(self.actor, text)

    def citizens(self, text: str | None) -> str:
        """What the citizen said later (supplement, urge, call-back): part of what is sealed."""
        return _("（内容已密封）") if self.is_slip and text else self.words(text)
