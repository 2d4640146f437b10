"""Who holds A and B of the posts, as the rows of people say it: "A", "B", or "承办人A 联络员B". Set when all people are there; and, when
asked for, the units that have a liaison now are opened for tickets."""

import re
from dataclasses import dataclass
from functools import partial

import sqlalchemy as sa

from app.auth.models import Account
from app.errors import Refused
from app.organisation.book import NO, YES, Book, Done, Unfit
from app.organisation.table import Row, words_of
from tickets import units, words
from tickets.actors import UNIT_ROLES
from tickets.organisations import Post, Unit

PIECE = re.compile(r"(.*?)[:：]?([ABab])岗?")
SPOKEN = {words.ROLE[role]: role for role in units.ROLES} | {role: role for role in units.ROLES}
Claims = list[tuple[str, str]]  # (role, "A" or "B")


@dataclass(frozen=True)
class Claim:
    row: Row
    person: Account


class Posts:
    """The posts as they stand, and what the rows claim of them."""

    def __init__(self, book: Book, known: dict[str, Unit]):
        self.book, self.session = book, book.session
        self.units = {unit.id: unit for unit in known.values()}
        self.held = {(post.unit_id, post.role): post for post in self.session.scalars(sa.select(Post))}
        self.claims: dict[tuple[int, str], dict[str, Claim]] = {}

    def held_by(self, account_id: int) -> Unit | None:
        """The unit one of whose posts this account holds."""
        return next((self.units[post.unit_id] for post in self.held.values() if account_id in (post.holder_a_id, post.holder_b_id)), None)

    def read(self, said: str, roles: tuple[str, ...], unit: Unit) -> Claims:
        """What a cell claims: a bare A or B speaks of every unit post among the row's roles. Raises Unfit."""
        found: Claims = []
        for piece in words_of(said):
            parts = PIECE.fullmatch(piece)
            role = SPOKEN.get(parts[1].strip().lower()) if parts else None
            if parts is None or (parts[1] and role is None):
                raise Unfit("“%(said)s”不认识，请写 A、B，或 承办人A 联络员B", "post", said=piece[:30])
            place, own = parts[2].upper(), [one for one in units.ROLES if one in roles]
            if role and place == "A" and role not in roles:
                raise Unfit("担 A 岗的，岗位一栏里要有%(role)s", "post", role=words.ROLE[role])
            if not role and not own:
                raise Unfit("只有联络员、承办人、负责人分 A、B 岗", "post")
            found += [(one, place) for one in ([role] if role else own)]
        for claim in found:
            if first := self.claims.get((unit.id, claim[0]), {}).get(claim[1]):
                raise Unfit("这个 A 岗或 B 岗已经写给第 %(line)s 行的人", "post", line=first.row.line.number)
        if found and not set(roles) & UNIT_ROLES:
            raise Unfit("只有联络员、承办人、负责人分 A、B 岗", "post")
        return found

    def claim(self, row: Row, person: Account, unit: Unit, claims: Claims) -> None:
        """Remember what was read of a row that was taken."""
        for role, place in claims:
            self.claims.setdefault((unit.id, role), {})[place] = Claim(row, person)

    def lay(self) -> None:
        """Every post claimed; a place nobody claims stays with who has it. A post that cannot be filled is told with the lines that claim it."""
        for (unit_id, role), places in self.claims.items():
            first = next(iter(places.values()))
            self.book.take(first.row, first.row.get("name"), partial(self._set, unit_id, role), counts=False)
        if self.book.open_units:
            for unit_id in sorted({unit for unit, role in self.claims if role == "liaison"}):
                claim = next(iter(self.claims[unit_id, "liaison"].values()))
                self.book.take(claim.row, claim.row.get("name"), partial(self._open, self.units[unit_id]), counts=False)

    def _set(self, unit_id: int, role: str, _row: Row) -> list[Done]:
        unit, post, places = self.units[unit_id], self.held.get((unit_id, role)), self.claims[unit_id, role]
        was = (post.holder_a_id, post.holder_b_id) if post else (None, None)
        wanted = tuple(places[place].person.id if place in places else stood for place, stood in zip("AB", was, strict=True))
        if wanted == was:
            return []
        try:
            before, after = units.set_post(self.session, unit, role, post.name if post else words.ROLE[role], *wanted)
        except Refused as bad:
            said = next(iter(bad.fields.values()))[0] if hasattr(bad, "fields") else bad.text
            raise Unfit(said, "post") from bad
        label = f"{unit.short_name} {words.ROLE[role]}"
        names = self._names(was), self._names(wanted)
        return [Done(label, "post-set", f"unit {unit.code} {role}", before, after, (("post", *names),))]

    def _open(self, unit: Unit, _row: Row) -> list[Done]:
        if unit.live:
            return []
        before = units.shape(unit)
        units.open_for_tickets(self.session, unit)
        return [Done(unit.name, "unit-open", f"unit {unit.code}", before, units.shape(unit), (("live", NO, YES),))]

    def _names(self, holders) -> str:
        people = [self.session.get(Account, one) if one else None for one in holders]
        return " · ".join(person.name if person else "—" for person in people)
