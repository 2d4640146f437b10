"""The people of the demo city as actors, looked up once: who does what on its tickets."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.auth.models import Account
from tickets.actors import Actor
from tickets.organisations import Unit


def cast_of(session: Session) -> dict[str, Actor]:
    """Every demo account as an actor, by username; nobody is away, so nobody covers for anybody."""
    units = {unit.id: unit for unit in session.scalars(sa.select(Unit))}
    found = {}
    for account in session.scalars(sa.select(Account).where(Account.demo)):
        own = units[account.unit_id]
        below = frozenset(unit.id for unit in units.values() if unit.path == own.path or unit.path.startswith(own.path + "."))
        found[account.username] = Actor(
            name=account.name,
            roles=frozenset(account.roles),
            account_id=account.id,
            unit_id=own.id,
            unit_ids=below,
            unit_name=own.short_name,
        )
    return found
