"""People of units, for forms that let one choose somebody. What an account may do is access.py's."""

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.auth.models import Account
from tickets.actors import AGENT


def people_of(session: Session, unit_ids: Iterable[int | None]) -> list[Account]:
    """The active accounts of these units, by name; one statement."""
    wanted = [unit for unit in unit_ids if unit is not None]
    return list(
        session.scalars(
            sa.select(Account).where(Account.unit_id.in_(wanted), Account.active).order_by(Account.unit_id, Account.name, Account.id)
        )
    )


def operators(session: Session) -> list[Account]:
    """The active accounts that take calls, by name."""
    return list(
        session.scalars(sa.select(Account).where(Account.roles.contains([AGENT]), Account.active).order_by(Account.name, Account.id))
    )


def names_of(session: Session, account_ids: Iterable[int | None]) -> dict[int, str]:
    """Account id → name; one statement, none for nobody."""
    wanted = {one for one in account_ids if one is not None}
    return dict(session.execute(sa.select(Account.id, Account.name).where(Account.id.in_(wanted))).all()) if wanted else {}
