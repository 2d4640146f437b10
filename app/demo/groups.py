"""The demo city's work groups: robots of three units, played by the demonstration's counterpart, and one message text in the city's own words."""

import hashlib
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.config import Settings
from notifiers import robots, wordings
from tickets.organisations import Unit

# unit → whose robot its group has
GROUPS = {"urban": "dingtalk", "water": "wecom", "housing": "feishu"}
OURS = "【{city}12345】尾号 {tail} 已替您催{unit}，他们今天要给说法。进度：{link}"


def meet(session: Session, settings: Settings, now: datetime) -> int:
    """Set them up where the counterpart is there to play the groups. Returns how many robots there are."""
    units = dict(session.execute(sa.select(Unit.code, Unit.id).where(Unit.code.in_(GROUPS))).all())
    if not settings.counterpart_url:
        return 0
    for code, kind in GROUPS.items():
        token = f"signed-{code}"  # the counterpart knows the secret of each token by the same rule
        signing = "" if kind == "wecom" else "SEC" + hashlib.sha256(token.encode()).hexdigest()
        robots.set_robot(session, units[code], kind, f"{settings.counterpart_url}/robots/{kind}/{token}", signing, None, now, inside=True)
    wordings.write(session, "urged", "sms", "zh", OURS, None, now)
    return len(GROUPS)
