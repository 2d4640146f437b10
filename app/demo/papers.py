"""The demo city's papers: last week's bulletin, two typical cases, a proposal still a draft. Only where none were written yet."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.auth.access import actor_of
from app.auth.models import Account
from app.clock import local
from app.reports import bulletins as laid_out
from escalation import bulletins
from escalation.bulletin_models import Bulletin

CASES = (
    (
        "三家合力，积水的下穿道不再积水",
        "# 怎么回事\n一下大雨，下穿道就积水，车过不去，连着三年有人说。\n\n# 怎么办的\n住建局牵头，城管局清淤，供电公司给泵站加了备用电源，九个工作日办好，后来两场大雨都没有再积。\n\n# 以后\n看到积水先打 12345，说清哪条路、多深；有车被困请打 119。",
    ),
    (
        "退不了的培训费，退回来了",
        "# 怎么回事\n培训机构关了门，二十多位家长的学费退不了。\n\n# 怎么办的\n市场监管局把同一家的投诉并在一起调解，教育局查它的资金监管账户，调解成功，学费按没上的课退回。\n\n# 以后\n交培训费请认准资金监管账户，一次不超过三个月；有纠纷先投诉，保留合同和付款记录。",
    ),
)


def load(session: Session, now: datetime) -> int:
    """Write them. Returns how many."""
    if session.scalar(sa.select(sa.exists().select_from(Bulletin))):
        return 0
    writer, leader = (
        actor_of(session, session.scalars(sa.select(Account).where(Account.username == name)).one(), now)
        for name in ("supervisor1", "leader1")
    )
    today = local(now).date()
    monday = today - timedelta(days=today.weekday() + 7)
    figures = laid_out.figures_for(session, monday, monday + timedelta(days=6), now)
    papers = [("case", title, text) for title, text in CASES] + [
        (
            "bulletin",
            f"{monday.month} 月 {monday.day} 日那一周的诉求",
            laid_out.template_of("bulletin").replace(
                "（这里写原因、单位和下一步。）", "停水集中在北河街道老管网，建议列入明年改造；夜市摊点由城管局和街道一起定时段。"
            ),
        )
    ]
    for kind, title, text in papers:
        row = bulletins.write(session, kind, title, text, monday, monday + timedelta(days=6), writer, now, figures)
        bulletins.issue(session, row, row.version, leader, now, figures)
    bulletins.write(
        session,
        "proposal",
        "把老旧管网改造排进明年",
        laid_out.template_of("proposal"),
        monday,
        monday + timedelta(days=6),
        writer,
        now,
        figures,
    )
    return len(papers) + 1
