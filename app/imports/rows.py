"""One line of a file understood as a wanted ticket: the matter, and the state it came in. Pure; raises Rejected with every reason at once."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from app.errors import Invalid
from app.imports import cells
from app.imports.cells import FINISHED, Names, instant_of, text_of
from app.imports.lines import Line, Rejected
from tickets.identity import Appellant, clean_phone
from tickets.intake import Matter, check
from tickets.reference import UnitName

LONGEST = 20_000  # characters; history may be longer than what a person may send today
NEEDS_UNIT = ("closed", "terminated")


@dataclass(frozen=True)
class Wanted:
    """A ticket to be: `matter.external` is its (source, id); `state` is "registered" or an ended one, with its unit and end;
    `stood` is the open state it had where it came from; `notes`: what had to be supposed."""

    line: Line
    matter: Matter
    state: str = "registered"
    unit: UnitName | None = None
    closed_at: datetime | None = None
    stood: str = ""
    notes: tuple[str, ...] = ()


class Understanding:
    """Reads lines of one file and remembers which external ids it has seen."""

    def __init__(self, fields: dict[str, str], names: Names, source: str, now: datetime):
        self.fields, self.names, self.source, self.now = fields, names, source, now
        self.seen: dict[tuple[str, str], int] = {}

    def wanted(self, line: Line) -> Wanted:
        """The line as a wanted ticket. Raises Rejected."""
        if line.broken:
            raise Rejected(**dict([line.broken.split("：", 1)]))
        said = {name: text_of(line.cells.get(column)) for name, column in self.fields.items()}
        reasons: dict[str, str] = {}
        matter = self._matter(line, said, reasons)
        state, unit, closed_at = self._state(line, said, matter, reasons)
        if reasons:
            raise Rejected(**reasons)
        self._refuse_twice(matter.external, line.number)
        finished = state in FINISHED
        return Wanted(
            line,
            matter,
            state if finished else "registered",
            unit,
            closed_at,
            "" if finished or state == "registered" else state,
            _notes(said),
        )

    def _matter(self, line: Line, said: dict[str, str], reasons: dict[str, str]) -> Matter:
        words = f"{said.get('title', '')} {said.get('content', '')}"
        received = self._try(reasons, instant_of, line.cells.get(self.fields.get("received_at", "")), "received_at", self.now)
        kind = self._try(reasons, cells.appeal_type_of, said.get("appeal_type", ""))
        matter = Matter(
            channel=self._try(reasons, cells.channel_of, said.get("channel", "")) or "transfer",
            appeal_type=kind or cells.guessed_type(words),
            title=said.get("title", ""),
            content=said.get("content", ""),
            category=self._try(reasons, self.names.category, said.get("category", "")) or "",
            region=self._try(reasons, self.names.region, said.get("region", "")) or "",
            address=said.get("address", ""),
            appellant=Appellant(name=said.get("appellant_name", ""), phone=said.get("appellant_phone", "")),
            external=(said.get("source") or self.source, said.get("external_id") or fingerprint(said)),
            received_at=received or self.now,
        )
        self._check(matter, reasons)
        return matter

    def _check(self, matter: Matter, reasons: dict[str, str]) -> None:
        if len(matter.content) > LONGEST:
            reasons["content"] = f"有 {len(matter.content)} 字，最多 {LONGEST} 字，请截短"
        if not matter.content:
            reasons["content"] = "内容是空的，请补上发生了什么"
        if "\x00" in f"{matter.title}{matter.content}{matter.address}{matter.appellant}{matter.external}":
            reasons["content"] = "有不能显示的字符（NUL），请删去"
        try:
            clean_phone(matter.appellant.phone)
        except Invalid as bad:
            reasons["appellant_phone"] = f"“{matter.appellant.phone[:20]}”{bad.fields['phone'][0]}；不全的号码请清空"
        try:
            check(matter, LONGEST)
        except Invalid as bad:
            reasons.update({name: why[0] for name, why in bad.fields.items() if name not in reasons})

    def _state(
        self, line: Line, said: dict[str, str], matter: Matter, reasons: dict[str, str]
    ) -> tuple[str, UnitName | None, datetime | None]:
        state = self._try(reasons, cells.state_of, said.get("status", "")) or ""
        unit = self._try(reasons, self.names.unit, said.get("unit", ""))
        closed_at = self._try(reasons, instant_of, line.cells.get(self.fields.get("closed_at", "")), "closed_at", self.now)
        state = state or ("closed" if closed_at else "registered")
        if state == "merged":
            reasons["status"] = "并入件没有自己的经过，请只导入主件"
        elif state in FINISHED and closed_at is None and "closed_at" not in reasons:
            reasons["closed_at"] = "已经办结的要写办结时间"
        elif state not in FINISHED and closed_at is not None:
            reasons["status"] = "有办结时间，状态却没有办结，请改成一致"
        elif closed_at is not None and matter.received_at and closed_at < matter.received_at:
            reasons["closed_at"] = "办结时间早于受理时间，请核对"
        if state in NEEDS_UNIT and unit is None:
            state = "direct-closed"
        return state, unit, closed_at

    def _refuse_twice(self, external: tuple[str, str] | None, number: int) -> None:
        if external in self.seen:
            raise Rejected(external_id=f"和第 {self.seen[external]} 行重复，请只留一行")
        if external:
            self.seen[external] = number

    @staticmethod
    def _try(reasons: dict[str, str], reader, *given):
        """What the reader makes of a cell; a refusal joins the reasons."""
        try:
            return reader(*given)
        except Rejected as bad:
            name, _, why = str(bad).partition("：")
            reasons[name] = why
            return None


def _notes(said: dict[str, str]) -> tuple[str, ...]:
    """What was not said and had to be supposed."""
    supposed = {
        "received_at": "没有受理时间，按导入时间",
        "title": "没有标题，取内容开头",
        "appeal_type": "没有类型，按内容判断",
        "channel": "没有渠道，记为上级转办",
    }
    return tuple(note for name, note in supposed.items() if not said.get(name))


def fingerprint(said: dict[str, str]) -> str:
    """An external id for a row that has none: the same row gets the same one next time."""
    return (
        "row-"
        + hashlib.sha256("\x1f".join(f"{name}={said[name]}" for name in sorted(said)).encode("utf-8", "surrogatepass")).hexdigest()[:20]
    )
