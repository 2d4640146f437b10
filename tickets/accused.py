"""Which company a complaint is about (R58): what was typed in "被反映的人或单位" read as a name and a unified credit code, and joined over many tickets.

Pure but for `complained`. People are never listed: only what is written like a company, or with a company's code, is one.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tickets.models import Ticket
from tickets.text import mask_numbers, normal

CODE = re.compile(r"(?<![0-9A-Z])[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}(?![0-9A-Z])")
LEGAL_FORM = re.compile(r"(股份有限公司|有限责任公司|集团有限公司|有限公司|集团公司|公司|集团)$")
BRANCH = re.compile(r"[(（][^()（）]*[)）]")
COMPANY = re.compile(
    r"公司|集团|工厂|[^工]厂$|店|物业|超市|酒店|宾馆|餐厅|饭馆|医院|诊所|药房|学校|幼儿园|培训|中介|银行|商场|商行|市场|广场|工作室|工地|加油站|网吧|酒吧|ktv|合作社|事务所|经营部|门市|快递|驾校|健身|美容|开发商|烧烤|海鲜|摊|馆$|行$|社$"
)
ENDED = ("closed", "archived", "direct-closed", "terminated")


class Complaint(NamedTuple):
    """One ticket as far as a company's record asks. `late`: still open after its day."""

    id: int
    accused: str
    category_id: int | None
    received_at: datetime
    ended: bool
    late: bool
    resolved: bool
    rating: int | None


@dataclass
class Company:
    """One company with its complaints. `key`: its credit code, else its name as it is compared; `names`: every way it was typed, how often."""

    key: str
    code: str = ""
    names: Counter[str] = field(default_factory=Counter)
    complaints: list[Complaint] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The way it was typed most; of equals the longest."""
        return max(self.names, key=lambda name: (self.names[name], len(name), name), default=self.code)


def read(typed: str) -> tuple[str, str]:
    """(name as it was written, telephone numbers in it masked; credit code), either may be ""."""
    upper = typed.upper()
    code = CODE.search(upper)
    if code is None:
        return mask_numbers(typed).strip(" ，,。;；:："), ""
    rest = (typed[: code.start()] + typed[code.end() :]).replace("统一社会信用代码", "")
    return mask_numbers(rest).strip(" ，,。;；:：()（）"), code.group()


def name_key(name: str, city: str = "") -> str:
    """The name as it is compared: one width, no brackets, no legal form, no city in front."""
    plain = BRANCH.sub("", normal(name))
    bare = LEGAL_FORM.sub("", plain.removeprefix(city).removeprefix(city.removesuffix("市"))) if city else LEGAL_FORM.sub("", plain)
    return bare or plain


def companies(rows: Iterable[Complaint], city: str = "") -> tuple[list[Company], int]:
    """Companies, most complained about first, and how many tickets were about people. Names that once stood beside one code are that company."""
    codes: dict[str, str] = {}
    taken: list[tuple[Complaint, str, str, str]] = []
    people = 0
    for row in rows:
        name, code = read(row.accused)
        if not code and not COMPANY.search(normal(name)):
            people += 1
            continue
        key = name_key(name, city)
        if code and key:
            codes.setdefault(key, code)
        taken.append((row, name, code, key))
    found: dict[str, Company] = {}
    for row, name, code, key in taken:
        known = code or codes.get(key, "")
        one = found.setdefault(known or key, Company(known or key, known))
        one.complaints.append(row)
        if name:
            one.names[name] += 1
    return sorted(found.values(), key=lambda one: (-len(one.complaints), one.key)), people


def complained(session: Session, begin: datetime, end: datetime, now: datetime) -> Iterator[Complaint]:
    """The tickets received in a span that name somebody, as they stand now. No sealed or confidential ones, nor cases opened from a mediation."""
    rows = session.execute(
        sa.select(
            Ticket.id,
            Ticket.accused,
            Ticket.category_id,
            Ticket.received_at,
            Ticket.status,
            Ticket.due_at,
            Ticket.result,
            Ticket.final_rating,
        )
        .where(
            Ticket.accused != "",
            Ticket.received_at >= begin,
            Ticket.received_at < end,
            sa.not_(Ticket.sealed),
            sa.not_(Ticket.confidential),
            Ticket.found_in_id.is_(None),
            Ticket.status.not_in(("refused", "emergency-transferred")),
        )
        .order_by(Ticket.received_at, Ticket.id)
    )
    for ident, accused, category_id, received_at, status, due_at, result, rating in rows:
        ended = status in ENDED
        yield Complaint(
            ident,
            accused,
            category_id,
            received_at,
            ended,
            not ended and due_at is not None and due_at < now,
            ended and result == "resolved",
            rating,
        )


def undisclosed(session: Session, begin: datetime, end: datetime) -> int:
    """How many sealed or confidential tickets of the span name somebody: counted, never listed."""
    return (
        session.scalar(
            sa.select(sa.func.count()).where(
                Ticket.accused != "", Ticket.received_at >= begin, Ticket.received_at < end, sa.or_(Ticket.sealed, Ticket.confidential)
            )
        )
        or 0
    )
