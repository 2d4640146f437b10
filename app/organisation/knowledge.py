"""The knowledge base from a table: an entry is known by its title and the unit that keeps it; what is there is rewritten where it differs."""

from datetime import date

import sqlalchemy as sa

from app.clock import local
from app.organisation.book import NO, YES, Book, Done, Unfit, day, first_lines, flag, moves
from app.organisation.names import Names
from app.organisation.table import Column, Row
from tickets import knowledge
from tickets.duties import Knowledge

COLUMNS = (
    Column("title", "市民会怎么问", needed=True),
    Column("content", "怎么答", needed=True),
    Column("article", "依据", needed=True),
    Column("category", "分类"),
    Column("unit", "谁答", needed=True),
    Column("public", "公开", needed=True),
    Column("valid_until", "有效到哪天"),
    Column("review_on", "哪天复核"),
)
EXAMPLES = (
    (
        "门前的树要倒了找谁",
        "打 12345，说清在哪条路、哪一棵。压着电线的先离远些；养护队一般两小时内到。",
        "《市园林绿化局权责清单》第 7 项",
        "parks.fallen-tree",
        "parks",
        "是",
        "",
        "",
    ),
    (
        "公园几点关门",
        "夏天晚上十点，冬天晚上九点。夜跑从东门进，东门不关。",
        "《城市公园管理办法》第 12 条",
        "园林绿化",
        "园林局",
        "是",
        "2027-12-31",
        "",
    ),
)


class Answers:
    """The entries as they stand while the rows of one file are laid."""

    def __init__(self, book: Book):
        self.book, self.session, self.names = book, book.session, Names(book.session)
        self.today = local(book.now).date()
        rows = self.session.scalars(sa.select(Knowledge).order_by(Knowledge.id.desc()))
        self.known = {(row.title, row.unit_id): row for row in rows}

    def key(self, row: Row) -> tuple[str, str]:
        """What the row speaks of: the title and who answers."""
        return row.get("title"), self.names.unit_code(row.get("unit"))

    def lay(self, row: Row) -> list[Done]:
        """One row: written, or rewritten where it differs; searchable at once."""
        unit = self.names.unit(row.get("unit"), "unit")
        if unit.kind == "city":
            raise Unfit("请写一个单位，市自己不答", "unit")
        here = self.known.get((row.get("title"), unit.id))
        was = self._texts(here) if here else dict.fromkeys((column.name for column in COLUMNS), "")
        wanted, review_on = self._wanted(row, was)
        if here and not moves(was, wanted):
            return []
        if here:
            here = self.session.get(Knowledge, here.id, with_for_update=True)  # None: taken out this very moment, and written anew
        new, before, after = knowledge.save(
            self.session,
            here,
            self.book.actor,
            self.book.now,
            unit_id=unit.id,
            public=wanted["public"] == YES,
            valid_until=day(wanted["valid_until"], "valid_until"),
            review_on=review_on,
            **{name: wanted[name] for name in ("title", "content", "article", "category")},
        )
        moved = moves(was, wanted) if before else ()
        return [Done(new.title, "knowledge-save", f"knowledge {new.id} {new.title}", before, after, moved)]

    def _wanted(self, row: Row, was: dict[str, str]) -> tuple[dict[str, str], date | None]:
        """The entry as the row has it, in the words of `_texts`, and the day to look again where one is named; where none is, what
        stands stays, and a past one gives way to half a year from now. Raises Unfit."""
        wanted = {name: row.get(name, stood) for name, stood in was.items()}
        review_on = day(wanted["review_on"], "review_on")
        if review_on is None and was["review_on"]:
            stood = date.fromisoformat(was["review_on"])
            wanted["review_on"], review_on = was["review_on"], stood if stood > self.today else None
        valid_until = day(wanted["valid_until"], "valid_until")
        said = row.get("category", was["category"])
        return wanted | {
            "category": self.names.category(said).code if said else "",
            "unit": self.key(row)[1],
            "public": YES if flag(wanted["public"], "public") else NO,
            "valid_until": valid_until.isoformat() if valid_until else "",
            "review_on": wanted["review_on"] if review_on is None else review_on.isoformat(),
        }, review_on

    def _texts(self, entry: Knowledge) -> dict[str, str]:
        """The entry as a row of the file would say it."""
        return {
            "title": entry.title,
            "content": entry.content,
            "article": entry.article,
            "category": self.names.code_of_category.get(entry.category_id or 0, ""),
            "unit": self.names.code_of_unit[entry.unit_id],
            "public": YES if entry.public else NO,
            "valid_until": entry.valid_until.isoformat() if entry.valid_until else "",
            "review_on": entry.review_on.isoformat(),
        }


def lay(book: Book, rows: list[Row]) -> None:
    """Bring the entries in."""
    answers = Answers(book)
    for row in first_lines(book, rows, answers.key, "title"):
        book.take(row, row.get("title"), answers.lay)
