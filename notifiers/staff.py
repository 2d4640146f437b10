"""How people of the house hear outside it what hurries: by the way each set for themselves, their unit's robot in reserve, or, who set none, by the robot.

The inbox is always written; this only adds. What is sent carries numbers and times, never words somebody typed (texts.line_of).
"""

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifiers.message import INBOX, NOW, Message, Way
from notifiers.texts import holes_of, line_of, parts_of

_REACH = sa.text("""
SELECT one.id AS account_id, way.channel, way.address, way.shown_to, robot.id AS robot_id, robot.kind
FROM accounts AS one LEFT JOIN ways AS way ON way.account_id = one.id AND way.preferred LEFT JOIN unit_robots AS robot ON robot.unit_id = one.unit_id AND robot.active
WHERE one.id = ANY(:accounts) AND one.active AND (way.id IS NOT NULL OR robot.id IS NOT NULL)""")


def outside(session: Session, messages: Sequence[Message], channels: Collection[str], now: datetime) -> list[Message]:
    """What leaves the house for these messages of the inbox, by channels it has; nothing for an account at rest. One statement, none when
    nothing hurries."""
    hurry = [message for message in messages if message.channel == INBOX and message.urgency == NOW and message.account_id is not None]
    if not hurry or not channels:
        return []
    reached = {row.account_id: row for row in session.execute(_REACH, {"accounts": [message.account_id for message in hurry]})}
    leaving: dict[str, Message] = {}
    for message in hurry:
        row = reached.get(message.account_id)
        ways = _ways(session, row, message, now) if row is not None else []
        ways = [way for way in ways if way.channel in channels]
        if ways:
            key = ways[0].key or f"{message.key}>{ways[0].channel}"
            leaving.setdefault(
                key,
                Message(
                    key,
                    ways[0].channel,
                    message.template,
                    said_outside(message, ways[0].channel),
                    NOW,
                    message.account_id,
                    ways[0].address,
                    ways[0].shown_to,
                    message.language,
                    message.subjects,
                    otherwise=tuple(ways[1:]),
                ),
            )
    return list(leaving.values())


def said_outside(message: Message, channel: str) -> dict:
    """The values the sentence of that channel asks for, and no other: what is not said does not leave."""
    parts = []
    for part in parts_of(message.template, message.values):
        wanted = (
            {hole for language in ("zh", "en") for hole in holes_of(line_of(part["template"], channel, language))}
            | TITLE
            | {"template", "subject", "late", "planned"}
        )
        parts.append({name: value for name, value in part.items() if name in wanted})
    return {"items": parts}


TITLE = {"kind", "street", "unit", "limit"}  # what titles name


def _ways(session: Session, row: sa.Row, message: Message, now: datetime) -> list[Way]:
    own = [Way(row.channel, session.info["vault"].open(row.address), row.shown_to)] if row.channel else []
    said = hashlib.sha256(orjson.dumps([message.template, message.values], option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]
    robot = [Way(row.kind, str(row.robot_id), "", f"robot:{row.robot_id}:{now.timestamp()}:{said}")] if row.robot_id else []
    return own + robot
