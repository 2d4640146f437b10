"""Lists somebody wants to come back to: a desk, a name, the query of its address. Each is its account's own."""

from urllib.parse import parse_qsl, urlencode

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.auth.models import SavedView
from app.errors import Invalid, NotFound

MOST, LONGEST_NAME, LONGEST_QUERY = 30, 30, 1000


def views_of(session: Session, account_id: int, desk: str) -> list[SavedView]:
    """This person's views of a desk, by name."""
    return list(
        session.scalars(sa.select(SavedView).where(SavedView.account_id == account_id, SavedView.desk == desk).order_by(SavedView.name))
    )


def keep(session: Session, account_id: int, desk: str, name: str, query: str) -> str:
    """Keep a list under a name, the same name again replaces it. Returns its query as an address takes it. Raises Invalid."""
    if not 1 <= len(name) <= LONGEST_NAME:
        raise Invalid(name="起个 30 字以内的名字")
    own = views_of(session, account_id, desk)
    view = next((one for one in own if one.name == name), None)
    if view is None:
        if len(own) >= MOST:
            raise Invalid(name="最多存 30 个，先删掉几个")
        view = SavedView(account_id=account_id, desk=desk, name=name, query="")
        session.add(view)
    view.query = urlencode(parse_qsl(query[:LONGEST_QUERY].lstrip("?"), keep_blank_values=True))
    return view.query


def drop(session: Session, account_id: int, desk: str, view_id: int) -> None:
    """Forget one of one's own. Raises NotFound."""
    view = next((one for one in views_of(session, account_id, desk) if one.id == view_id), None)
    if view is None:
        raise NotFound("没有这个视图")
    session.delete(view)
