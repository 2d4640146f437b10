"""How whistles and called departments look in lists: what is due next in front, how far each has come. Pure on plain values."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.web.clock_faces import Face, Ring, plain_face
from app.web.i18n import format_due, format_span
from app.web.i18n import gettext as _
from app.web.i18n import ngettext as _n
from app.web.naming import short_of
from tickets import whistle_words as words
from tickets.reference import Reference
from tickets.whistle_codes import AWAITED, PRESENT
from tickets.whistle_models import Summons, Whistle

WAY = {"called": 1, "signed": 2, "contacted": 3, "checked-in": 5, "result-submitted": 5, "released": 5, "excused": 1}


@dataclass(frozen=True)
class Called:
    """One department. `owes`: sign, contact or check-in, "" when nothing; `face`: the clock of that; `tone`: "", late or absent."""

    row: Summons
    unit: str
    state: str
    owes: str
    face: Face | None
    tone: str
    took: str

    @property
    def on_the_way(self) -> bool:
        """It has set out and is not there yet."""
        return self.row.set_out_at is not None and self.row.state in AWAITED | {"no-show"} and self.row.released_at is None

    @property
    def steps(self) -> int:
        """How many of the five steps are behind it; who is absent keeps those it took."""
        if self.on_the_way:
            return 4
        if self.row.state == "no-show" or (self.row.state == "released" and self.row.checked_in_at is None):
            return 1 + (self.row.signed_at is not None) + (self.row.contacted_at is not None)
        return WAY[self.row.state]


@dataclass(frozen=True)
class Shown:
    """One whistle in a list with its departments and how many of them are there, late, absent."""

    whistle: Whistle
    kind: str
    street: str
    status: str
    units: list[Called]

    @property
    def here(self) -> int:
        return sum(one.row.checked_in_at is not None for one in self.units)

    @property
    def absent(self) -> int:
        return sum(one.tone == "absent" for one in self.units)

    @property
    def late(self) -> int:
        return sum(one.tone == "late" for one in self.units)

    @property
    def wanted(self) -> int:
        return sum(one.row.state != "excused" for one in self.units)

    @property
    def next(self) -> Face | None:
        """What somebody must do next, the soonest."""
        owing = [one for one in self.units if one.face is not None and one.row.check_in_due_at is not None]
        return min(owing, key=lambda one: due_of(one.row) or one.row.check_in_due_at).face if owing else None


def owes(row: Summons) -> str:
    """What this department has to do next: sign, contact, check-in; "" when it is there or let go."""
    if row.state == "called":
        return "sign"
    if row.state == "signed" and row.contact_due_at is not None:
        return "contact"
    return "check-in" if row.state in AWAITED | {"no-show"} and row.released_at is None else ""


def due_of(row: Summons) -> datetime | None:
    """When that is due."""
    return {"sign": row.sign_due_at, "contact": row.contact_due_at, "check-in": row.check_in_due_at, "": None}[owes(row)]


def called(row: Summons, names: Reference, now: datetime) -> Called:
    """The department as it stands now."""
    due = due_of(row)
    face = plain_face(due, now, row.called_at) if due is not None else None
    tone = "absent" if row.state == "no-show" else "late" if _late(row, now) else ""
    took = format_span((row.checked_in_at - row.called_at).total_seconds()) if row.checked_in_at and row.called_at else ""
    one = Called(row, short_of(names.units.get(row.unit_id)), _(words.STATE[row.state]), owes(row), face, tone, took)
    return replace(one, state=_("迟到，在路上") if tone else _("在路上"), tone="late" if tone else "") if one.on_the_way else one


def shown(whistle: Whistle, rows: Sequence[Summons], names: Reference, now: datetime) -> Shown:
    """The whistle as it stands now."""
    return Shown(
        whistle,
        _(words.KIND[whistle.kind]),
        short_of(names.units.get(whistle.street_id)),
        _(words.STATUS[whistle.status]),
        [called(row, names, now) for row in rows],
    )


def waited(since: datetime, now: datetime) -> tuple[int, str]:
    """How long something waits, in its largest unit: (8, "天")."""
    minutes = int((now - since).total_seconds() // 60)
    if minutes >= 1440:
        return minutes // 1440, _n("天", minutes // 1440)
    if minutes >= 60:
        return minutes // 60, _n("小时", minutes // 60)
    return max(minutes, 0), _n("分钟", max(minutes, 0))


def hours_face(due_at: datetime, now: datetime, whole: timedelta) -> Face:
    """The ring of a limit counted in hours, however long it is."""
    seconds = int((due_at - now).total_seconds())
    share = round(100 * max(0.0, min(1.0, seconds / whole.total_seconds())))
    return Face(format_due(due_at), "", "late" if seconds < 0 else "soon" if share <= 20 else "", Ring(seconds, share))


def asked_late(row: Summons, now: datetime) -> str:
    """As "签收超了", for the chase."""
    word = {"sign": _("还没签收"), "contact": _("签了，还没联系街道"), "check-in": _("还没到场")}.get(owes(row), "")
    return _("到点没来，缺席") if row.state == "no-show" else word


def _late(row: Summons, now: datetime) -> bool:
    if row.checked_in_at is not None and row.check_in_due_at is not None:
        return row.checked_in_at > row.check_in_due_at
    due = due_of(row)
    return row.state not in PRESENT and due is not None and now > due
