"""Texts that leave the house without the citizen: numbers starred, the sealed name and telephones replaced by their masked form (domain §11)."""

from collections.abc import Callable

import orjson
from sqlalchemy.orm import Session

from tickets.models import Identity, Ticket
from tickets.text import mask_numbers

Blind = Callable[[str | None], str]
SHORTEST = 2  # a single character would star half of any text


def blinder_of(session: Session, ticket: Ticket) -> Blind:
    """The function that takes the citizen out of any text of this ticket's.

    The seal is opened inside the machine to know what to look for; nobody sees what is in it, so it is no reveal.
    """
    identity = session.get(Identity, ticket.id)
    if identity is None:
        return lambda text: mask_numbers(text or "")
    known = orjson.loads(session.info["vault"].open(identity.sealed))
    hidden = [
        (known.get(key) or "", shown)
        for key, shown in (
            ("name", identity.masked_name or "*"),
            ("phone", identity.masked_phone or "*"),
            ("phone2", "*"),
            ("credit_code", "*"),
        )
    ]
    pairs = [(word, shown) for word, shown in hidden if len(word) >= SHORTEST]

    def blind(text: str | None) -> str:
        said = text or ""
        for word, shown in pairs:
            said = said.replace(word, shown)
        return mask_numbers(said)

    return blind
