"""Words an administrator wrote in place of the house's own (wording/): by template, channel and language, every version kept."""

from collections.abc import Iterable
from datetime import datetime
from string import Formatter
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import Invalid, NotFound
from notifiers import segments
from notifiers.message import LANGUAGES, SMS, TO_PEOPLE
from notifiers.models import MessageWording
from notifiers.texts import holes_of, line_of
from notifiers.wording.citizens import CITIZEN
from notifiers.wording.house import STEPS
from notifiers.wording.whistles import WHISTLES

LONGEST, MOST_PARTS = 500, 4
TO_CITIZENS = ("city", "tail", "code", "link", "unit", "due")  # every message to a citizen has them
# without these a text leaves somebody helpless: no way to follow the matter, no day, no answer
NEEDED = {
    "accepted": frozenset({"tail", "code"}),
    "dispatched": frozenset({"tail", "due"}),
    "answered": frozenset({"tail", "link"}),
    "rectified": frozenset({"tail", "link"}),
    "missed": frozenset({"tail", "link"}),
    "moved": frozenset({"tail", "due"}),
}
USUAL = {
    "city": {"zh": "临海市", "en": "Linhai"},
    "tail": {"zh": "000612", "en": "000612"},
    "code": {"zh": "3141592653", "en": "3141592653"},
    "link": {"zh": "https://12345.example.gov.cn/t/3141592653", "en": "https://12345.example.gov.cn/t/3141592653"},
    "unit": {"zh": "城市管理和综合执法局", "en": "Urban Management"},
    "due": {"zh": "9 月 18 日 24:00", "en": "Sep 18, 24:00"},
    "limit": {"zh": "求助投诉举报答复", "en": "Reply"},
    "number": {"zh": "SX20260914000012", "en": "SX20260914000012"},
    "kind": {"zh": "联合执法哨", "en": "Joint enforcement"},
    "street": {"zh": "东门街道", "en": "Dongmen"},
}


def current(session: Session, channel: str) -> dict[tuple[str, str], MessageWording]:
    """The texts of a channel that were edited and not put back: (template, language) → its newest version; one statement."""
    rows = session.scalars(sa.select(MessageWording).where(MessageWording.channel == channel).order_by(MessageWording.version))
    newest = {(row.template, row.language): row for row in rows}
    return {what: row for what, row in newest.items() if row.line}


class Sample(NamedTuple):
    """How a text looks when its holes are filled, and what a telephone message of it costs."""

    words: str
    cost: segments.Count


def templates() -> tuple[str, ...]:
    """The texts that may be edited: to citizens, and what hurries to people of the house."""
    return (*CITIZEN, *STEPS, *WHISTLES)


def allowed(template: str, channel: str) -> set[str]:
    """What may stand in braces in this text."""
    own = {hole for language in LANGUAGES for hole in holes_of(line_of(template, channel, language))}
    return own | set(TO_CITIZENS if template in CITIZEN else ())


def write(session: Session, template: str, channel: str, language: str, line: str, by_id: int | None, now: datetime) -> MessageWording:
    """A new version; the house's own words again when `line` is empty. Raises NotFound for no such text, Invalid naming what is wrong."""
    line = line.strip()
    check(template, channel, language, line)
    last = (
        session.scalar(sa.select(sa.func.max(MessageWording.version)).filter_by(template=template, channel=channel, language=language)) or 0
    )
    row = MessageWording(template=template, channel=channel, language=language, version=last + 1, line=line, made_by_id=by_id, made_at=now)
    session.add(row)
    session.flush()
    return row


def check(template: str, channel: str, language: str, line: str) -> None:
    """Raises NotFound, Invalid."""
    if template not in templates() or channel not in TO_PEOPLE or language not in LANGUAGES:
        raise NotFound("没有这条文字")
    try:
        pieces = list(Formatter().parse(line))
    except ValueError as torn:
        raise Invalid(line="花括号要成对，例如 {tail}") from torn
    odd = {
        name
        for _text, name, form, conversion in pieces
        if name is not None and (name not in allowed(template, channel) or form or conversion)
    }
    if odd:
        raise Invalid(line="花括号里只能用下面列出的那些，照抄，不加别的")
    needed = NEEDED.get(template, frozenset()) - {name for _text, name, _form, _conversion in pieces}
    if line and needed:
        raise Invalid(line="编号尾号、查询码、日子、链接里少了这条文字必须有的，收到的人没法往下办")
    if len(line) > LONGEST or (line and channel == SMS and sample(template, line, language).cost.parts > MOST_PARTS):
        raise Invalid(line="太长：短信最多拆成 4 条，其他通道最多 500 个字")


def sample(template: str, line: str, language: str) -> Sample:
    """The text with its holes filled by long but usual values."""
    words = line.format_map({name: value[language] for name, value in USUAL.items()})
    return Sample(words, segments.count(words))


def history(session: Session, template: str, channel: str, language: str) -> list[MessageWording]:
    """Every version, the newest first."""
    return list(
        session.scalars(
            sa.select(MessageWording)
            .filter_by(template=template, channel=channel, language=language)
            .order_by(MessageWording.version.desc())
        )
    )


def lines_of(session: Session, ids: Iterable[int | None]) -> dict[int, str]:
    """Version → its words, to show a message as it left; no statement for none."""
    wanted = {one for one in ids if one is not None}
    return (
        dict(session.execute(sa.select(MessageWording.id, MessageWording.line).where(MessageWording.id.in_(wanted))).all())
        if wanted
        else {}
    )
