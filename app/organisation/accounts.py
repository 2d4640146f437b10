"""Accounts from a table, with who holds which post of their unit. An account that is there keeps its password and every post it has;
taking one away is done on its own page."""

from collections.abc import Iterable

import sqlalchemy as sa

from app.auth import accounts
from app.auth.models import Account
from app.organisation.book import Book, Done, Unfit, first_lines, moves
from app.organisation.posts import Claims, Posts
from app.organisation.table import Column, Row, codes_by_name, words_of
from tickets import words
from tickets.actors import ACCOUNT_ROLES
from tickets.organisations import Unit

COLUMNS = (
    Column("username", "账号", needed=True),
    Column("name", "姓名", needed=True),
    Column("unit", "单位", needed=True),
    Column("roles", "岗位", needed=True),
    Column("post", "A、B 岗"),
)
EXAMPLES = (
    ("parks.liu", "刘一帆", "parks", "联络员、承办人", "联络员A 承办人B"),
    ("parks.chen", "陈向阳", "parks", "承办人", "承办人A 联络员B"),
)
ROLES = {words.ROLE[code]: code for code in ACCOUNT_ROLES} | {code: code for code in ACCOUNT_ROLES}


class Staff:
    """The accounts as they stand while the rows of one file are laid."""

    def __init__(self, book: Book, rows: list[Row]):
        self.book, self.session = book, book.session
        self.rows = first_lines(book, rows, _username, "username")
        self.units = {unit.code: unit for unit in self.session.scalars(sa.select(Unit))}
        self.unit_codes = codes_by_name((unit.code, (unit.name, unit.short_name)) for unit in self.units.values())
        self.code_of = {unit.id: unit.code for unit in self.units.values()}
        found = self.session.scalars(sa.select(Account).where(Account.username.in_([_username(row) for row in self.rows])))
        self.known = {account.username: account for account in found}
        self.posts = Posts(book, self.units)

    def lay(self) -> None:
        """Everybody first, then the posts: A and B may stand in any order."""
        for row in self.rows:
            self.book.take(row, _label(row), self._lay)
        self.posts.lay()

    def _lay(self, row: Row) -> list[Done]:
        username, roles = _username(row), roles_of(row.get("roles"))
        code = self.unit_codes.get(row.get("unit")) or self.unit_codes.get(row.get("unit").lower())
        if code is None:
            raise Unfit("没有单位 %(said)s，请写单位的代码，或没有重名的名称", "unit", said=row.get("unit")[:40])
        unit, here = self.units[code], self.known.get(username)
        claims = self.posts.read(row.get("post"), roles, unit)
        if here is None:
            here = accounts.create(self.session, username, row.get("name"), unit.id, roles, self.book.stored(username))
            self.known[username] = here
            done = [Done(_label(row), "account-add", f"account {username}", {}, accounts.shape(here))]
        else:
            done = list(self._change(row, here, unit, roles, claims))
        self.posts.claim(row, here, unit, claims)
        return done

    def _change(self, row: Row, here: Account, unit: Unit, roles: tuple[str, ...], claims: Claims) -> Iterable[Done]:
        was = {"name": here.name, "unit": self.code_of[here.unit_id], "roles": _said(here.roles)}
        moved = moves(was, {"name": row.get("name"), "unit": unit.code, "roles": _said(roles)})
        if not here.active and (moved or claims):
            raise Unfit("这个账号已停用，要用请先在它的页上启用", "username")
        if lost := set(here.roles) - set(roles):
            raise Unfit("现有的岗位文件里没有写：%(roles)s。导入不收回岗位，请到它的页上改", "roles", roles=_said(lost))
        if here.unit_id != unit.id and (held := self.posts.held_by(here.id)):
            raise Unfit("还担着%(unit)s的岗位，请先在那里换人", "unit", unit=held.short_name)
        if moved:
            row_now = accounts.account_of(self.session, here.id)
            before, after = accounts.change(self.session, row_now, self.book.actor.account_id or 0, row.get("name"), unit.id, roles)
            yield Done(_label(row), "account-change", f"account {here.username}", before, after, moved)


def lay(book: Book, rows: list[Row]) -> None:
    """Bring the accounts in, and who holds the posts. `book.stored` must know every new username."""
    Staff(book, rows).lay()


def new_usernames(session, rows: Iterable[Row]) -> list[str]:
    """The usernames of the file that are no accounts yet."""
    wanted = list(dict.fromkeys(_username(row) for row in rows))
    here = set(session.scalars(sa.select(Account.username).where(Account.username.in_(wanted))))
    return [username for username in wanted if username not in here]


def roles_of(said: str) -> tuple[str, ...]:
    """The roles of a cell, by code or Chinese word. Raises Unfit."""
    found = words_of(said)
    for word in found:
        if word not in ROLES and word.lower() not in ROLES:
            raise Unfit("没有岗位“%(said)s”，可以写：%(known)s", "roles", said=word[:20], known=_said(ACCOUNT_ROLES))
    return tuple(ROLES.get(word) or ROLES[word.lower()] for word in found)


def _said(roles: Iterable[str]) -> str:
    return "、".join(words.ROLE[role] for role in ACCOUNT_ROLES if role in set(roles))


def _username(row: Row) -> str:
    return row.get("username").lower()


def _label(row: Row) -> str:
    return f"{row.get('name')} ({_username(row)})"
