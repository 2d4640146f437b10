"""How a profile evaluates: when it calls back, what share it draws, when it looks again. Presets as data; an installation's own rows go first."""

from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import Forbidden, Invalid, later
from tickets.actors import ADMIN, SUPERVISOR, Actor
from tickets.evaluation_models import EvaluationRule


@dataclass(frozen=True)
class Rule:
    """Shares in percent, `look_back_days` in calendar days after closing. Bad and sealed ones are always called (domain §7).

    `on_reply`: the call follows the audited reply (JN §27); `on_due`: it follows the end of the limit, whatever the unit says (BJ §23).
    """

    on_reply: bool = True
    on_due: bool = False
    call_share: int = 100
    look_back_days: int = 30
    look_back_share: int = 20
    quality_share: int = 5
    double_share: int = 20


PRESETS = {"default": Rule(), "beijing": Rule(on_reply=False, on_due=True), "weihai": Rule(on_due=True)}
NAMES = tuple(field.name for field in fields(Rule))
SHARES = ("call_share", "look_back_share", "quality_share", "double_share")


def rule_of(session: Session) -> Rule:
    """The rule in force for this installation's profile; one statement."""
    profile = session.info.get("profile", "default")
    row = session.scalar(
        sa.select(EvaluationRule)
        .where(EvaluationRule.profile == profile)
        .order_by(EvaluationRule.effective_from.desc(), EvaluationRule.id.desc())
        .limit(1)
    )
    return Rule(**{name: getattr(row, name) for name in NAMES}) if row else PRESETS.get(profile, PRESETS["default"])


def change(session: Session, actor: Actor, now: datetime, reason: str, **values: Any) -> Rule:
    """A new row for this profile from now on; earlier draws keep their own share. Raises Forbidden, Invalid naming the field."""
    if not actor.has(ADMIN, SUPERVISOR):
        raise Forbidden("评价规则由督办员或管理员定")
    rule = replace(rule_of(session), **values)
    bad = {name: later("请填 0 到 100 的整数") for name in SHARES if not 0 <= getattr(rule, name) <= 100}
    if not 1 <= rule.look_back_days <= 365:
        bad["look_back_days"] = "请填 1 到 365 天"
    if not (rule.on_reply or rule.on_due):
        bad["on_reply"] = "答复后回访、到期回访，至少选一个"
    if len(reason.strip()) < 2:
        bad["reason"] = "请写明为什么这样定"
    if bad:
        raise Invalid(**bad)
    session.add(
        EvaluationRule(
            profile=session.info.get("profile", "default"),
            effective_from=now,
            by_id=actor.account_id,
            reason=reason.strip(),
            **asdict(rule),
        )
    )
    return rule
