"""What an administrator does with accounts: make, change, lock, unlock, put to rest, give a new password, take the second factor off.

Every verb returns what was and what is, for the audit row. Nobody takes away the last administrator, or their own place.
"""

import re
import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.auth.models import Account
from app.auth.passwords import hash_password
from app.errors import Forbidden, Invalid, NotFound, WrongState
from tickets.actors import ACCOUNT_ROLES, ADMIN, CENTRE_ROLES, UNIT_ROLES
from tickets.organisations import Unit

NAME = re.compile(r"[a-z][a-z0-9._-]{1,39}")
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that look alike on paper
LOCKED = timedelta(days=3650)
Change = tuple[dict, dict]


def one_time_password() -> str:
    """Twelve letters in three groups, to be read out once."""
    return "-".join("".join(secrets.choice(LETTERS) for _place in range(4)) for _group in range(3))


def account_of(session: Session, account_id: int) -> Account:
    """The account, locked. Raises NotFound."""
    row = session.get(Account, account_id, with_for_update={"key_share": True})
    if row is None:
        raise NotFound("没有这个账号")
    return row


def create(session: Session, username: str, name: str, unit_id: int | None, roles: tuple[str, ...], stored: str) -> Account:
    """A new account; `stored` is the hash of a password that must be changed at the first sign-in. Raises Invalid naming every bad field."""
    username = username.strip().lower()
    bad = {}
    if not NAME.fullmatch(username):
        bad["username"] = "账号用小写字母开头，只用字母、数字、点、横线，2 到 40 位"
    elif session.scalar(sa.select(Account.id).where(Account.username == username)):
        bad["username"] = "已经有这个账号"
    if not name.strip():
        bad["name"] = "请写姓名"
    unit = session.get(Unit, unit_id) if unit_id else None
    if unit is None:
        bad["unit"] = "请选单位"
    if bad:
        raise Invalid(**bad)
    row = Account(
        username=username,
        name=name.strip(),
        unit_id=unit.id,
        roles=_roles(roles, unit),
        password_hash=stored,
        must_change=True,
        failures=0,
        language="",
        active=True,
        demo=False,
        epoch=0,
    )
    session.add(row)
    session.flush()
    return row


def change(session: Session, row: Account, by: int, name: str, unit_id: int | None, roles: tuple[str, ...]) -> Change:
    """Name, unit and roles. Raises Invalid; WrongState when nobody would be administrator any more."""
    before = shape(row)
    unit = session.get(Unit, unit_id) if unit_id else None
    if not name.strip():
        raise Invalid(name="请写姓名")
    if unit is None:
        raise Invalid(unit="请选单位")
    wanted = _roles(roles, unit)
    if ADMIN in row.roles and ADMIN not in wanted:
        if row.id == by:
            raise Forbidden("不能把自己的管理员岗位去掉，请另一位管理员来做")
        _refuse_last_admin(session, row)
    row.name, row.unit_id, row.roles = name.strip(), unit.id, wanted
    return before, shape(row)


def set_active(session: Session, row: Account, by: int, active: bool) -> Change:
    """Put to rest (all its sessions and tokens stop at once) or wake. Raises Forbidden for oneself, WrongState for the last administrator."""
    before = shape(row)
    if not active and row.id == by:
        raise Forbidden("不能停用自己的账号")
    if not active and ADMIN in row.roles:
        _refuse_last_admin(session, row)
    row.active, row.epoch = active, row.epoch + (0 if active else 1)
    return before, shape(row)


def lock(row: Account, by: int, now: datetime) -> Change:
    """Nobody signs in with it until it is unlocked."""
    if row.id == by:
        raise Forbidden("不能锁自己的账号")
    before = shape(row)
    row.locked_until, row.epoch = now + LOCKED, row.epoch + 1
    return before, shape(row)


def unlock(row: Account) -> Change:
    """Whether an administrator or five wrong passwords locked it."""
    before = shape(row)
    row.locked_until, row.failures = None, 0
    return before, shape(row)


def give_password(row: Account, password: str) -> Change:
    """A new one-time password; all sessions end."""
    before = shape(row)
    row.password_hash, row.must_change, row.epoch, row.failures, row.locked_until = hash_password(password), True, row.epoch + 1, 0, None
    return before, shape(row)


def drop_totp(row: Account) -> Change:
    """The phone is lost: the second factor is off until the person turns it on again."""
    if row.totp_secret is None:
        raise WrongState("这个账号没有开动态码")
    before = shape(row)
    row.totp_secret, row.totp_last_step, row.epoch = None, None, row.epoch + 1
    return before, shape(row)


def shape(row: Account) -> dict:
    """What the audit row remembers of an account; never a secret."""
    return {
        "username": row.username,
        "name": row.name,
        "unit_id": row.unit_id,
        "roles": sorted(row.roles),
        "active": row.active,
        "locked": row.locked_until is not None,
        "totp": row.totp_secret is not None,
        "must_change": bool(row.must_change),
    }


def _roles(roles: tuple[str, ...], unit: Unit) -> list[str]:
    """Raises Invalid for none, unknown ones, or centre and unit posts mixed up."""
    chosen = set(roles)
    if not chosen or not chosen <= set(ACCOUNT_ROLES):
        raise Invalid(roles="请至少选一个岗位")
    of_centre = unit.kind in ("city", "centre")
    if chosen & UNIT_ROLES and of_centre:
        raise Invalid(roles="联络员、承办人、负责人要在承办单位，不在热线中心")
    if chosen & CENTRE_ROLES and not of_centre:
        raise Invalid(roles="中心的岗位只能给热线中心和市里的人")
    return [role for role in ACCOUNT_ROLES if role in chosen]


def _refuse_last_admin(session: Session, row: Account) -> None:
    others = session.scalar(
        sa.select(sa.func.count())
        .select_from(Account)
        .where(Account.id != row.id, Account.active, sa.literal(ADMIN) == sa.any_(Account.roles))
    )
    if not others:
        raise WrongState("这是最后一位管理员，先再设一位")
